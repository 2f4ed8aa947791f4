"""Which destinations get a result, as which documents, by the rules of the site file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from radiograde.model.reading.film_attributes import is_film_class
from radiograde.model.scoring.result import Status
from radiograde.service.config.constancy_config import CONSTANCY
from radiograde.service.config.rules import Priority, RuleConfig
from radiograde.service.config.site import DestinationConfig, DocumentKind
from radiograde.service.delivery.film_facts import FilmFacts
from radiograde.service.delivery.rule_matching import concerns, serves, unmet

OTHER_VIEWS = frozenset({"lateral_view", "not_frontal"})
"""Reasons why a film was rejected that nobody needs to be told in the archive."""

_URGENCY: dict[Priority, int] = {"high": 0, "normal": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Route:
    """A destination of a result, the documents that it gets, and how soon."""

    destination: DestinationConfig
    kinds: tuple[DocumentKind, ...]
    priority: Priority = "normal"

    @property
    def name(self) -> str:
        """The destination's name."""
        return self.destination.name

    @property
    def own_kinds(self) -> tuple[DocumentKind, ...] | None:
        """The documents, where they are others than the destination's own ``send``."""
        usual = set(self.kinds) == set(self.destination.kinds)
        return None if usual else self.kinds


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a destination gets a result: its route, and in words what decides it.

    ``why``: of a route the rules that send it there, else what keeps each of them from it.
    """

    destination: DestinationConfig
    route: Route | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """All rules that fit a film send it, and where there are rules, they alone do.

    Without rules every destination gets the films of its ``sources``. ``rejected``: whether
    reports on rejected films are delivered.
    """

    destinations: Sequence[DestinationConfig] = ()
    rejected: bool = True
    rules: Sequence[RuleConfig] = ()

    @property
    def names(self) -> list[str]:
        """The names of all destinations, in the order of the site file."""
        return [destination.name for destination in self.destinations]

    def asks_for(self, *conditions: str) -> bool:
        """Return whether a rule asks for any of these."""
        tables = [table for rule in self.rules for table in (rule, rule.unless) if table]
        return any(name in table.asked for table in tables for name in conditions)

    def unused(self) -> list[str]:
        """Return the names of the destinations that no rule sends to; none without rules."""
        if not self.rules:
            return []
        return [
            one.name
            for one in self.destinations
            if not any(concerns(rule, one) for rule in self.rules)
        ]

    def routes_of(self, film: FilmFacts) -> list[Route]:
        """Return where a film's result goes, in the order of the site file."""
        return [one.route for one in self.decisions_on(film) if one.route is not None]

    def decisions_on(self, film: FilmFacts) -> list[Decision]:
        """Return for each destination whether it gets a film's result, and why."""
        kept_back = self._kept_back(film)
        if kept_back is not None:
            return [Decision(one, None, (kept_back,)) for one in self.destinations]
        return [self._decision(one, film) for one in self.destinations]

    def _decision(self, destination: DestinationConfig, film: FilmFacts) -> Decision:
        """Return whether one destination gets it; no rule brings drawn films anywhere else."""
        if CONSTANCY in film.source:
            return _by_source(destination, replace(film, source=(CONSTANCY,)))
        decide = self._by_rules if self.rules else _by_source
        return decide(destination, film)

    def _kept_back(self, film: FilmFacts) -> str | None:
        """Return why no destination wants documents of a result."""
        if not is_reportable(film.status, film.sop_class_uid, film.reasons):
            return f"{film.status}, and not worth a report"
        if film.status == "rejected" and not self.rejected:
            return "rejected, and delivery.rejected is false"
        return None

    def _by_rules(self, destination: DestinationConfig, film: FilmFacts) -> Decision:
        judged = {
            number: (rule, unmet(rule, destination, film))
            for number, rule in enumerate(self.rules, 1)
            if concerns(rule, destination)
        }
        fitting = {number: rule for number, (rule, why) in judged.items() if why is None}
        if not fitting:
            whys = tuple(f"rule {number}: {why}" for number, (_, why) in judged.items())
            return Decision(destination, None, whys or ("no rule sends there",))
        kinds = [
            kind
            for rule in fitting.values()
            for kind in destination.as_kinds(rule.send or destination.send)
        ]
        priority = min((rule.priority for rule in fitting.values()), key=_URGENCY.__getitem__)
        route = Route(destination, tuple(dict.fromkeys(kinds)), priority)
        return Decision(destination, route, tuple(f"rule {number}" for number in fitting))


def _by_source(destination: DestinationConfig, film: FilmFacts) -> Decision:
    why = serves(destination, film)
    if why is not None:
        return Decision(destination, None, (why,))
    return Decision(destination, Route(destination, destination.kinds), ("its sources",))


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
