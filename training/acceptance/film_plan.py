"""How many films an acceptance test needs for which certainty.

Normal approximations: a mean of n films is known to 1.96 s / sqrt(n), a share p to
1.96 sqrt(p (1 - p) / n). The films that a certain answer needs are those with which the whole 95 %
interval keeps a limit in 8 of 10 tests of a model that is as expected (Chow, Shao, Wang, Sample
Size Calculations in Clinical Research, 2008, sections 3.1 and 4.1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.training.acceptance.acceptance_limits import Limits
from radiograde.training.acceptance.second_reader import (
    distance_to_readers,
    film_distances,
    two_readers_in,
)
from radiograde.training.errors import UnfitDataError
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.scale_figures import FEWEST, MEAN, OURS
from radiograde.training.evaluation.figures.shares import Z
from radiograde.training.evaluation.worded_figures import FigureTable

SIZES = (50, 100, 150, 200, 400, 800)
POWER = 0.8
Z_POWER = NormalDist().inv_cdf(POWER)

MAE_TO_SD = math.sqrt(math.pi / 2)
"""Standard deviation of a normal error, as a multiple of its mean absolute value."""

SD_OF_ABSOLUTE = math.sqrt(math.pi / 2 - 1)
"""Standard deviation of a normal error's absolute value, as a multiple of its mean."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a model on one scale, in points; ``coverage``, ``lost`` are shares (0-1).

    ``deviation``: standard deviation of its difference to readers. ``beyond``, and its deviation:
    by how much it is further from a reader than a second reader; None where nothing says.
    ``known_from``: in words.
    """

    scale: str
    bias: float
    deviation: float
    coverage: float
    lost: float
    beyond: tuple[float, float] | None
    known_from: str


def expected_of_file(metadata: ModelMetadata) -> Expected:
    """Return what a model file says of itself on the global score.

    Raises:
        UnfitDataError: it says nothing; then ``--data`` has to.
    """
    rows: Sequence[dict[str, Any]] = metadata.metrics.get("agreement", [])
    found = {(row["reference"], row["grader"]): row["agreement"] for row in rows}
    own = found.get((f"Brixia, {MEAN}", OURS))
    if own is None:
        raise UnfitDataError(
            "The model file does not say how far it was from readers. Give some graded films with "
            "--data."
        )
    ours, apart = distance_to_readers(metadata, OURS), two_readers_in(metadata)
    beyond = None
    if ours is not None and apart is not None:
        # The two errors are taken to be normal and independent: films tell more exactly.
        beyond = (ours - apart, SD_OF_ABSOLUTE * math.hypot(ours, apart))
    coverage = metadata.metrics["coverage"]["brixia"]["share"] or metadata.intervals.level
    lost = metadata.metrics.get("gate", {}).get("films_rejected", 0.0)
    deviation = MAE_TO_SD * own["mae"]
    return Expected("brixia", own["bias"], deviation, coverage, lost, beyond, "the model file")


def expected_of_films(graded: GradedFilms) -> Expected:
    """Return what graded films say, on the first scale that readers graded.

    Raises:
        UnfitDataError: too few of them have readers' scores.
    """
    inside = graded.of(graded.in_scope)
    measured = [one for one in inside.scales.values() if one.known.sum() >= FEWEST]
    if not measured:
        raise UnfitDataError(f"A plan needs {FEWEST} graded films with readers' scores.")
    grades = measured[0]
    difference = (grades.values - grades.reference)[grades.known]
    ours, theirs = film_distances(grades)
    further = (ours - theirs)[~np.isnan(ours + theirs)]
    beyond = (float(further.mean()), float(further.std())) if len(further) >= FEWEST else None
    lost = float((inside.turned_away | inside.failed).mean())
    return Expected(
        grades.scale.name,
        float(difference.mean()),
        float(difference.std()),
        float(np.nanmean(grades.covered)),
        lost,
        beyond,
        f"{len(difference)} films",
    )


def precision_table(expected: Expected) -> FigureTable:
    """Return how exactly so many films tell each figure: half-widths of 95 % intervals."""
    rows = []
    for films in SIZES:
        beyond = "-" if expected.beyond is None else f"±{_mean_half(expected.beyond[1], films):.2f}"
        rows.append(
            (
                f"{films}",
                beyond,
                f"±{_mean_half(expected.deviation, films):.2f}",
                f"±{_share_half(expected.coverage, films):.0%}",
                f"{1 - 0.05 ** (1 / films):.1%}",
            )
        )
    return FigureTable(
        "plan",
        "What so many films tell",
        f"{expected.scale}, expected from {expected.known_from}: bias {expected.bias:+.2f}, "
        f"deviation {expected.deviation:.2f} points, intervals hold {expected.coverage:.0%}. "
        "Last: up to how many may go ungraded though none of the films did.",
        ("films", "beyond a second reader", "bias", "intervals that hold", "ungraded"),
        rows,
        words=0,
    )


def needed_table(expected: Expected, limits: Limits) -> FigureTable:
    """Return how many films a certain answer to each limit needs."""
    own = limits.of(expected.scale)
    rows = [
        ("bias", f"within ±{own.bias:g}",
         _films_for_mean(own.bias - abs(expected.bias), expected.deviation)),
        ("intervals that hold", f"at least {own.coverage:.0%}",
         _films_for_share(expected.coverage, own.coverage)),
        ("films not graded", f"at most {limits.lost:.0%}",
         _films_for_share(1 - expected.lost, 1 - limits.lost)),
    ]  # fmt: skip
    if expected.beyond is not None:
        room = own.beyond_second_reader - expected.beyond[0]
        limit = f"at most {own.beyond_second_reader:g}"
        needed = _films_for_mean(room, expected.beyond[1])
        rows.insert(0, ("error beyond a second reader's", limit, needed))
    return FigureTable(
        "needed",
        "Films for a certain answer",
        f"With so many films the whole 95 % interval keeps the limit in {POWER:.0%} of tests, if "
        "the model is here as expected.",
        ("figure", "limit", "films"),
        [(what, limit, _in_words(films)) for what, limit, films in rows],
    )


def _films_for_mean(room: float, deviation: float) -> int | None:
    """Return the films needed, None where what is expected does not keep the limit itself."""
    if room <= 0:
        return None
    return math.ceil(((Z + Z_POWER) * deviation / room) ** 2)


def _films_for_share(expected: float, least: float) -> int | None:
    return _films_for_mean(expected - least, math.sqrt(expected * (1 - expected)))


def _mean_half(deviation: float, films: int) -> float:
    return Z * deviation / math.sqrt(films)


def _share_half(share: float, films: int) -> float:
    return Z * math.sqrt(share * (1 - share) / films)


def _in_words(films: int | None) -> str:
    return "none: what is expected misses the limit" if films is None else f"{films}"
