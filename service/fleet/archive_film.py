"""A film of an archive as a list has it: where a worker opens it, and what tells it from others."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from radiograde.service.grading.score_row import Mark

_SCHEMA = pa.schema(
    {
        "chunk": pa.int64(),
        "place": pa.binary(),
        "file": pa.string(),
        "bytes": pa.int64(),
        "modified_ns": pa.int64(),
    }
)


@dataclass(frozen=True, slots=True)
class ArchiveFilm:
    """A film that was found and not opened.

    ``place``: an absolute path or a URL. ``mark``: the first columns of its row; size and time are
    0 where finding it does not tell them.
    """

    place: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Chunk:
    """Films that one worker grades in one go, and whose rows are kept together or not at all."""

    number: int
    films: Sequence[ArchiveFilm]

    @property
    def name(self) -> str:
        """A name that the same films always have, and no others."""
        marks = "\n".join(repr(film.mark) for film in self.films)
        return hashlib.sha256(marks.encode()).hexdigest()[:32]

    def to_arrow(self) -> pa.Table:
        """Return the table that travels to a worker, with a row for each film."""
        columns = zip(*(film.mark for film in self.films), strict=True)
        places = [os.fsencode(film.place) for film in self.films]
        numbers = [self.number] * len(self.films)
        return pa.table([numbers, places, *map(list, columns)], schema=_SCHEMA)

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Chunk:
        """Return the chunk that :meth:`to_arrow` was called on."""
        films = [
            ArchiveFilm(os.fsdecode(row["place"]), (row["file"], row["bytes"], row["modified_ns"]))
            for row in table.to_pylist()
        ]
        return cls(table["chunk"][0].as_py(), films)


def chunks_of(films: Sequence[ArchiveFilm], size: int) -> Iterator[Chunk]:
    """Yield the films in chunks of so many; the last one may have fewer."""
    for number, start in enumerate(range(0, len(films), size)):
        yield Chunk(number, films[start : start + size])
