from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.reading import film_file
from radiograde.model.scoring.scorer import Scorer
from radiograde.training import progress
from radiograde.training.evaluation.served.film_grader import (
    AS_IT_IS,
    FilmGrader,
    FilmTask,
    unchanged,
)
from radiograde.training.evaluation.served.grading_store import GradingStore
from radiograde.training.evaluation.served.served_grading import read_as_served
from tests.training.evaluation.served.samples import DrawnScorer, write_film
from tests.training.samples import film as made_up

MODEL = "a" * 64
Pixels = NDArray[np.float32]


@pytest.fixture
def films(tmp_path: Path) -> list[Film]:
    rng = np.random.default_rng(0)
    return [
        made_up(n, image=write_film(tmp_path / f"{n}.png", rng.random((60, 50), np.float32)))
        for n in range(5)
    ]


def grader(folder: Path, scorer: Scorer, threads: int = 1) -> FilmGrader:
    return FilmGrader(scorer, GradingStore(folder, MODEL), threads)


def darkened(pixels: Pixels) -> Pixels:
    return pixels / np.float32(2)


def mean_of(pixels: Pixels) -> float:
    return 10 * float(pixels.mean())


def test_a_film_is_graded_as_it_is_served(tmp_path: Path) -> None:
    drawn = draw(PhantomSpec(rows=256, columns=240, seed=1)).pixels
    film = made_up(image=write_film(tmp_path / "film.png", drawn))
    scorer = Scorer(threads=1)
    (found,) = grader(tmp_path / "store", scorer).as_served([film])
    expected = scorer.score(film_file.read(film.image))
    assert expected.scores is not None
    assert expected.maps is not None
    assert found.scores is not None
    assert found.regions is not None
    assert found.painted is not None
    assert found.scores["brixia"].value == pytest.approx(expected.scores.brixia.value, abs=1e-4)
    assert found.scores["A"][1:] == pytest.approx(expected.scores.zones["A"].interval, abs=1e-4)
    assert found.painted[2] * 100 == pytest.approx(expected.scores.lung_involvement_percent.total)
    np.testing.assert_array_equal(found.regions.unpacked()[:2], expected.maps.lungs > 0.5)


@pytest.mark.parametrize("threads", [1, 3])
def test_gradings_come_in_the_films_order_and_are_kept(
    films: list[Film], tmp_path: Path, threads: int
) -> None:
    first = DrawnScorer(mean_of)
    found = grader(tmp_path / "store", first, threads).as_served(films)
    expected = [mean_of(film_file.read(film.image).pixels) for film in films]
    scores = [one.scores["brixia"].value for one in found if one.scores]
    assert scores == pytest.approx(expected, abs=1e-3)
    again = DrawnScorer(mean_of)
    assert grader(tmp_path / "store", again).as_served(films[::-1]) == found[::-1]
    assert (first.scored, again.scored) == (5, 0)


def test_a_grading_that_a_killed_process_broke_off_is_made_again(
    films: list[Film], tmp_path: Path
) -> None:
    whole = grader(tmp_path / "store", DrawnScorer(mean_of)).as_served(films)
    (path,) = (tmp_path / "store").iterdir()
    path.write_bytes(path.read_bytes()[:-40])
    scorer = DrawnScorer(mean_of)
    assert grader(tmp_path / "store", scorer).as_served(films) == whole
    assert scorer.scored == 1


def test_without_a_terminal_a_line_a_minute_says_how_far_it_is(
    films: list[Film],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(progress.Pace.__init__, "__defaults__", (0.0,))
    grader(tmp_path, DrawnScorer(mean_of)).as_served(films, "Grading films")
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == len(films)
    assert re.fullmatch(r"Grading films: 1 of 5, \d+ s left", lines[0])
    assert lines[-1] == "Grading films: 5 of 5"


def test_another_model_grades_anew(films: list[Film], tmp_path: Path) -> None:
    grader(tmp_path / "store", DrawnScorer(mean_of)).as_served(films)
    scorer = DrawnScorer(mean_of)
    FilmGrader(scorer, GradingStore(tmp_path / "store", "b" * 64)).as_served(films)
    assert scorer.scored == len(films)


def test_changes_are_kept_by_their_names(films: list[Film], tmp_path: Path) -> None:
    scorer = DrawnScorer(mean_of)
    tasks = [FilmTask(film, {AS_IT_IS: unchanged, "dark": darkened}) for film in films]
    found = grader(tmp_path / "store", scorer).grade(tasks, "Changing")
    for one in found:
        plain, dark = one[AS_IT_IS].scores, one["dark"].scores
        assert plain is not None
        assert dark is not None
        assert dark["brixia"].value == pytest.approx(plain["brixia"].value / 2, abs=1e-3)
    grader(tmp_path / "store", scorer).as_served(films)
    assert scorer.scored == 2 * len(films)


def test_a_file_that_cannot_be_read_is_failed_not_fatal(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    film = made_up(image=tmp_path / "broken.png")
    (found,) = grader(tmp_path / "store", DrawnScorer(mean_of)).as_served([film])
    assert found.status == "failed"
    assert not found.is_scored


def test_a_squashed_film_is_graded_in_its_own_proportions(tmp_path: Path) -> None:
    square = np.zeros((100, 100), np.float32)
    film = made_up(image=write_film(tmp_path / "square.png", square))
    assert read_as_served(film).pixels.shape == (100, 100)
    assert read_as_served(replace(film, original_size=(2000, 1000))).pixels.shape == (50, 100)
    assert read_as_served(replace(film, original_size=(800, 1000))).pixels.shape == (100, 80)
