"""Figures beside a site's limits, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from radiograde.data.film import Film
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.acceptance.acceptance_figures import UNREADABLE, acceptance_figures
from radiograde.training.acceptance.acceptance_limits import Limits, load_limits
from radiograde.training.acceptance.acceptance_page import acceptance_page
from radiograde.training.acceptance.acceptance_record import AcceptanceRecord, parse_record
from radiograde.training.acceptance.acceptance_run import AcceptanceTest
from radiograde.training.errors import ConfigError
from tests.training.acceptance.graded import graded_films, manifest_of, read_films

NAN = float("nan")
LIMITS = load_limits()


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=1)


def record_of(
    scorer: Scorer,
    films: list[Film],
    score: Callable[[int, float], float],
    limits: Limits = LIMITS,
    scale: str = "brixia",
) -> AcceptanceRecord:
    graded = graded_films(films, score, scale)
    return AcceptanceTest(limits, "Dr Lim").run(scorer, manifest_of(films), graded)


def outcomes(record: AcceptanceRecord) -> dict[str, str]:
    return {one.what: one.outcome for one in record.criteria}


def near(number: int, mean: float) -> float:
    """Return a score that is half a point off, now above and now below."""
    return mean + (0.5 if number % 2 else -0.5)


def test_a_model_as_near_as_a_second_reader_is_accepted(scorer: Scorer) -> None:
    record = record_of(scorer, read_films(60), near)
    assert record.verdict == "accepted"
    assert (record.by, record.model, record.limits) == ("Dr Lim", scorer.facts, LIMITS)
    (brixia,) = record.figures.scales
    assert (brixia.films, brixia.mae.value, brixia.bias.value) == (60, 0.5, 0.0)
    assert brixia.coverage.value == 1.0
    # Half a point off the mean of readers a point apart: half a point off each, on average.
    assert (brixia.second_reader.beyond.value, brixia.second_reader.apart) == (-0.5, 1.0)
    assert brixia.second_reader.known_from == "these films"


@pytest.mark.parametrize(
    ("what", "score"),
    [
        ("bias", lambda number, mean: mean + 1.2),
        ("error beyond a second reader's", lambda number, mean: mean + (2 if number % 2 else -2)),
        ("intervals that hold", lambda number, mean: mean + (0 if number % 4 else 4)),
        ("films not graded", lambda number, mean: mean if number % 10 else NAN),
    ],
)
def test_one_figure_beyond_its_limit_refuses_a_model(
    scorer: Scorer, what: str, score: Callable[[int, float], float]
) -> None:
    record = record_of(scorer, read_films(80), score)
    assert outcomes(record)[what] == "missed"
    assert record.verdict == "not accepted"


def test_few_films_decide_nothing(scorer: Scorer) -> None:
    record = record_of(scorer, read_films(LIMITS.least_films - 1), near)
    assert record.verdict == "undecided"
    assert outcomes(record) == {"films not graded": "kept"}
    assert "49 films do not carry a verdict" in record.remarks[0]


def test_a_certain_verdict_needs_whole_intervals(scorer: Scorer) -> None:
    def rough(number: int, mean: float) -> float:
        return mean + (4.5 if number % 3 == 0 else -1.2)

    films = read_films(50)
    assert outcomes(record_of(scorer, films, rough))["bias"] == "kept"
    record = record_of(scorer, films, rough, replace(LIMITS, certain=True))
    assert outcomes(record)["bias"] == "unsure"
    assert record.verdict != "accepted"


def test_one_reader_alone_stands_beside_what_the_file_says_of_two(scorer: Scorer) -> None:
    record = record_of(scorer, read_films(60, ["S"]), near)
    second = record.figures.scales[0].second_reader
    assert second.known_from == "the model file"
    assert second.apart == pytest.approx(1.92, abs=0.01)
    assert second.beyond.value == pytest.approx(0.5 - 1.92, abs=0.01)
    assert any("one reader graded" in remark for remark in record.remarks)


def test_where_nothing_says_how_readers_differ_the_site_has_to(scorer: Scorer) -> None:
    films = read_films(60, [""], "geographic_extent")
    unknown = record_of(scorer, films, near, scale="geographic_extent")
    assert outcomes(unknown)["error beyond a second reader's"] == "unsure"
    limits = replace(LIMITS, geographic_extent=replace(LIMITS.geographic_extent, second_reader=1.0))
    known = record_of(scorer, films, near, limits, "geographic_extent")
    assert known.figures.scales[0].second_reader.known_from == "the limits"
    assert outcomes(known)["error beyond a second reader's"] == "kept"


def test_other_pictures_are_no_films_that_were_lost(scorer: Scorer) -> None:
    films = [*read_films(50), *read_films(5, read="child")]
    graded = graded_films(films, lambda number, mean: NAN if number >= 48 else mean)
    found = acceptance_figures(graded, scorer.metadata, LIMITS)
    assert (found.films, found.losses.lost, found.losses.reasons) == (50, 2, {"no_lungs": 2})
    graded.failed[0] = True
    assert UNREADABLE in acceptance_figures(graded, scorer.metadata, LIMITS).losses.reasons


def test_what_never_happened_is_not_certain_never_to_happen(scorer: Scorer) -> None:
    lost = record_of(scorer, read_films(60), near).criteria[-1]
    assert (lost.figure.value, lost.figure.low) == (0.0, 0.0)
    assert lost.figure.high == pytest.approx(0.06, abs=0.001)
    assert (lost.outcome, lost.certain) == ("kept", False)


def test_groups_have_figures_of_their_own(scorer: Scorer) -> None:
    films = [
        *read_films(20, view="AP", machine="Maker One", sex="F", age=30.0),
        *read_films(20, view="PA", machine="Maker Two", sex="M", age=80.0),
    ]
    graded = graded_films(films, lambda number, mean: mean + (2 if number < 20 else 0))
    found = acceptance_figures(graded, scorer.metadata, LIMITS)
    bias = {(group.by, group.name): group.bias.value for group in found.groups}
    assert bias["view", "AP"] == bias["machine", "Maker One"] == bias["sex", "women"] == 2.0
    assert bias["view", "PA"] == bias["machine", "Maker Two"] == bias["age", "75 and over"] == 0.0


def test_readers_who_had_seen_the_score_are_named(scorer: Scorer) -> None:
    record = record_of(scorer, read_films(60, source="reviews"), near)
    assert any("had seen its scores" in remark for remark in record.remarks)


def test_the_record_comes_back_and_its_digest_is_of_its_bytes(scorer: Scorer) -> None:
    record = record_of(scorer, read_films(60), near)
    again = parse_record(record.to_bytes())
    assert again == parse_record(again.to_bytes())
    assert (again.verdict, again.digest) == ("accepted", record.digest)
    with pytest.raises(ConfigError, match="holds no record"):
        parse_record(b"{}")


def test_the_page_is_one_however_many_machines_there_are(scorer: Scorer) -> None:
    films = [film for n in range(30) for film in read_films(5, machine=f"Maker & Model {n}")]
    page = acceptance_page(record_of(scorer, films, near))
    assert page.startswith(b"%PDF")
    assert b"/Count 1 " in page


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[brixia]\nbais = 1", "brixia.bais"),
        ("lost = 2.0", "lost"),
        ("least_films = 3", "least_films"),
        ("brixia = 1", "brixia"),
        ("=", "no TOML"),
    ],
)
def test_limits_that_cannot_be_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_limits(path)


def test_a_limits_file_changes_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("certain = true\n[brixia]\nbias = 2.0\n")
    changed = replace(LIMITS.brixia, bias=2.0)
    assert load_limits(path) == replace(LIMITS, certain=True, brixia=changed)
