from __future__ import annotations

import pytest

from radiograde.service.films.score_change import RepeatabilityLimit, Score, compare

OURS, OTHER = "a" * 64, "b" * 64
ONE, TWO = "1" * 26, "2" * 26


@pytest.mark.parametrize(
    ("before", "after", "delta", "verdict"),
    [
        (5.0, 9.1, 4.1, "worse"),
        (9.1, 5.0, -4.1, "better"),
        (5.0, 9.0, 4.0, "no_certain_change"),
        (9.0, 5.0, -4.0, "no_certain_change"),
        (5.0, 5.0, 0.0, "no_certain_change"),
    ],
)
def test_only_beyond_the_limit(before: float, after: float, delta: float, verdict: str) -> None:
    found = compare(
        Score(ONE, before, OURS), Score(TWO, after, OURS), RepeatabilityLimit(OURS, 4.0)
    )
    assert found.to_json() == {"since": ONE, "delta": delta, "verdict": verdict}


@pytest.mark.parametrize(
    ("before", "after", "repeatability", "verdict"),
    [
        (OTHER, OURS, RepeatabilityLimit(OURS, 4.0), "other_model"),
        (OURS, OTHER, RepeatabilityLimit(OURS, 4.0), "other_model"),
        (OTHER, OTHER, RepeatabilityLimit(OURS, 4.0), "not_known"),
        (OURS, OURS, RepeatabilityLimit(OURS, None), "not_known"),
    ],
)
def test_only_of_the_model_in_service(
    before: str, after: str, repeatability: RepeatabilityLimit, verdict: str
) -> None:
    assert compare(Score(ONE, 0, before), Score(TWO, 18, after), repeatability).verdict == verdict
