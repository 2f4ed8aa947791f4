"""``score --table``: a row for each file, written as films are graded; what has a row is done."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import click

from radiograde.service.cli.batch import Graded
from radiograde.service.grading.film_search import Film
from radiograde.service.grading.score_row import COLUMNS, Mark, mark_of, row_of

_HEAD = (",".join(COLUMNS) + "\r\n").encode()
_LONGEST_ROW = 2**16


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
        return hash(mark_of(path)) in self._done

    def left(self, films: Iterable[Film]) -> Iterator[Film]:
        """Yield the films that have no row, or have changed since; no file is opened for it.

        ``passed`` counts the others.
        """
        for film in films:
            mark = mark_of(film.path)
            if hash(mark) in self._done:
                self.passed += 1
            else:
                self._begun[film.path] = mark
                yield film

    def add(self, graded: Graded) -> None:
        """Write the row of a film that was left. Raises OSError."""
        mark = self._begun.pop(graded.film.path)
        self._writer.writerow(row_of(mark, graded.result))
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
