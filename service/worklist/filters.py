"""Which films to list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from radiograde.service.projects.film_access import EVERY_FILM, FilmAccess
from radiograde.service.result_schema import Severity
from radiograde.service.worklist.listed_film import Status

OF_FILM = frozenset({"waiting", "failed"})
"""Statuses that are the film's own; the others are its result's."""

FEW_DAYS = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody writes to find a film: its id, or the beginning of its patient's pseudonym.

    ``by_name``: also by what names the patient, where the setting lets that be shown.
    ``by_uid``: also the UID of the study or the instance. ``named``: ids that are found otherwise.
    """

    text: str
    by_name: bool = True
    by_uid: bool = False
    named: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which films to list; what is None or empty filters nothing.

    ``since``, ``until``: first and last day of acquisition, by the film's header, else of arrival,
    by this computer's clock. ``days``: single days among them. ``unassigned``: nobody's to read.
    ``access``: the films that whoever asks may see. ``outside``: those that are not in a project.
    """

    ids: Collection[str] | None = None
    search: Search | None = None

    severity: Collection[Severity] = ()
    status: Collection[Status] = ()
    since: date | None = None
    until: date | None = None
    days: Collection[str] | None = None
    reviewed: bool | None = None
    assigned_to: str | None = None
    unassigned: bool = False
    access: FilmAccess = EVERY_FILM
    outside: str | None = None

    @property
    def need_a_result(self) -> bool:
        """Whether films without a result cannot match."""
        only_results = bool(self.status) and not OF_FILM & set(self.status)
        return bool(self.severity) or only_results or self.reviewed is True

    @property
    def may_have_a_score(self) -> bool:
        """Whether a film with a score can match."""
        return not self.status or "scored" in self.status

    @property
    def may_lack_a_score(self) -> bool:
        """Whether a film without a score can match."""
        return not self.severity and set(self.status) != {"scored"}

    @property
    def are_of_days(self) -> bool:
        """Whether days are bounded, and nothing else says which few films can match."""
        few = self.ids is not None or self.search is not None or set(self.status) == {"waiting"}
        return not few and (self.since, self.until) != (None, None)

    @property
    def are_of_few_days(self) -> bool:
        """Whether the days are bounded, and few."""
        if self.since is None:
            return False
        # No film is acquired later than today, whatever this computer's zone.
        until = min(self.until or date.max, date.today() + timedelta(days=2))
        return until - self.since <= FEW_DAYS

    def parts(self) -> list[Filters]:
        """Return filters of one severity and status each, that together match the same.

        Each has an index.
        """
        severities: list[tuple[Severity, ...]] = [(one,) for one in self.severity]
        statuses: list[tuple[Status, ...]] = [(one,) for one in self.status]
        return [
            replace(self, severity=severity, status=status)
            for severity in severities or [()]
            for status in statuses or [()]
        ]
