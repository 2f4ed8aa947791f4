"""The evaluation beside the bundled model: what card and README say, and nobody's name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.training.evaluation.elsewhere import BEGIN, END, elsewhere_section
from radiograde.training.evaluation.model_evaluation import ModelEvaluation, load_evaluations
from radiograde.training.release.release_run import EVALUATIONS

RECORD = BUNDLED.with_name(EVALUATIONS)
CARD = BUNDLED.with_name("MODEL_CARD.md")


@pytest.fixture(scope="module")
def evaluations() -> list[ModelEvaluation]:
    return load_evaluations(RECORD)


def test_it_is_of_the_bundled_file_or_of_a_model_without_a_source(
    evaluations: list[ModelEvaluation],
) -> None:
    facts = Scorer().facts
    assert evaluations
    assert [one for one in evaluations if one.model != facts and not one.left_out] == []
    assert any(one.elsewhere for one in evaluations)


def test_the_card_holds_it_and_begins_with_it(evaluations: list[ModelEvaluation]) -> None:
    card = CARD.read_text(encoding="utf-8")
    section = card[card.index(BEGIN) : card.index(END) + len(END)]
    assert section == elsewhere_section(evaluations)
    assert card.index(BEGIN) < card.index("## Metrics, out of fold")
    assert card.index("# Model card") < card.index(BEGIN)


def test_it_is_small_and_names_no_film_and_no_patient() -> None:
    assert RECORD.stat().st_size < 400_000
    named = list(strings(json.loads(RECORD.read_text(encoding="utf-8"))))
    assert named
    telling = re.compile(r"\.(jpe?g|png|dcm)|[\\/]\w+[\\/]|\d{5,}")
    assert [text for text in named if telling.search(plain(text))] == []


def strings(value: Any) -> Iterator[str]:
    """Yield every text and every name in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def plain(text: str) -> str:
    """Return a text without its digests."""
    return re.sub(r"\b[0-9a-f]{64}\b", "", text)
