"""A running process changes its model without a restart, without a failed film."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radiograde.model.errors import ModelFileError
from radiograde.model.limits import Limits
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records
from radiograde.service.programme.model_follower import Following, ModelFollower
from tests.service.fakes import png
from tests.service.programme.site_models import NamedScorer, SiteModels, site_models

FIRST = NamedScorer(b"of the settings")
A_SECOND = 10
SECONDS = 3


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteModels]:
    with site_models(tmp_path) as made:
        yield made


def follower_of(site: SiteModels, used: list[str]) -> ModelFollower:
    return ModelFollower(site.release, FIRST, lambda scorer: used.append(scorer.facts.version))


def test_what_is_promoted_is_used_and_going_back_loads_nothing(site: SiteModels) -> None:
    used: list[str] = []
    follower = follower_of(site, used)
    follower.follow()
    assert used == [], "the settings name the model"
    for name in ("one", "two"):
        site.release.promote(site.accepted(name), "lee", two_persons=True)
        follower.follow()
        follower.follow()
    before = len(site.loads)
    site.release.roll_back("kim")
    follower.follow()
    site.release.roll_back("kim")
    follower.follow()
    assert used == ["one", "two", "one", "of the settings"]
    assert len(site.loads) == before


def test_a_model_that_cannot_be_used_leaves_the_old_one_at_work(site: SiteModels) -> None:
    used: list[str] = []
    follower = follower_of(site, used)
    one, two = site.accepted("one"), site.accepted("two")
    site.release.promote(one, "lee", two_persons=True)
    follower.follow()
    site.release.promote(two, "lee", two_persons=True)
    site.release.file(two).unlink()
    tried = len(site.loads)
    for _ in range(3):
        follower.follow()
    assert used == ["one"]
    assert len(site.loads) == tried + 1, "it is tried once"
    site.release.roll_back("kim")
    follower.follow()
    assert used == ["one"]


def test_a_file_that_is_put_back_is_used_without_a_restart(site: SiteModels) -> None:
    used: list[str] = []
    follower = follower_of(site, used)
    one = site.accepted("one")
    site.release.promote(one, "lee", two_persons=True)
    site.release.file(one).unlink()
    follower.follow()
    assert used == []
    site.release.file(one).write_bytes(b"one")
    follower.follow()
    assert used == ["one"]


def test_a_model_that_could_not_be_used_is_tried_when_it_is_promoted_anew(
    site: SiteModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(scorer: Scorer) -> None:
        raise ModelFileError("No memory of the GPU is free.")

    used: list[str] = []
    follower = follower_of(site, used)
    one = site.accepted("one")
    site.release.promote(one, "lee", two_persons=True)
    with monkeypatch.context() as patched:
        patched.setattr("radiograde.service.programme.release.self_test", busy)
        follower.follow()
    site.release.roll_back("kim")
    follower.follow()
    assert used == []
    site.release.promote(one, "lee", two_persons=True)
    follower.follow()
    assert used == ["one"]


def test_films_go_on_while_models_are_promoted_and_taken_back(
    site: SiteModels, tmp_path: Path
) -> None:
    """Ten films a second: each is answered, under the name of a model that was in production."""
    one, two = site.accepted("one"), site.accepted("two")
    settings = Settings(data_dir=tmp_path / "data")
    records = open_records(settings)
    grader = FilmGrader(records, FIRST, Limits())
    follower = ModelFollower(site.release, FIRST, grader.use)
    with closing(records), closing(Following(follower)), ThreadPoolExecutor(4) as pool:
        answers: list[Future[SeverityResult]] = []
        for number in range(A_SECOND * SECONDS):
            answers.append(pool.submit(grader.answer, png(60 + number, 80)))
            time.sleep(1 / A_SECOND)
            if number == A_SECOND // 2:
                site.release.promote(one, "lee", two_persons=True)
            if number == A_SECOND:
                site.release.promote(two, "lee", two_persons=True)
            if number == A_SECOND * 2:
                site.release.roll_back("kim")
        models = [answer.result(30).model for answer in answers]
        deadline = time.monotonic() + 30
        while grader.scorer.facts.sha256 != one and time.monotonic() < deadline:
            time.sleep(0.05)
    assert grader.scorer.facts.sha256 == one
    assert {model.sha256 for model in models} <= {FIRST.facts.sha256, one, two}
    assert models[0] == FIRST.facts
    assert len({model.sha256 for model in models}) > 1


def test_a_film_that_was_begun_is_finished_by_the_model_that_began_it(tmp_path: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    class Slow(NamedScorer):
        def score(self, radiograph: object) -> SeverityResult:
            begun.set()
            go.wait(30)
            return replace(super().score(radiograph), model=self.facts)  # type: ignore[arg-type]

    slow, other = Slow(b"slow"), NamedScorer(b"other")
    records = open_records(Settings(data_dir=tmp_path / "data"))
    with closing(records), ThreadPoolExecutor(1) as pool:
        grader = FilmGrader(records, slow, Limits())
        answer = pool.submit(grader.answer, png())
        assert begun.wait(30)
        grader.use(other)
        go.set()
        assert answer.result(30).model == slow.facts
        assert grader.answer(png(99, 99)).model == other.facts
