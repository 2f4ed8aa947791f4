"""The folder of an export: ``manifest.csv`` beside ``images/`` and ``lung_masks/``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from radiograde.model.scoring.scales import ZONES
from radiograde.service.atomic_write import write_atomically
from radiograde.service.errors import ExportError

MANIFEST = "manifest.csv"
IMAGES, MASKS = "images", "lung_masks"
COLUMNS = (
    "image",
    "patient",
    *(f"brixia_{zone}" for zone in ZONES),
    "view",
    "sex",
    "age",
    "lung_mask",
    "source",
    "license",
)
"""As docs/reference/manifest.md describes them."""


class ExportFolder:
    """A folder that holds one export and nothing else."""

    def __init__(self, path: Path) -> None:
        """Make the folder; one that holds an earlier export is taken up.

        Raises:
            ExportError: it holds something else.
            OSError: it cannot be made.
        """
        self._path = path
        if path.exists() and any(path.iterdir()) and not self._is_export():
            raise ExportError(
                f"{path} holds other files than an earlier export. Choose an empty or new folder."
            )
        for folder in (IMAGES, MASKS):
            (path / folder).mkdir(parents=True, exist_ok=True)
        if not (path / MANIFEST).exists():
            # Broken off, it is an export to go on with.
            write_atomically(self._path / MANIFEST, _table([]), durable=False)

    def save(self, folder: str, film_id: str, content: bytes) -> str:
        """Write a film's picture, and return its path as the manifest names it."""
        name = f"{folder}/{film_id}.png"
        write_atomically(self._path / name, content, durable=False)
        return name

    def finish(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Write the manifest, and remove an earlier export's pictures that it does not name."""
        write_atomically(self._path / MANIFEST, _table(rows), durable=False)
        named = {row[column] for row in rows for column in ("image", "lung_mask")}
        for folder in (IMAGES, MASKS):
            for picture in (self._path / folder).iterdir():
                if f"{folder}/{picture.name}" not in named:
                    picture.unlink()

    def _is_export(self) -> bool:
        if {entry.name for entry in self._path.iterdir()} - {MANIFEST, IMAGES, MASKS}:
            return False
        try:
            with (self._path / MANIFEST).open(encoding="utf-8", newline="") as file:
                return next(csv.reader(file), []) == list(COLUMNS)
        except (FileNotFoundError, UnicodeDecodeError):
            return False


def _table(rows: Iterable[Mapping[str, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()
