"""Sentences against the numbers they were made from: read back, no word is false or missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import get_args

import numpy as np
import pytest

from radiograde.model import reasons
from radiograde.model.scoring.result import (
    GateVerdict,
    Involvement,
    ScaleScore,
    SeverityResult,
)
from radiograde.service.config.site import Language
from radiograde.service.documents.statement.facts import ChangeSince, Facts, facts_of
from radiograde.service.documents.statement.statement import statement
from tests.service.documents.statement.drawn_results import drawn_change, drawn_result
from tests.service.documents.statement.reading import GRAMMARS
from tests.service.fakes import LATERAL, scored

DRAWN = 10_000
LANGUAGES = get_args(Language)
CAUSES = {
    "en": "pneumonia covid infection infect oedema edema healthy normal consolidation",
    "de": "pneumonie covid infekt ödem gesund normal unauffällig konsolid",
    "es": "neumonía covid infecci edema san normal consolid",
    "ko": "폐렴 코로나 감염 부종 정상 경화",
    "ja": "肺炎 コロナ 感染 浮腫 正常 浸潤 異常",
}


def with_zones(severity: str = "mild", /, **values: tuple[float, float]) -> SeverityResult:
    """Return a film of no remarks whose zones have these values and lower bounds; others 0."""
    result = scored()
    assert result.scores is not None
    zones = {
        zone: ScaleScore(value, (0, 3), (low, min(value + 1, 3)), 0.9)
        for zone in "ABCDEF"
        for value, low in [values.get(zone, (0.0, 0.0))]
    }
    total = sum(zone.value for zone in zones.values())
    brixia = ScaleScore(total, (0, 18), (max(total - 2, 0), total + 2), 0.9)
    involved = Involvement(50.0, 50.0, 50.0)
    scores = replace(result.scores, zones=zones, brixia=brixia, lung_involvement_percent=involved)
    return replace(result, scores=scores, gate=GateVerdict(()), severity=severity)


@cache
def drawn() -> list[tuple[SeverityResult, ChangeSince | None]]:
    rng = np.random.default_rng(30)
    return [(drawn_result(rng), drawn_change(rng)) for _ in range(DRAWN)]


def english(result: SeverityResult, change: ChangeSince | None = None) -> str:
    made = statement(result, "en", change)
    assert made is not None
    return made.text


def test_the_sentence_of_the_issue() -> None:
    result = with_zones(C=(3.0, 1.8), F=(2.0, 0.7), B=(2.9, 1.7))
    change = ChangeSince("uncertain", date(2026, 3, 3))
    assert english(result, change) == (
        "Opacities in both lower zones and the right middle zone, more on the right. "
        "No certain change since 3 March 2026."
    )


def test_a_zone_whose_interval_reaches_zero_is_possible() -> None:
    assert english(with_zones(C=(1.4, 0.0))) == "Possible opacities in the right lower zone."
    assert english(with_zones(C=(1.4, 0.004))) == "Possible opacities in the right lower zone."
    assert english(with_zones(C=(1.4, 0.01))) == "Opacities in the right lower zone."
    assert english(with_zones(C=(1.5, 0.1), D=(0.6, 0.0))) == (
        "Opacities in the right lower zone; possibly also in the left upper zone."
    )


def test_what_rounds_to_grade_0_is_not_named() -> None:
    assert english(with_zones(C=(1.5, 0.1), D=(0.494, 0.0))) == "Opacities in the right lower zone."
    faint = with_zones("mild", **dict.fromkeys("ABCDEF", (0.4, 0.0)))
    assert english(faint) == "Possible opacities, in no zone in particular."


def test_below_the_threshold_the_model_sees_none_and_no_lung_is_called_healthy() -> None:
    assert english(with_zones("none", C=(0.9, 0.0))) == "The model sees no opacity."
    # Of a model with a higher threshold: what is certain is said all the same.
    assert english(with_zones("none", C=(1.5, 0.1))) == "Opacities in the right lower zone."


def test_a_lung_shows_more_where_the_sums_differ_by_more_than_the_interval() -> None:
    assert english(with_zones(C=(3.0, 1.8), F=(1.5, 0.1))) == "Opacities in both lower zones."
    left = with_zones(C=(1.5, 0.1), F=(3.0, 1.8), E=(1.5, 0.1))
    assert ", more on the left." in english(left)


def test_a_lung_that_was_not_found_has_no_zones() -> None:
    result = with_zones(C=(3.0, 1.8), F=(2.0, 0.7))
    assert result.scores is not None
    involved = replace(result.scores.lung_involvement_percent, left=None)
    unseen = replace(result, scores=replace(result.scores, lung_involvement_percent=involved))
    assert english(unseen) == "Opacities in the right lower zone. The left lung was not found."


@pytest.mark.parametrize("reason", [reasons.SIDES_UNSURE, reasons.ASKEW, reasons.POLARITY_UNSURE])
def test_a_film_that_may_be_shown_the_wrong_way_is_not_described(reason: reasons.Reason) -> None:
    result = replace(with_zones(C=(3.0, 1.8)), gate=GateVerdict((reason,)))
    assert english(result, ChangeSince("more", None)).startswith("No description:")


def test_other_warnings_qualify_and_what_is_only_noted_does_not() -> None:
    warned = replace(with_zones(C=(3.0, 1.8)), gate=GateVerdict((reasons.VIEW_UNKNOWN,)))
    assert english(warned).endswith(" Subject to the remarks of the input check.")
    noted = replace(warned, gate=GateVerdict((reasons.AGE_UNKNOWN,)))
    assert english(noted) == "Opacities in the right lower zone."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_film_that_was_not_graded_is_not_described(language: Language) -> None:
    rejected = replace(scored(), status="rejected", gate=GateVerdict((LATERAL,)), scores=None)
    assert statement(rejected, language) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_label_stands_before_text_that_stands_alone(language: Language) -> None:
    made = statement(scored(), language)
    assert made is not None
    assert made.label
    assert made.marked == f"{made.label}: {made.text}"


def check(facts: Facts, result: SeverityResult, change: ChangeSince | None) -> None:
    """Hold what a text states against the numbers alone."""
    assert result.scores is not None
    assert result.gate is not None
    warned = {one.code for one in result.gate.reasons if one.level == "warn"}
    if facts.kind == "withheld":
        assert warned & {"orientation_unsure", "polarity_unsure"}
        return
    assert not warned & {"orientation_unsure", "polarity_unsure"}
    assert facts.remarked == bool(warned)
    assert facts.change == change
    involved = result.scores.lung_involvement_percent
    assert (facts.unseen == "right") == (involved.right is None)
    assert (facts.unseen == "left") == (involved.right is not None and involved.left is None)
    hidden = {"right": "ABC", "left": "DEF", None: ""}[facts.unseen]
    values = {zone: round(score.value, 2) for zone, score in result.scores.zones.items()}
    lows = {zone: round(score.interval[0], 2) for zone, score in result.scores.zones.items()}
    opaque = {zone for zone in "ABCDEF" if values[zone] >= 0.5 and zone not in hidden}
    assert facts.certain == {zone for zone in opaque if lows[zone] > 0}
    if facts.kind == "none":
        assert result.severity == "none"
        assert not facts.certain
        return
    assert facts.possible == opaque - facts.certain
    assert facts.kind == ("zones" if opaque else "faint")
    assert opaque or result.severity != "none"
    sums = [sum(values[zone] for zone in lung) for lung in ("ABC", "DEF")]
    low, high = (round(bound, 2) for bound in result.scores.brixia.interval)
    total = round(result.scores.brixia.value, 2)
    more = sums[0] - sums[1] if facts.more_on == "right" else sums[1] - sums[0]
    if facts.more_on:
        assert more > max(high - total, total - low)
        assert {zone in "ABC" for zone in facts.certain} == {True, False}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_false_in_ten_thousand_results(language: Language) -> None:
    kinds = set()
    for result, change in drawn():
        made = statement(result, language, change)
        assert made is not None
        said = GRAMMARS[language].facts(made.text)
        assert said == facts_of(result, change), made.text
        check(said, result, change)
        kinds.add((said.kind, bool(said.possible), said.more_on, said.unseen, said.remarked))
    assert len(kinds) > 30
    assert {kind for kind, *_ in kinds} == {"withheld", "none", "faint", "zones"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_set_of_zones_is_read_back(language: Language) -> None:
    for number in range(4**6):
        grades = {zone: number // 4**place % 4 for place, zone in enumerate("ABCDEF")}
        shown = {"0": (0.0, 0.0), "1": (1.0, 0.0), "2": (2.0, 0.7), "3": (3.0, 1.8)}
        result = with_zones("mild", **{zone: shown[str(grade)] for zone, grade in grades.items()})
        made = statement(result, language)
        assert made is not None
        said = GRAMMARS[language].facts(made.text)
        assert said.certain == {zone for zone, grade in grades.items() if grade >= 2}
        assert said.possible == {zone for zone, grade in grades.items() if grade == 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_cause_and_no_diagnosis_is_named(language: Language) -> None:
    made = {statement(result, language, change) for result, change in drawn()[:500]}
    text = " ".join(f"{one.label} {one.text}" for one in made if one is not None).casefold()
    words = [word for word in CAUSES[language].split() if word in text.replace("sano", "san")]
    assert words == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_false_sentence_is_not_read_as_true(language: Language) -> None:
    result = with_zones(C=(3.0, 1.8), F=(2.0, 0.7), B=(2.9, 1.7))
    made = statement(result, language)
    assert made is not None
    right, left = GRAMMARS[language].to_left
    mirrored = made.text.replace(right, left)
    assert GRAMMARS[language].facts(mirrored) != facts_of(result)
    with pytest.raises(ValueError, match=r"\w"):
        GRAMMARS[language].facts(f"{made.text} {made.text}")
