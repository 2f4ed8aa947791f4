"""``score --table``: a row for each file, written as films are graded; what has a row is done."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import click

from radiograde.model.scoring.result import Scores, SeverityResult
from radiograde.model.scoring.scales import ZONES
from radiograde.service.cli.batch import Graded
from radiograde.service.cli.paths import Film

COLUMNS = (
    "file", "bytes", "modified_ns", "id", "status", "severity",
    "brixia", "brixia_low", "brixia_high", *(f"zone_{name}" for name in ZONES),
    "geographic_extent", "opacity", "lung_involvement_percent",
    "reasons", "error", "error_message", "sop_instance_uid", "model",
)  # fmt: skip
"""``reasons``: codes of the input check, with spaces between. ``error``: a code, too."""

WHOLE_NUMBERS = frozenset({"bytes", "modified_ns"})
TEXTS = frozenset({
    "file", "id", "status", "severity", "reasons", "error", "error_message", "sop_instance_uid",
    "model",
})  # fmt: skip
"""The other columns are numbers with decimals."""

_HEAD = (",".join(COLUMNS) + "\r\n").encode()
_LONGEST_ROW = 2**16

Mark = tuple[str, int, int]
"""The first columns: path, bytes, and when it was last changed, in ns. Changed, it is another."""


class ScoreTable:
    """A CSV file that grows; a context manager. A last row that is cut short is dropped.

    It is for one process at a time. After each row the system has it: what ends the process
    loses no row, and the files that have none are graded when the command is run again.
    """

    def __init__(self, path: Path) -> None:
        """Open or begin a table.

        Raises:
            click.UsageError: the file is no such table.
            OSError: it cannot be read or written.
        """
        self._file: TextIO = _opened(path)
        try:
            # Of a row its hash is held: a million files take some 60 MB.
            self._done = {hash(mark) for mark in _marks(self._file, path)}
        except BaseException:
            self._file.close()
            raise
        self._begun: dict[Path, Mark] = {}
        self._writer = csv.DictWriter(self._file, COLUMNS, restval="")
        if not self._file.tell():
            self._writer.writeheader()
        self.passed = 0

    def has_row(self, path: Path) -> bool:
        """Return whether a file has a row and has not changed since; it is not opened for it."""
        return hash(_mark(path)) in self._done

    def left(self, films: Iterable[Film]) -> Iterator[Film]:
        """Yield the films that have no row, or have changed since; no file is opened for it.

        ``passed`` counts the others.
        """
        for film in films:
            mark = _mark(film.path)
            if hash(mark) in self._done:
                self.passed += 1
            else:
                self._begun[film.path] = mark
                yield film

    def add(self, graded: Graded) -> None:
        """Write the row of a film that was left. Raises OSError."""
        mark = self._begun.pop(graded.film.path)
        self._writer.writerow(dict(zip(COLUMNS, mark, strict=False)) | _cells(graded.result))
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())


def _opened(path: Path) -> TextIO:
    """Return a table's file without a last line that has no end; an empty one if it has no row."""
    with path.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(0)
        first = file.read(len(_HEAD))
        if first != _HEAD[: len(first)]:
            raise _no_table(path)
        start = file.seek(max(end - _LONGEST_ROW, 0))
        file.truncate(start + file.read().rfind(b"\n") + 1)
    return path.open("r+", newline="", encoding="utf-8")


def _marks(file: TextIO, path: Path) -> Iterator[Mark]:
    """Yield the marks of the files that have a row; the file is at its end then."""
    reader = csv.reader(file)
    next(reader, None)
    for row in reader:
        try:
            yield row[0], int(row[1]), int(row[2])
        except (IndexError, ValueError) as error:
            raise _no_table(path) from error
    file.seek(0, os.SEEK_END)


def _no_table(path: Path) -> click.UsageError:
    return click.UsageError(
        f"{path} is no table of this version of `radiograde score`. Name another file."
    )


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return _text(path), 0, 0
    return _text(path), found.st_size, found.st_mtime_ns


def _cells(result: SeverityResult) -> dict[str, object]:
    """Return what a result fills of a row."""
    reasons = result.gate.reasons if result.gate is not None else ()
    cells: dict[str, object] = {
        "id": result.id,
        "status": result.status,
        "severity": result.severity,
        "reasons": " ".join(reason.code for reason in reasons),
        "sop_instance_uid": result.image and result.image.sop_instance_uid,
        "model": f"{result.model.name} {result.model.version}",
    }
    if result.error is not None:
        cells |= {"error": result.error.code, "error_message": result.error.message}
    return cells if result.scores is None else cells | _score_cells(result.scores)


def _score_cells(scores: Scores) -> dict[str, object]:
    low, high = scores.brixia.interval
    values = {
        "brixia": scores.brixia.value,
        "brixia_low": low,
        "brixia_high": high,
        "geographic_extent": scores.geographic_extent.value,
        "opacity": scores.opacity.value,
        "lung_involvement_percent": scores.lung_involvement_percent.total,
    }
    zones = {f"zone_{name}": scores.zones[name].value for name in ZONES}
    return {name: f"{value:.3f}" for name, value in (values | zones).items()}


def _text(path: Path) -> str:
    """Return a path as a row holds it, in one line; bytes that are no UTF-8 are escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return text.replace("\r", "\\r").replace("\n", "\\n")
