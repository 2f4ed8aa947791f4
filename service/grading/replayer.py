"""Grading a kept film again, and saying whether it comes to the same, to the digit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from radiograde.model.errors import TooLargeError
from radiograde.model.grading import failed
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.errors import UndocumentedError
from radiograde.service.grading.comparison import Comparison, compare
from radiograde.service.grading.grade_film import grade_film
from radiograde.service.grading.records import Records
from radiograde.service.grading.trace import trace_of

Document = dict[str, Any]
Outcome = Literal["same", "differs", "gone"]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a film came to when it was graded again; ``comparison``: None where it is gone."""

    id: str
    comparison: Comparison | None

    @property
    def outcome(self) -> Outcome:
        """``gone``: the film is no longer kept."""
        if self.comparison is None:
            return "gone"
        return "same" if self.comparison.is_same else "differs"

    def to_json(self) -> dict[str, Any]:
        """Return the replay as plain JSON types."""
        found = {} if self.comparison is None else self.comparison.to_json()
        return {"id": self.id, "outcome": self.outcome, **found}


@dataclass(frozen=True, slots=True)
class Replayer:
    """Grades kept films again with one scorer, and changes nothing that is kept.

    ``limits``: those that films of this installation are read under, the usual ones first.
    """

    records: Records
    scorer: Scorer
    limits: tuple[Limits, ...]

    @classmethod
    def of(cls, records: Records, scorer: Scorer, settings: Settings) -> Replayer:
        """Return one that reads films as this installation does now."""
        return cls(records, scorer, (settings.limits, settings.upload_limits))

    def replay(self, id: str) -> Replay:
        """Return how the result under an id comes out now.

        Raises:
            NotFoundError: no result has this id.
            StoreError: the database does not answer.
        """
        stored = self.records.results.get(id)
        trace = self.records.traces.find(id)
        try:
            content = self.records.archive.film(id)
        except UndocumentedError:
            return Replay(id, None)
        now, trace_now = self._grade(content, self._limits_of(trace), id)
        return Replay(id, compare(stored, trace, now, trace_now))

    def _grade(self, content: bytes, limits: Limits, id: str) -> tuple[Document, Document]:
        """Return result and trace of a film as JSON; one that is too large now has failed."""
        try:
            grading = grade_film(open_film(content, limits), self.scorer, id)
        except TooLargeError as error:
            result = failed(error, self.scorer)
            return result.to_json(), trace_of(result, self.scorer, FilmFile(content, limits))
        return grading.result.to_json(), dict(grading.trace)

    def replay_all(self, ids: Iterable[str]) -> Iterator[Replay]:
        """Yield each replay as it is done. Raises as :meth:`replay`."""
        for id in ids:
            yield self.replay(id)

    def _limits_of(self, trace: dict[str, Any] | None) -> Limits:
        """Return the limits in force that a film was read under; films over HTTP have their own."""
        then = None if trace is None else trace["settings"]["max_object_mb"]
        same = (limits for limits in self.limits if limits.max_bytes // 2**20 == then)
        return next(same, self.limits[0])
