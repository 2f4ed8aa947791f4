from __future__ import annotations

import pytest

from radiograde.service.worklist.change import Ruler, Score, change

OURS, OTHER = "a" * 64, "b" * 64


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
    found = change(Score("one", before, OURS), Score("two", after, OURS), Ruler(OURS, 4.0))
    assert found.to_json() == {"since": "one", "delta": delta, "verdict": verdict}


@pytest.mark.parametrize(
    ("before", "after", "ruler", "verdict"),
    [
        (OTHER, OURS, Ruler(OURS, 4.0), "other_model"),
        (OURS, OTHER, Ruler(OURS, 4.0), "other_model"),
        (OTHER, OTHER, Ruler(OURS, 4.0), "not_known"),
        (OURS, OURS, Ruler(OURS, None), "not_known"),
    ],
)
def test_only_of_the_model_in_service(before: str, after: str, ruler: Ruler, verdict: str) -> None:
    assert change(Score("one", 0, before), Score("two", 18, after), ruler).verdict == verdict
