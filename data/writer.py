"""A manifest written back as CSV, its folds beside the columns it came with."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.data.table import read_table


def write_manifest(manifest: Manifest, out: Path) -> None:
    """Write the manifest's CSV to ``out`` with the folds of its films.

    Every column of the source that has a name is kept under it. Cells that say nothing, such as
    ``NA``, become blank; paths are rewritten to count from the folder of ``out``. Raises
    FileExistsError when ``out`` is there already, OSError when it cannot be written.
    """
    table = read_table(manifest.path)
    named = {column: name for name, column in zip(table.header, table.columns, strict=True) if name}
    named.setdefault("fold", "fold")
    films = {film.row: film for film in manifest.films}
    with out.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(named.values())
        for line in table.lines:
            cells = {**line.cells, **_changed(films[line.number], out.resolve().parent)}
            writer.writerow(cells.get(column, "") for column in named)


def _changed(film: Film, folder: Path) -> dict[str, str]:
    mask = film.lung_mask
    return {
        "image": _relative(film.image, folder),
        "lung_mask": "" if mask is None else _relative(mask, folder),
        "fold": "" if film.fold is None else str(film.fold),
    }


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
