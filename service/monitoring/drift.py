"""Drift: whether the last films come from the distribution that earlier ones came from.

The looks of a month share one budget of false alarms. A look tests every feature, and the p-values
account for how many (Holm); a month has a known number of looks, families of tests and windows,
among which the budget is divided (Bonferroni). So the chance of any false alarm in a month is at
most the budget, however the features depend on each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from radiograde.service.monitoring.film_sample import CATEGORIES, NUMBERS, FilmRow, FilmSample
from radiograde.service.monitoring.significance import (
    category_psi,
    category_test,
    holm,
    ks_test,
    number_psi,
)

BUDGET = 0.01
"""Chance of a false alarm in a month."""

Against = Literal["model", "site"]
"""What films are compared with: the model's own reference, or the first month of the site."""


@dataclass(frozen=True, slots=True)
class Window:
    """The last ``films`` films, looked at whenever ``every`` more came."""

    films: int
    every: int

    def end(self, count: int) -> int:
        """Return at which of ``count`` films the last look ended; 0 before the first."""
        end = count // self.every * self.every
        return end if end >= self.films else 0


WINDOWS = (Window(100, 25), Window(1000, 250))
"""The short one finds what is plain at once, the long one what is slight."""

FAMILIES = 3 * len(WINDOWS) + 2
"""Through each window: against the model, and against the site what is of the model and what is of
films; then agreement with readers, and deliveries."""


def level_of_look(films_a_month: float, window: Window) -> float:
    """Return the p-value, accounted for the features, under which a look raises an alarm."""
    return BUDGET / FAMILIES / max(1.0, films_a_month / window.every)


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """How a feature of a window's films compares with a reference.

    ``statistic``: Kolmogorov-Smirnov's, None of categories. ``p``: accounted for the number of
    features. ``psi``: population stability index; 0.1 is slight, 0.25 is much. ``films``: in the
    window. ``level``: the ``p`` under which it is an alarm.
    """

    feature: str
    against: Against
    films: int
    statistic: float | None
    p: float
    psi: float
    level: float

    @property
    def is_alarm(self) -> bool:
        """Whether it is more than chance."""
        return self.p < self.level

    @property
    def key(self) -> str:
        """What an alarm about it is about."""
        return f"{self.against}:{self.feature}"

    @property
    def reason(self) -> str:
        """Return in a sentence why it is an alarm."""
        with_what = {"model": "the model's reference", "site": "the site's first month"}
        return (
            f"The last {self.films} films differ from {with_what[self.against]} in "
            f"{self.feature}: p {self.p:.1g}, stability index {self.psi:.2f}."
        )


def drifts(
    window: FilmSample, reference: FilmSample, against: Against, level: float, features: set[str]
) -> list[FeatureDrift]:
    """Return how each feature of a window's films compares with a reference.

    ``features``: those that are compared; of them those that both know.
    """
    found = list(_compared(window, reference, features))
    adjusted = holm([p for _, _, p, _ in found])
    return [
        FeatureDrift(name, against, window.films, statistic, p, psi, level)
        for (name, statistic, _, psi), p in zip(found, adjusted, strict=True)
    ]


def _compared(
    window: FilmSample, reference: FilmSample, features: set[str]
) -> Iterator[tuple[str, float | None, float, float]]:
    for name in NUMBERS:
        values, expected = window.numbers.get(name), reference.numbers.get(name)
        if name in features and values is not None and expected is not None and expected.size:
            statistic, p = ks_test(values, expected)
            yield name, statistic, p, number_psi(values, expected)
    for name in CATEGORIES:
        counts, usual = window.counts.get(name), reference.counts.get(name)
        if name in features and counts and usual:
            yield name, None, category_test(counts, usual), category_psi(counts, usual)


def last_windows(
    rows: Sequence[FilmRow], count: int, films_a_month: float
) -> Iterator[tuple[FilmSample, float]]:
    """Yield the films of the last look through each window, with the level of that look.

    ``rows``: the last films, at least those of the longest window and a look more. ``count``: how
    many films there are in all.
    """
    for window in WINDOWS:
        end = window.end(count)
        if end:
            last = len(rows) - (count - end)
            films = rows[max(0, last - window.films) : last]
            yield FilmSample.of(films), level_of_look(films_a_month, window)
