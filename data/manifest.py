"""The labelled-film table: one CSV, one row a film, every row checked; several can be joined.

The format is described in docs/reference/manifest.md.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from radiograde.data import film_header, splits
from radiograde.data.cells import Cells
from radiograde.data.errors import ManifestError, Problem
from radiograde.data.film import Film
from radiograde.data.label_scales import grouped
from radiograde.data.rows import grade_columns, read_film
from radiograde.data.table import Table, read_table

__all__ = ["Film", "Manifest", "find_csv", "load"]

CSV_NAMES = ("manifest.csv", "labels.csv")
NEEDED_COLUMNS = ("image", "patient")


@dataclass(frozen=True, slots=True)
class Manifest:
    """All films of one CSV, or of several.

    ``path``: the CSV, or the first one. ``digest``: the sha256 of its bytes; of several, of their
    digests. ``joined``: the CSVs after the first.
    """

    films: tuple[Film, ...]
    path: Path
    digest: str
    joined: tuple[Path, ...] = ()

    def with_folds(self, count: int = 5, seed: int = 0) -> Manifest:
        """Return the manifest with a fold for every film; see ``splits.assign_folds``."""
        return replace(self, films=splits.assign_folds(self.films, count, seed))


def load(path: Path | str, *more: Path | str) -> Manifest:
    """Return the manifest in a CSV, or in the folder that holds manifest.csv or labels.csv.

    Paths in the CSV count from the CSV's folder. Images are seen to exist; of DICOM films without
    a view the header is read for it.

    Of several CSVs the films are joined. The same patient id means the same patient. A film that
    stands in two of them has the labels of both. Raises ManifestError with every problem found.
    """
    paths = [find_csv(Path(one)) for one in (path, *more)]
    tables = [read_table(one) for one in paths]
    problems = [
        Problem(0, name, "the column is missing", _shown(number, tables))
        for number, table in enumerate(tables)
        for name in NEEDED_COLUMNS
        if name not in table.columns
    ]
    if problems:
        raise ManifestError(problems)
    films: list[Film] = []
    for number, (table, csv_path) in enumerate(zip(tables, paths, strict=True)):
        found, wrong = _read_rows(table, csv_path.parent, number)
        films += found
        problems += [replace(one, table=_shown(number, tables)) for one in wrong]
    problems += _repeated_images(films, several=len(tables) > 1)
    films, contradictions = _joined(films)
    problems += [*contradictions, *_torn_patients(films, several=len(tables) > 1)]
    if problems:
        raise ManifestError(sorted(problems, key=lambda problem: (problem.table, problem.row)))
    digests = [table.digest for table in tables]
    digest = digests[0] if len(digests) == 1 else _digest("\n".join(digests))
    return Manifest(tuple(films), paths[0], digest, tuple(paths[1:]))


def find_csv(path: Path) -> Path:
    """Return the absolute path of the CSV meant by a file or folder. Raises ManifestError."""
    candidates = [path / name for name in CSV_NAMES] if path.is_dir() else [path]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    wanted = f"no {' or '.join(CSV_NAMES)} in the folder" if path.is_dir() else "no such file"
    raise ManifestError([Problem(0, "", wanted)])


def _read_rows(table: Table, folder: Path, number: int) -> tuple[list[Film], list[Problem]]:
    series = grouped(grade_columns(table))
    rows = [Cells(line) for line in table.lines]
    films = [replace(read_film(cells, folder, series), table=number) for cells in rows]
    films = [_with_view(film) for film in films]
    return films, [problem for cells in rows for problem in cells.problems]


def _with_view(film: Film) -> Film:
    """Return the film with the view that its DICOM header names, where the CSV names none."""
    return film if film.view else replace(film, view=film_header.view_of(film.image))


def _shown(number: int, tables: Sequence[Table]) -> int:
    """Return how a problem names a CSV: not at all where there is one."""
    return number + 1 if len(tables) > 1 else 0


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _repeated_images(films: Sequence[Film], *, several: bool) -> Iterator[Problem]:
    seen: dict[tuple[int, Path], int] = {}
    for film in films:
        first = seen.setdefault((film.table, film.image), film.row)
        if first != film.row and film.image.is_file():
            table = film.table + 1 if several else 0
            yield Problem(film.row, "image", f"the image of row {first} again", table)


def _joined(films: Sequence[Film]) -> tuple[list[Film], list[Problem]]:
    """Return the films, those in two CSVs once with the labels of both; and contradictions."""
    by_image: dict[Path, Film] = {}
    alone: list[Film] = []
    problems: list[Problem] = []
    for film in films:
        first = by_image.get(film.image)
        if first is None:
            by_image[film.image] = film
        elif first.table == film.table:
            alone.append(film)
        else:
            by_image[film.image], wrong = _merged(first, film)
            problems += wrong
    return [*by_image.values(), *alone], problems


def _merged(first: Film, second: Film) -> tuple[Film, list[Problem]]:
    """Return one film with the labels of two rows, and where the rows contradict each other."""
    blank = Film(first.image, first.patient)
    place = first.place(several=True)
    known = {reading[:3]: reading for reading in first.readings}
    added = [reading for reading in second.readings if reading[:3] not in known]
    changes: dict[str, object] = {"readings": (*first.readings, *added)}
    wrong = [
        f"{reading.scale} of reader {reading.reader}" if reading.reader else reading.scale
        for reading in second.readings
        if known.get(reading[:3], reading) != reading
    ]
    for name in (field.name for field in fields(Film)):
        old, new, none = (getattr(one, name) for one in (first, second, blank))
        if name in ("readings", "table", "row") or new in (old, none):
            continue
        if old != none or name == "patient":
            wrong.append(name)
        changes[name] = new
    column = ", ".join(wrong)
    problems = (
        [Problem(second.row, column, f"not as in {place}", second.table + 1)] if wrong else []
    )
    return replace(first, **changes), problems  # type: ignore[arg-type]


def _torn_patients(films: Sequence[Film], *, several: bool) -> Iterator[Problem]:
    """Yield a problem for each patient in two folds: a test on such folds flatters the model."""
    rows: dict[str, dict[int, Film]] = defaultdict(dict)
    for film in films:
        if film.fold is not None:
            rows[film.patient].setdefault(film.fold, film)
    for patient, folds in rows.items():
        if patient and len(folds) > 1:
            places = ", ".join(
                f"{fold} ({film.place(several=several)})" for fold, film in folds.items()
            )
            last = max(folds.values(), key=lambda film: (film.table, film.row))
            text = f"one patient stands in folds {places}"
            yield Problem(last.row, "fold", text, last.table + 1 if several else 0)
