"""Figures beside a site's limits, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from radiograde.training.acceptance.acceptance_figures import AcceptanceFigures, ScaleAcceptance
from radiograde.training.acceptance.acceptance_limits import Limits
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate

Outcome = Literal["kept", "missed", "unsure"]
Verdict = Literal["accepted", "not accepted", "undecided"]

INPUT_CHECK = "input check"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One figure beside its limit.

    ``limit``: with words. ``form``: how the figure is written. ``outcome``: ``unsure`` where it was
    not measured, or where its interval must keep the limit and does not. ``certain``: whether the
    whole interval lies on one side of the limit.
    """

    scale: str
    what: str
    limit: str
    figure: Estimate
    form: str
    outcome: Outcome
    certain: bool


def criteria(figures: AcceptanceFigures, limits: Limits) -> list[Criterion]:
    """Return each figure that is asked for beside its limit; nothing of scales with few films."""
    found = []
    for scale in figures.scales:
        if scale.films >= limits.least_films:
            found += list(_of_scale(scale, limits))
    lost = figures.losses.share
    found.append(
        _criterion(
            (INPUT_CHECK, "films not graded"), f"at most {limits.lost:.0%}", lost, ".1%",
            (None, limits.lost), limits,
        )
    )  # fmt: skip
    return found


def verdict_on(found: Sequence[Criterion]) -> Verdict:
    """Return the verdict: one figure that misses its limit is enough to refuse a model."""
    outcomes = {one.outcome for one in found}
    if "missed" in outcomes:
        return "not accepted"
    graded = any(one.scale != INPUT_CHECK for one in found)
    return "accepted" if graded and outcomes == {"kept"} else "undecided"


def _of_scale(scale: ScaleAcceptance, limits: Limits) -> Iterator[Criterion]:
    own = limits.of(scale.scale)
    beyond = own.beyond_second_reader
    yield _criterion(
        (scale.scale, "error beyond a second reader's"), f"at most {beyond:g}",
        scale.second_reader.beyond, "+.2f", (None, beyond), limits,
    )  # fmt: skip
    yield _criterion(
        (scale.scale, "bias"), f"within ±{own.bias:g}", scale.bias, "+.2f",
        (-own.bias, own.bias), limits,
    )  # fmt: skip
    yield _criterion(
        (scale.scale, "intervals that hold"), f"at least {own.coverage:.0%}", scale.coverage,
        ".0%", (own.coverage, None), limits,
    )  # fmt: skip


def _criterion(
    names: tuple[str, str],
    limit: str,
    figure: Estimate,
    form: str,
    allowed: tuple[float | None, float | None],
    limits: Limits,
) -> Criterion:
    """Return a figure beside the lowest and the highest value that it may have."""
    low = float("-inf") if allowed[0] is None else allowed[0]
    high = float("inf") if allowed[1] is None else allowed[1]
    if figure.value is None:
        return Criterion(*names, limit, figure, form, "unsure", certain=False)
    first, last = figure.ends or (float("-inf"), float("inf"))
    inside = low <= figure.value <= high
    certain = (low <= first and last <= high) if inside else (last < low or first > high)
    outcome: Outcome = "kept" if inside else "missed"
    if limits.certain and not certain:
        outcome = "unsure"
    return Criterion(*names, limit, figure, form, outcome, certain)
