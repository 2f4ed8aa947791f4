from __future__ import annotations

import json
from dataclasses import replace
from typing import cast

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from radiograde.model.reading.digest import Digest
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import INVERTED, UNFAMILIAR
from radiograde.model.scoring.input_check import CLASS_REASONS, CLASSES, class_reason, frontality
from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.model.scoring.result import ModelFacts, SeverityResult
from radiograde.model.scoring.scorer import Scorer
from tests.model.reading.films import phantom
from tests.model.scoring.test_metadata import GOOD

THRESHOLD = 0.4


def film(age: float | None = None) -> Radiograph:
    pixels = phantom().pixels
    return Radiograph(Pixels(pixels), "dicom", Digest("0" * 64), "PA", "DX", "CHEST", age)


def probabilities(**shares: float) -> NDArray[np.float32]:
    """Return probabilities by class; what is left is shared among the classes not named."""
    rest = (1 - sum(shares.values())) / (len(CLASSES) - len(shares))
    return np.array([shares.get(name, rest) for name in CLASSES], np.float32)


def test_the_classes_are_the_frontal_film_and_a_reason_each() -> None:
    assert CLASSES[0] == "frontal"
    assert CLASSES[1:] == tuple(reason.code for reason in CLASS_REASONS)
    assert len(set(CLASSES)) == len(CLASSES)
    assert {reason.level for reason in CLASS_REASONS} == {"reject"}


@pytest.mark.parametrize("frontal", [0.41, 0.9, 1.0])
def test_a_film_that_is_frontal_enough_is_not_doubted(frontal: float) -> None:
    assert class_reason(probabilities(frontal=frontal), THRESHOLD, film()) is None


def test_the_threshold_itself_is_enough() -> None:
    half = probabilities(frontal=0.5, child=0.5)
    assert class_reason(half, 0.5, film()) is None
    assert class_reason(half, 0.5001, film()) is not None


@pytest.mark.parametrize("code", CLASSES[1:])
def test_what_is_more_likely_than_not_something_else_is_turned_away(code: str) -> None:
    likelier = probabilities(frontal=0.42, **{code: 0.55})
    reason = class_reason(likelier, THRESHOLD, film())
    assert reason is not None
    assert reason.code == code
    assert frontality(likelier) == 0
    assert class_reason(probabilities(frontal=0.42, **{code: 0.5}), THRESHOLD, film()) is None


@pytest.mark.parametrize("code", CLASSES[1:])
def test_the_likeliest_class_is_the_reason(code: str) -> None:
    reason = class_reason(probabilities(frontal=0.3, **{code: 0.6}), THRESHOLD, film())
    assert reason is not None
    assert (reason.code, reason.level) == (code, "reject")


def test_a_picture_like_no_class_is_unfamiliar() -> None:
    assert class_reason(probabilities(frontal=0.1, limb=0), THRESHOLD, film()) == UNFAMILIAR
    split = probabilities(frontal=0.05, turned=0.49, not_chest=0.46)
    assert class_reason(split, THRESHOLD, film()) == UNFAMILIAR


@pytest.mark.parametrize(
    ("age", "level"), [(None, "reject"), (12.0, "reject"), (17.9, "reject"), (18.0, "warn")]
)
def test_a_small_chest_is_graded_only_where_the_header_names_an_adult(
    age: float | None, level: str
) -> None:
    reason = class_reason(probabilities(frontal=0.1, child=0.8), THRESHOLD, film(age))
    assert reason is not None
    assert (reason.code, reason.level) == ("child", level)


@pytest.mark.parametrize("code", [name for name in CLASSES[1:] if name != "child"])
def test_an_adults_age_excuses_nothing_else(code: str) -> None:
    reason = class_reason(probabilities(frontal=0.1, **{code: 0.8}), THRESHOLD, film(age=60.0))
    assert reason is not None
    assert reason.level == "reject"


class FakeSession:
    """Grades every film alike: clear lungs of a given share, and what the picture is."""

    def __init__(self, scope: NDArray[np.float32], lung: float) -> None:
        lungs = np.zeros((1, 2, 100, 100), np.float32)
        lungs[:, :, : round(100 * lung)] = 1.0
        self.outputs = [
            np.zeros((1, 6), np.float32),
            np.zeros((1, 2), np.float32),
            np.zeros((1, 9), np.float32),
            np.zeros((1, 1, 100, 100), np.float32),
            lungs,
            scope[None],
        ]

    def run(self, *_: object) -> list[NDArray[np.float32]]:
        return self.outputs


class ScorerOfFakes(Scorer):
    def __init__(self, scope: NDArray[np.float32], lung: float = 0.5) -> None:
        self.session = cast(ort.InferenceSession, FakeSession(scope, lung))
        self.facts = ModelFacts("fake", "1", "0" * 64)
        self.metadata = ModelMetadata.parse(json.dumps(GOOD))


def judged(scorer: Scorer, age: float | None) -> tuple[str, list[tuple[str, str]]]:
    result: SeverityResult = scorer.score(film(age))
    assert result.gate is not None
    return result.status, [(reason.code, reason.level) for reason in result.gate.reasons]


def test_what_the_network_doubts_is_not_graded() -> None:
    assert judged(ScorerOfFakes(probabilities(turned=0.9)), 50) == (
        "rejected",
        [("turned", "reject")],
    )
    assert judged(ScorerOfFakes(probabilities(frontal=0.9)), 50) == ("scored", [])


@pytest.mark.parametrize(("seen", "inverted"), [("not_chest", False), ("turned", True)])
def test_what_is_no_chest_was_not_inverted(seen: str, inverted: bool) -> None:
    scorer = ScorerOfFakes(probabilities(**{seen: 0.9}))
    gate = scorer.score(replace(film(50), notes=(INVERTED,))).gate
    assert gate is not None
    assert gate.no_chest != inverted
    assert (INVERTED in gate.reasons) == inverted


def test_an_adult_with_a_small_chest_is_graded_with_a_remark() -> None:
    small = probabilities(child=0.9)
    assert judged(ScorerOfFakes(small), 50) == ("scored", [("child", "warn")])
    status, reasons = judged(ScorerOfFakes(small), None)
    assert status == "rejected"
    assert ("child", "reject") in reasons


def test_a_small_chest_without_lungs_is_not_graded_either() -> None:
    status, reasons = judged(ScorerOfFakes(probabilities(child=0.9), lung=0.0), 50)
    assert status == "rejected"
    assert reasons == [("child", "warn"), ("not_chest", "reject")]


def test_a_film_without_lungs_is_rejected_once() -> None:
    blind = ScorerOfFakes(probabilities(frontal=0.9), lung=0.0)
    assert judged(blind, 50) == ("rejected", [("not_chest", "reject")])
    limb = ScorerOfFakes(probabilities(not_chest=0.9), lung=0.0)
    assert judged(limb, 50) == ("rejected", [("not_chest", "reject")])
