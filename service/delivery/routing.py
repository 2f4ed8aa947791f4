"""Which destinations get a result, by the rules of the site file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radiograde.model.reading.film_attributes import is_film_class
from radiograde.model.scoring.result import Status
from radiograde.service.config.site import DestinationConfig, FilmSource

OTHER_VIEWS = frozenset({"lateral_view", "not_frontal"})
"""Reasons why a film was rejected that nobody needs to be told in the archive."""


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """``rejected``: whether reports on rejected films are delivered."""

    destinations: Sequence[DestinationConfig] = ()
    rejected: bool = True

    @property
    def names(self) -> list[str]:
        """The names of all destinations, in the order of the site file."""
        return [destination.name for destination in self.destinations]

    def destinations_of(
        self,
        sources: Collection[FilmSource],
        status: Status,
        sop_class_uid: str | None,
        reasons: Collection[str] = (),
    ) -> list[DestinationConfig]:
        """Return the destinations of a film's result.

        ``sources``: all that the film came by; a destination that serves one of them gets it.
        ``reasons``: codes of why it was rejected.
        """
        if not is_reportable(status, sop_class_uid, reasons):
            return []
        if status == "rejected" and not self.rejected:
            return []
        return [one for one in self.destinations if set(one.sources) & set(sources)]


def is_reportable(status: Status, sop_class_uid: str | None, reasons: Collection[str] = ()) -> bool:
    """Return whether destinations want documents of a result.

    A rejected film's report says why it has no score. Rejected captures are most often scanned
    paper or pictures of who knows what, and most studies hold a lateral beside their frontal view:
    a report on each would only be in the way.
    """
    if status == "scored":
        return True
    if OTHER_VIEWS & set(reasons):
        return False
    return status == "rejected" and is_film_class(sop_class_uid) is True


def reasons_of(document: Mapping[str, Any]) -> set[str]:
    """Return the codes of why a film was rejected, by its result's JSON; none of a scored one."""
    gate = document.get("gate") or {}
    return {reason["code"] for reason in gate.get("reasons", ()) if reason["level"] == "reject"}
