"""Where a film would go by the routing rules, and why; nothing is kept or sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radiograde.model.errors import RadiogradeError, UnreadableError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.rules import ChangeVerdict
from radiograde.service.config.site import DocumentKind
from radiograde.service.delivery.film_facts import FilmFacts
from radiograde.service.delivery.routing import Decision, RoutingRules
from radiograde.service.documents.document_kinds import BUILDERS, OF_FILM, kinds_of
from radiograde.service.films.previous_score import CoursePlace, change_of
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading.grade_film import FilmGrading, grade_film
from radiograde.service.grading.records import Records
from radiograde.service.grading.triage import reason_to_set_aside

OF_RESULT = ("severity", "change", "status", "model")
"""What rules can only ask of a film that was graded."""

NOBODY = "0" * 26
"""Id of a film that is not kept."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Where a film would go. ``facts``: None where it could not be read; ``fault`` says why.

    ``graded``: whether rules asked for its result; else it goes so if it is scored.
    """

    path: Path
    graded: bool
    facts: FilmFacts | None
    decisions: tuple[Decision, ...] = ()
    fault: str | None = None

    @property
    def goes_out(self) -> bool:
        """Whether any destination gets it."""
        return any(one.route is not None for one in self.decisions)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        facts = self.facts
        return {
            "file": str(self.path),
            "graded": self.graded,
            "status": facts.status if facts and self.graded else None,
            "severity": facts and facts.severity,
            "change": facts and facts.change,
            "fault": self.fault,
            "routes": [
                {
                    "destination": one.route.name,
                    "documents": list(one.route.kinds),
                    "priority": one.route.priority,
                    "why": list(one.why),
                }
                for one in self.decisions
                if one.route is not None
            ],
            "not_to": [
                {"destination": one.destination.name, "why": list(one.why)}
                for one in self.decisions
                if one.route is None
            ],
        }


@dataclass(frozen=True, slots=True)
class DryRun:
    """Routes films as if they came in; safe to share among threads.

    ``seen_as``: how they are taken to have come: source and sender. ``scorer``: where a rule asks
    for what only grading knows. ``records``: where there are any, for the patient's films before.
    """

    routing: RoutingRules
    limits: Limits
    seen_as: FilmFacts
    scorer: Scorer | None = None
    records: Records | None = None

    def of(self, path: Path) -> Rehearsal:
        """Return where the film in a file would go."""
        try:
            film = open_film(path, self.limits)
            if film.format is None or (film.format == "dicom" and film.header is None):
                raise UnreadableError("This is neither a DICOM object nor a PNG or JPEG picture.")
        except RadiogradeError as error:
            return Rehearsal(path, False, None, fault=error.message)
        aside = reason_to_set_aside(film.header)
        if aside is not None:
            return Rehearsal(path, False, None, fault=f"It would be set aside: {aside}.")
        facts = self.seen_as.with_header(film.header)
        if self.scorer is None:
            possible = None if film.header is not None else frozenset(BUILDERS) - OF_FILM
            return self._routed(path, facts, possible)
        grading = grade_film(film, self.scorer, NOBODY)
        document = grading.result.to_json()
        facts = replace(
            facts.with_result(document), change=self._change(film, document, self.scorer)
        )
        return self._routed(path, facts, _possible(grading), graded=True)

    def _routed(
        self,
        path: Path,
        facts: FilmFacts,
        possible: frozenset[DocumentKind] | None,
        *,
        graded: bool = False,
    ) -> Rehearsal:
        decisions = self.routing.decisions_on(facts)
        if possible is not None:
            decisions = [_with_documents(one, possible) for one in decisions]
        return Rehearsal(path, graded, facts, tuple(decisions))

    def _change(
        self, film: FilmFile, document: Mapping[str, Any], scorer: Scorer
    ) -> ChangeVerdict | None:
        if self.records is None:
            return None
        new = self.records.intake.describe(film, "dicom")
        place = CoursePlace(
            new.id, new.patient, new.acquired, datetime.now(UTC), new.sop_instance_uid
        )
        with self.records.database.reading() as connection:
            return change_of(connection, place, document, RepeatabilityLimit.of(scorer))


def _possible(grading: FilmGrading) -> frozenset[DocumentKind]:
    graded = grading.graded_film()
    return frozenset() if graded is None else kinds_of(graded)


def _with_documents(decision: Decision, possible: frozenset[DocumentKind]) -> Decision:
    """Return a decision with those of its documents that there are of the film."""
    route = decision.route
    if route is None:
        return decision
    kinds: Sequence[DocumentKind] = [kind for kind in route.kinds if kind in possible]
    if not kinds:
        wanted = ", ".join(route.kinds)
        return Decision(decision.destination, None, (*decision.why, f"there is no {wanted} of it"))
    return replace(decision, route=replace(route, kinds=tuple(kinds)))
