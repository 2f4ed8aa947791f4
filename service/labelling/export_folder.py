"""The folder of an export: ``manifest.csv`` beside ``images/`` and ``lung_masks/``.

Films and lungs are PNG, as training reads them: nothing of the header is in them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Maps
from radiograde.model.scoring.scales import ZONES
from radiograde.service.atomic_write import write_atomically
from radiograde.service.documents.drawing import LUNG, resized
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


_FAST = 1
"""Compression: higher levels take several times as long and save a tenth."""


class ExportFolder:
    """A folder that holds one export and nothing else."""

    def __init__(
        self, path: Path, columns: Sequence[str] = COLUMNS, beside: Collection[str] = ()
    ) -> None:
        """Make the folder; one that holds an earlier export is taken up.

        ``columns``: of the manifest. ``beside``: names of other files of the export.

        Raises:
            ExportError: it holds something else.
            OSError: it cannot be made.
        """
        self._path = path
        self._columns = columns
        self._files = {MANIFEST, IMAGES, MASKS, *beside}
        if path.exists() and any(path.iterdir()) and not self._is_export():
            raise ExportError(
                f"{path} holds other files than an earlier export. Choose an empty or new folder."
            )
        for folder in (IMAGES, MASKS):
            (path / folder).mkdir(parents=True, exist_ok=True)
        if not (path / MANIFEST).exists():
            # Broken off, it is an export to go on with.
            write_atomically(self._path / MANIFEST, _table(columns, []), durable=False)

    def save(self, folder: str, film_id: str, content: bytes) -> str:
        """Write a film's picture, and return its path as the manifest names it."""
        name = f"{folder}/{film_id}.png"
        write_atomically(self._path / name, content, durable=False)
        return name

    def finish(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Write the manifest, and remove an earlier export's pictures that it does not name."""
        write_atomically(self._path / MANIFEST, _table(self._columns, rows), durable=False)
        named = {row.get(column) for row in rows for column in ("image", "lung_mask")}
        for folder in (IMAGES, MASKS):
            for picture in (self._path / folder).iterdir():
                if f"{folder}/{picture.name}" not in named:
                    picture.unlink()

    def _is_export(self) -> bool:
        if {entry.name for entry in self._path.iterdir()} - self._files:
            return False
        try:
            with (self._path / MANIFEST).open(encoding="utf-8", newline="") as file:
                return next(csv.reader(file), []) == list(self._columns)
        except (FileNotFoundError, UnicodeDecodeError):
            return False


def film_png(film: Radiograph) -> bytes:
    """Return the graded pixels, upright and air black, at 16 bits."""
    return _png(np.rint(film.pixels * 65535).astype(np.uint16))


def lungs_png(film: Radiograph, maps: Maps) -> bytes:
    """Return the lungs that the model outlined: 1 the patient's right, 2 the left, 0 elsewhere."""
    rows, columns = film.shape
    right, left = (resized(lung, (columns, rows)) > LUNG for lung in maps.lungs)
    return _png(np.where(right, 1, np.where(left, 2, 0)).astype(np.uint8))


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _png(values: np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.uint16]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", compress_level=_FAST)
    return buffer.getvalue()
