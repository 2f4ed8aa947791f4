"""Lists of a span of days are those that one gets by looking at every film."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from radiograde.model.limits import Limits
from radiograde.service.grading.records import Records
from radiograde.service.worklist.cursor import Order, parse_cursor
from radiograde.service.worklist.delivery_states import DeliveryStates
from radiograde.service.worklist.filters import Filters
from radiograde.service.worklist.patient_labels import PatientLabels
from radiograde.service.worklist.worklist import Worklist
from tests.service.worklist.stock import Stock

TODAY = date.today()
BANDS = {"none": 0.5, "mild": 3.0, "severe": 14.0}
SPANS = [
    (None, TODAY - timedelta(days=5)),
    (TODAY - timedelta(days=5), None),
    (TODAY - timedelta(days=9), TODAY - timedelta(days=2)),
    (TODAY - timedelta(days=400), TODAY - timedelta(days=40)),
]


@dataclass(frozen=True)
class Drawn:
    id: str
    acquired: str | None
    day: date
    severity: str | None
    reviewed: bool


RANKS: dict[Order, Callable[[Drawn], Any]] = {
    "newest": lambda film: film.id,
    "acquired": lambda film: (film.acquired or "", film.id),
    "severest": lambda film: (BANDS.get(film.severity or "", -1.0), film.id),
}
NARROWED: list[tuple[dict[str, Any], Callable[[Drawn], bool]]] = [
    ({}, lambda film: True),
    ({"severity": frozenset({"severe"})}, lambda film: film.severity == "severe"),
    ({"severity": frozenset({"none", "mild"})}, lambda film: film.severity in ("none", "mild")),
    ({"status": frozenset({"rejected"})}, lambda film: film.severity is None),
    ({"reviewed": True}, lambda film: film.reviewed),
]


def draw(stock: Stock, rng: random.Random) -> Drawn:
    """Add a film that came lately, just acquired or out of an archive; scored or rejected."""
    received = datetime.now(UTC) - timedelta(days=rng.randrange(12), seconds=rng.randrange(9999))
    age = timedelta(days=rng.choice([0, 0, 0, 3, 90]))
    acquired = rng.choice([(received - age).strftime("%Y-%m-%dT%H:%M:%S")] * 4 + [None])
    severity = rng.choice([*BANDS, None])
    film: dict[str, Any] = {"received": received, "acquired": acquired}
    if severity is None:
        id = stock.rejected(**film)
    else:
        id = stock.scored(BANDS[severity], severity, **film)
    reviewed = rng.random() < 0.3
    if reviewed:
        stock.reviewed(id)
    day = date.fromisoformat(acquired[:10]) if acquired else received.astimezone().date()
    return Drawn(id, acquired, day, severity, reviewed)


def listed(worklist: Worklist, filters: Filters, order: Order, limit: int) -> list[str]:
    """Return the ids of all pages."""
    ids: list[str] = []
    after = None
    while True:
        page = worklist.page(filters, order, limit, after)
        ids += [film.id for film in page.films]
        if page.next is None:
            return ids
        after = parse_cursor(page.next, order)


def test_the_films_of_a_span_of_days(records: Records) -> None:
    rng = random.Random(7)  # noqa: S311 - not a secret
    stock = Stock(records)
    films = [draw(stock, rng) for _ in range(24)]
    states = DeliveryStates(records.database, has_destinations=False)
    labels = PatientLabels(records.archive, "none", Limits())
    worklist = Worklist(records.database, records.reviews, states, labels)
    for order, rank in RANKS.items():
        films.sort(key=rank, reverse=True)
        for since, until in SPANS:
            within = [f for f in films if (since or date.min) <= f.day <= (until or date.max)]
            for chosen, matches in NARROWED:
                expected = [film.id for film in within if matches(film)]
                filters = Filters(since=since, until=until, **chosen)
                found = listed(worklist, filters, order, 9)
                assert found == expected, (order, since, until, chosen)
