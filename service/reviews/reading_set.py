"""Reading sets: films that several readers grade, blinded to the model, each other and themselves.

Every reader has the films in an order of their own. Some come twice, the second time among the
last: what a reader then says of them tells how far that reader agrees with themselves.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from radiograde.service.result_schema import Schema, Ulid
from radiograde.service.reviews.blind_reading import ReadingRequest


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """A set, who gave it out and when."""

    id: str
    name: str
    by: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ReadingSlot:
    """A film in a reader's order, and what the reader said of it.

    ``again``: it comes for the second time. ``read``: None until it was. ``zones``: None of a film
    that is not gradable. ``comment`` may name a patient: never log it.
    """

    set_id: str
    reader: str
    position: int
    film_id: str
    again: bool
    read: datetime | None = None
    zones: Mapping[str, int] | None = None
    comment: str | None = None

    @property
    def brixia(self) -> int | None:
        """The sum of the zones, 0-18."""
        return None if self.zones is None else sum(self.zones.values())


def drawn_order(
    film_ids: Sequence[str], repeats: int, chance: random.Random | None = None
) -> list[tuple[str, bool]]:
    """Return films in random order, each with whether it comes again.

    ``repeats``: films of the first half that come again in the last quarter; at most half of them.
    """
    chance = chance or random.SystemRandom()
    order = list(film_ids)
    chance.shuffle(order)
    half, last = len(order) // 2, len(order) - len(order) // 4
    again = chance.sample(order[:half], min(repeats, half))
    tail = [*((film, False) for film in order[last:]), *((film, True) for film in again)]
    chance.shuffle(tail)
    return [*((film, False) for film in order[:last]), *tail]


class SetReading(ReadingRequest):
    """What a reader says of the film that is next."""

    position: int = Field(ge=0, description="Of the film, as `next` gave it")


class OwnReadingSet(Schema):
    """A set that the caller reads."""

    id: Ulid
    name: str
    films: int = Field(description="To be read, those that come again among them")
    read: int


class OwnReadingSets(Schema):
    """The sets that the caller reads, the last given out first."""

    sets: list[OwnReadingSet]


class NextFilm(OwnReadingSet):
    """The film that is next in a set; ``film`` is null once all are read."""

    position: int | None
    film: Ulid | None
