"""Which films a reading set holds, and what the model says of them."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.model.scoring.scales import ZONES
from radiograde.service.config.constancy_config import CONSTANCY
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films, results
from radiograde.service.grading.records import Records

_SCORED = (
    sa.select(films.c.id)
    .join_from(films, results, results.c.id == films.c.id)
    .where(films.c.kept, results.c.status == "scored", films.c.source != CONSTANCY)
)


def scored_films(records: Records, film_ids: Iterable[str]) -> list[str]:
    """Return films, each once.

    Raises:
        NotFoundError: one is not kept, or was not scored.
        StoreError: the database does not answer.
    """
    wanted = list(dict.fromkeys(film_ids))
    found = {
        id
        for some in in_parts(wanted)
        for id in records.database.values(_SCORED.where(films.c.id.in_(some)), str)
    }
    if missing := [id for id in wanted if id not in found]:
        raise NotFoundError(f"{missing[0]} is no scored film that is kept.")
    return wanted


def drawn_films(records: Records, since: date, until: date | None, count: int) -> list[str]:
    """Return scored films of some days, drawn at random, at most ``count``. Raises StoreError."""
    query = _SCORED.where(films.c.day >= since.isoformat())
    if until is not None:
        query = query.where(films.c.day <= until.isoformat())
    found = records.database.values(query, str)
    return random.SystemRandom().sample(found, min(count, len(found)))


def model_zones(records: Records, film_ids: Collection[str]) -> Mapping[str, Mapping[str, float]]:
    """Return the zones A-F, each 0-3, that films have by their results. Raises StoreError."""
    found = {}
    for id in film_ids:
        stored = records.results.find(id)
        scores = None if stored is None else stored.document.get("scores")
        if scores is not None:
            zones = scores["brixia"]["zones"]
            found[id] = {zone: float(zones[zone]["value"]) for zone in ZONES}
    return found
