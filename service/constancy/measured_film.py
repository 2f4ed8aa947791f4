"""What one drawn film came to: how it was read and graded, what arrived where, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ArrivedDocument:
    """A document at the test's destination. ``names_film``: it holds the film's UID, as text."""

    size: int
    names_film: bool


@dataclass(frozen=True, slots=True)
class MeasuredFilm:
    """A drawn film that was sent in by a source.

    ``refused``: why it was. ``status``, ``model``, ``stages``: of its result and trace.
    ``documents``: by destination and name, of destinations that are folders. ``undelivered``:
    destinations that did not get it. ``clock_s``: by how much a time that was recorded lies outside
    those between which it must.
    """

    source: str
    picture: str
    refused: str | None = None
    status: str | None = None
    model: str | None = None
    stages: Mapping[str, Any] | None = None
    documents: Mapping[str, ArrivedDocument] | None = None
    undelivered: tuple[str, ...] = ()
    clock_s: float = 0.0

    @property
    def key(self) -> str:
        """What it is compared by."""
        return f"{self.source}/{self.picture}"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return what ``to_json`` gave."""
        documents = {
            name: ArrivedDocument(**one) for name, one in (kept["documents"] or {}).items()
        }
        undelivered = tuple(kept["undelivered"])
        return cls(**{**kept, "documents": documents, "undelivered": undelivered})
