"""What the report's page is put together from; its template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture inside the page: ``uri`` holds all of it, ``alt`` says it in words."""

    title: str
    uri: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; the first ``words`` columns hold words, the others figures.

    ``strong``: numbers of the rows that stand out. ``first``: of those that begin a group.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    strong: frozenset[int] = frozenset()
    first: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that is read first."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone's grades; ``far`` where they are a grade or more apart."""

    name: str
    ours: str
    readers: str
    far: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One film beside what was said of it; ``zones`` from A to F."""

    picture: Plot
    facts: Sequence[tuple[str, str]]
    zones: Sequence[Zone]


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answer; ``reading`` says how to read it."""

    anchor: str
    title: str
    reading: str
    plots: Sequence[Plot] = ()
    tables: Sequence[Table] = ()
    cases: Sequence[Case] = ()

    @property
    def empty(self) -> bool:
        """Whether the films had nothing of what the section needs."""
        return not (self.plots or self.cases or any(table.rows for table in self.tables))
