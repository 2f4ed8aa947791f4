"""The labelled-film table: one CSV, one row a film, every row checked.

The format is described in docs/reference/manifest.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from radiograde.data import splits
from radiograde.data.cells import Cells
from radiograde.data.errors import ManifestError, Problem
from radiograde.data.film import Film
from radiograde.data.rows import read_film
from radiograde.data.table import read_table

__all__ = ["Film", "Manifest", "find_csv", "load"]

CSV_NAMES = ("manifest.csv", "labels.csv")
NEEDED_COLUMNS = ("image", "patient")


@dataclass(frozen=True, slots=True)
class Manifest:
    """All films of one CSV; ``digest`` is the sha256 of the CSV's bytes."""

    films: tuple[Film, ...]
    path: Path
    digest: str

    def with_folds(self, count: int = 5, seed: int = 0) -> Manifest:
        """Return the manifest with a fold for every film; see ``splits.assign_folds``."""
        return replace(self, films=splits.assign_folds(self.films, count, seed))


def load(path: Path | str) -> Manifest:
    """Return the manifest in a CSV, or in the folder that holds manifest.csv or labels.csv.

    Paths in the CSV count from the CSV's folder. Images are seen to exist, not opened.
    Raises ManifestError with every problem found.
    """
    csv_path = find_csv(Path(path))
    table = read_table(csv_path)
    problems = [
        Problem(0, name, "the column is missing")
        for name in NEEDED_COLUMNS
        if name not in table.columns
    ]
    if problems:
        raise ManifestError(problems)
    rows = [Cells(line) for line in table.lines]
    films = tuple(read_film(cells, csv_path.parent) for cells in rows)
    problems = [problem for cells in rows for problem in cells.problems]
    problems += [*_repeated_images(films), *_torn_patients(films)]
    if problems:
        raise ManifestError(sorted(problems, key=lambda problem: problem.row))
    return Manifest(films, csv_path, table.digest)


def find_csv(path: Path) -> Path:
    """Return the absolute path of the CSV meant by a file or folder. Raises ManifestError."""
    candidates = [path / name for name in CSV_NAMES] if path.is_dir() else [path]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    wanted = f"no {' or '.join(CSV_NAMES)} in the folder" if path.is_dir() else "no such file"
    raise ManifestError([Problem(0, "", wanted)])


def _repeated_images(films: Sequence[Film]) -> Iterator[Problem]:
    seen: dict[Path, int] = {}
    for film in films:
        first = seen.setdefault(film.image, film.row)
        if first != film.row and film.image.is_file():
            yield Problem(film.row, "image", f"the image of row {first} again")


def _torn_patients(films: Sequence[Film]) -> Iterator[Problem]:
    """Yield a problem for each patient in two folds: a test on such folds flatters the model."""
    rows: dict[str, dict[int, int]] = defaultdict(dict)
    for film in films:
        if film.fold is not None:
            rows[film.patient].setdefault(film.fold, film.row)
    for patient, folds in rows.items():
        if patient and len(folds) > 1:
            places = ", ".join(f"{fold} (row {row})" for fold, row in folds.items())
            yield Problem(max(folds.values()), "fold", f"one patient stands in folds {places}")
