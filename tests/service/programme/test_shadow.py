"""A candidate in shadow grades its share of live films, and nothing else changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from radiograde.model.limits import Limits
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import models
from radiograde.service.errors import ModelReleaseError
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.shadow_grader import ShadowGrader
from radiograde.service.processes.runner import InlineRunner
from radiograde.service.programme.release import Load, ModelRelease
from radiograde.service.programme.shadow_figures import shadow_figures
from radiograde.service.programme.shadow_repository import Pair, ShadowRepository
from tests.service.fakes import FACTS, FakeScorer, png
from tests.service.programme.site_models import NamedScorer, SiteModels, site_models


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteModels]:
    with site_models(tmp_path) as made:
        yield made


@pytest.fixture
def records(tmp_path: Path, site: SiteModels) -> Iterator[Records]:
    with closing(open_records(Settings(data_dir=tmp_path / "data"))) as made:
        yield made


class Answers(InlineRunner):
    """Answers in place of the shadow's process."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.calls = 0

    def run(self, work: Any, *arguments: object) -> Any:
        self.calls += 1
        return self.document


def document(brixia: float, severity: str = "mild", status: str = "scored") -> dict[str, Any]:
    scores = {name: {"value": brixia} for name in ("brixia", "geographic_extent", "opacity")}
    timing = {"total": 100.0, "processor": 80.0}
    return {"status": status, "scores": scores, "severity": severity, "timing_ms": timing}


def test_a_candidate_goes_into_shadow_alone_and_comes_out(site: SiteModels) -> None:
    one, two = site.add("one"), site.add("two")
    assert site.release.shadow(one, "kim", 0.2).shadow_share == 0.2
    site.release.shadow(two, "kim", 0.5)
    states = {model.version: model.state for model in site.release.models.all()}
    assert states == {"one": "candidate", "two": "shadow"}
    assert site.release.shadow(two, "kim", 0).state == "candidate"
    outcomes = [event.outcome for event in site.release.models.events(two)]
    assert outcomes[:2] == ["0%", "50%"]


def test_neither_production_nor_a_retired_model_goes_into_shadow(site: SiteModels) -> None:
    one = site.accepted("one")
    site.release.promote(one, "lee", two_persons=True)
    with pytest.raises(ModelReleaseError, match="production"):
        site.release.shadow(one, "kim", 0.2)
    two = site.accepted("two")
    site.release.shadow(two, "kim", 0.2)
    site.release.promote(two, "lee", two_persons=True)
    assert site.release.find(two).shadow_share is None


def test_a_share_of_the_films_is_graded_beside_and_answers_stay(
    site: SiteModels, records: Records
) -> None:
    shadow = site.add("one")
    site.release.shadow(shadow, "kim", 1.0)
    grader = FilmGrader(records, FakeScorer(), Limits())
    result = grader.answer(png())
    runner = Answers(document(9.0))
    worker = ShadowGrader(records, site.release.files, Limits(), runner)
    worker.grade(str(result.id), shadow)
    assert runner.calls == 1
    (pair,) = records.shadow.pairs(shadow)
    assert pair.shadow["scores"]["brixia"]["value"] == 9.0
    assert pair.production["scores"]["brixia"]["value"] == 6.7
    assert records.results.get(str(result.id))["model"]["sha256"] == FACTS.sha256
    site.release.shadow(shadow, "kim", 0)
    worker.grade(str(result.id), shadow)
    assert runner.calls == 1, "it is in shadow no more"


def test_films_that_production_graded_anew_are_left_out(site: SiteModels, records: Records) -> None:
    shadow = site.add("one")
    site.release.shadow(shadow, "kim", 1.0)
    result = FilmGrader(records, FakeScorer(), Limits()).answer(png())
    worker = ShadowGrader(records, site.release.files, Limits(), Answers(document(9.0)))
    worker.grade(str(result.id), shadow)
    FilmGrader(records, NamedScorer(b"newer"), Limits()).answer(png())
    assert records.shadow.pairs(shadow) == []


def test_the_share_is_kept_to(records: Records) -> None:
    class Counted:
        planned = 0

        def shadow(self, *_: object) -> None:
            self.planned += 1

    counted = Counted()
    repository = ShadowRepository(records.database, counted)  # type: ignore[arg-type]
    row = {
        "sha256": "a" * 64,
        "name": "x",
        "version": "1",
        "state": "shadow",
        "added": sa.func.now(),
        "added_by": "kim",
        "shadow_share": 0.2,
    }
    with records.database.write() as connection:
        connection.execute(sa.insert(models).values(row))
        for number in range(1000):
            repository.plan(connection, hashlib.sha256(str(number).encode()).hexdigest()[:26])
    assert 150 < counted.planned < 250


def test_agreement_is_by_bland_and_altman() -> None:
    pairs = [
        Pair(document(value), document(value + move)) for value, move in ((2, 1), (5, 1), (9, 4))
    ]
    pairs.append(Pair(document(3), document(3, status="rejected")))
    figures = shadow_figures(pairs)
    brixia = figures.scales[0]
    assert (figures.films, figures.both_scored, figures.refused_here) == (4, 3, 1)
    assert brixia.mean == pytest.approx(2.0)
    spread = 3**0.5  # of 1, 1 and 4
    assert (brixia.low, brixia.high) == pytest.approx((2 - 1.96 * spread, 2 + 1.96 * spread))
    assert (figures.production_ms, figures.shadow_ms) == (100.0, 80.0)
    assert shadow_figures([]).same_severity is None


def test_the_release_loads_a_model_that_it_only_tests_by_its_own_way(tmp_path: Path) -> None:
    with site_models(tmp_path) as site:
        ways: list[str] = []

        def way(name: str) -> Load:
            def load(path: Path) -> Scorer:
                ways.append(name)
                return site.release.load(path)

            return load

        release = ModelRelease(site.release.models, site.release.files, way("use"), way("test"))
        path = tmp_path / "one.onnx"
        path.write_bytes(b"one")
        sha256 = release.add(path, "kim").sha256
        release.shadow(sha256, "kim", 0.1)
        assert ways == ["test", "test"]
        release.tested(sha256)
        assert ways[-1] == "use"
