from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.training.evaluation.figures.film_sample import SampleFilm, sample_films
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate
from radiograde.training.evaluation.processing_shifts import ALL_SOURCES, processing_shifts
from radiograde.training.evaluation.served.film_grader import FilmGrader
from radiograde.training.evaluation.served.grading_store import GradingStore
from radiograde.training.evaluation.swap_test import SwapFigures, blanked, swap_figures
from tests.training.evaluation.served.samples import (
    DrawnScorer,
    box_lungs,
    graded,
    turned_away,
    write_film,
)
from tests.training.samples import film

Pixels = NDArray[np.float32]
ROWS, COLUMNS = 120, 110
A_SOURCE = 8
RIGHT, LEFT = box_lungs(np.zeros((ROWS, COLUMNS), np.float32)) > 0
INSIDE = RIGHT | LEFT


def film_pixels(lungs: float, surroundings: float, seed: int) -> Pixels:
    """Return a film with so bright lungs and surroundings, which are brighter to the abdomen."""
    downwards = np.linspace(-0.2, 0.2, ROWS)[:, None]
    pixels = np.where(INSIDE, lungs, surroundings + downwards)
    pixels += np.random.default_rng(seed).normal(0, 0.03, pixels.shape)
    pixels[:3], pixels[-3:] = 0, 1
    return np.clip(pixels, 0, 1).astype(np.float32)


@pytest.fixture
def sampled(tmp_path: Path) -> Callable[[DrawnScorer], tuple[FilmGrader, list[SampleFilm]]]:
    """Return a grader and its sample: two sources, with darker and brighter surroundings."""
    rng = np.random.default_rng(6)
    films = []
    for n in range(2 * A_SOURCE):
        source = "dark" if n < A_SOURCE else "bright"
        around = 0.45 if source == "dark" else 0.75
        pixels = film_pixels(float(rng.uniform(0.1, 0.3)), around, n)
        films.append(film(n, source=source, image=write_film(tmp_path / f"{n}.png", pixels)))

    def of(scorer: DrawnScorer) -> tuple[FilmGrader, list[SampleFilm]]:
        grader = FilmGrader(scorer, GradingStore(tmp_path / "store", "c" * 64))
        return grader, sample_films(films, grader.as_served(films))

    return of


def lungs_of(pixels: Pixels) -> float | None:
    """Return ten times how bright the lungs are; none where they are as bright as all else."""
    inside = box_lungs(pixels).any(0)
    core = pixels[ROWS // 3 : ROWS * 2 // 3][:, [COLUMNS // 4, COLUMNS * 3 // 4]]
    if abs(float(pixels[inside].mean() - pixels[~inside].mean())) < 0.02:
        return None
    return 10 * float(core.mean())


def border_of(pixels: Pixels) -> float:
    """Return ten times how bright the film's edge is."""
    return 10 * float(np.concatenate([pixels[4:8].ravel(), pixels[-8:-4].ravel()]).mean())


def value(found: Estimate) -> float:
    assert found.value is not None
    return found.value


def by_source(found: list[SwapFigures]) -> dict[str, SwapFigures]:
    return {one.source: one for one in found}


def test_a_grader_of_surroundings_follows_them(
    sampled: Callable[[DrawnScorer], tuple[FilmGrader, list[SampleFilm]]],
) -> None:
    found = by_source(swap_figures(*sampled(DrawnScorer(border_of))))
    assert list(found) == ["bright", "dark"]
    for figures in found.values():
        assert figures.films == A_SOURCE
        assert value(figures.follows_other) == pytest.approx(1.0, abs=0.15)
        assert value(figures.other_source) > 1
        assert value(figures.same_source) < 0.4


def test_a_grader_of_lungs_stays_where_it_is(
    sampled: Callable[[DrawnScorer], tuple[FilmGrader, list[SampleFilm]]],
) -> None:
    found = by_source(swap_figures(*sampled(DrawnScorer(lungs_of))))
    for figures in found.values():
        assert value(figures.other_source) < 0.6
        assert value(figures.turned_away) == 0


def test_lungs_that_were_blanked_are_no_lungs(
    sampled: Callable[[DrawnScorer], tuple[FilmGrader, list[SampleFilm]]],
) -> None:
    seeing = by_source(swap_figures(*sampled(DrawnScorer(lungs_of))))
    assert max(value(one.blanked_scored) for one in seeing.values()) < 0.2
    pixels = film_pixels(0.4, 0.8, 1)
    empty = blanked(pixels, INSIDE)
    assert empty[INSIDE].mean() == pytest.approx(0.8, abs=0.05)
    np.testing.assert_array_equal(empty[:10], pixels[:10])


def test_blanked_films_that_are_still_graded_are_counted(
    sampled: Callable[[DrawnScorer], tuple[FilmGrader, list[SampleFilm]]],
) -> None:
    blind = by_source(swap_figures(*sampled(DrawnScorer(border_of))))
    assert all(value(one.blanked_scored) == 1 for one in blind.values())


def test_one_source_has_no_other_to_be_exchanged_with(
    sampled: Callable[[DrawnScorer], tuple[FilmGrader, list[SampleFilm]]],
) -> None:
    grader, sample = sampled(DrawnScorer(border_of))
    assert swap_figures(grader, [one for one in sample if one.source == "dark"]) == []


def test_processing_moves_who_looks_at_grey_values_and_can_turn_away(
    sampled: Callable[[DrawnScorer], tuple[FilmGrader, list[SampleFilm]]],
) -> None:
    def bordered_is_none(pixels: Pixels) -> float | None:
        if pixels.shape != (ROWS, COLUMNS) and pixels[0].min() > 0.99:
            return None
        return 10 * float(pixels.mean())

    grader, sample = sampled(DrawnScorer(bordered_is_none))
    found = {(one.source, one.processing): one for one in processing_shifts(grader, sample)}
    brighter = found[ALL_SOURCES, "gamma 0.7"]
    assert brighter.films == 2 * A_SOURCE
    assert value(brighter.bias) == value(brighter.moved) > 0.3
    assert value(found["dark", "gamma 1.4"].bias) < 0
    assert value(found["dark", "white border"].turned_away) == 1.0
    assert found["dark", "white border"].moved.value is None
    assert value(found["dark", "black border"].turned_away) == 0.0


def test_the_sample_is_fixed_of_scored_films_and_one_a_patient() -> None:
    films = [film(n, source="a", patient=f"P{n // 2}") for n in range(30)]
    films += [film(30 + n, source="a", view="L") for n in range(5)]
    gradings = [graded(1.0) if n % 3 else turned_away("child") for n in range(35)]
    found = sample_films(films, gradings, 6)
    assert len({one.film.patient for one in found}) == len(found) == 6
    assert all(one.grading.is_scored and not one.film.is_lateral for one in found)
    assert sample_films(films, gradings, 6) == found
