from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.evaluation.predictions import FoldGraders
from radiograde.training.evaluation.robustness import PERTURBATIONS, perturbation_shifts
from radiograde.training.network.localise_then_grade import Grading
from tests.training.conftest import write_png
from tests.training.samples import film, film_dataset

COUNT = 6


class FakeGraders:
    """Grades the film as it is 0 and its nth change n points, from the fold's side of zero."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, tuple[int, ...]]] = []

    def grade(self, fold: int, squares: torch.Tensor) -> Grading:
        self.calls.append((fold, tuple(squares.shape)))
        points = torch.arange(len(squares)) * (1.0 if fold == 0 else -0.5)
        zones = (points[:, None] / 6).expand(-1, 6)
        nothing = torch.zeros(len(squares), 2)
        return Grading(zones, *(nothing,) * (len(Grading._fields) - 1))


class Brightness:
    """Grades by the mean of what it is shown."""

    def grade(self, _: int, squares: torch.Tensor) -> Grading:
        zones = squares.mean((1, 2, 3))[:, None].expand(-1, 6)
        nothing = torch.zeros(len(squares), 2)
        return Grading(zones, *(nothing,) * (len(Grading._fields) - 1))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> FilmDataset:
    folder = tmp_path_factory.mktemp("films")
    paths = [folder / f"{number}.png" for number in range(COUNT)]
    for number, path in enumerate(paths):
        write_png(path, draw(PhantomSpec(rows=96, columns=90, seed=number)).pixels)
    return film_dataset([film(n, image=path) for n, path in enumerate(paths)], [0, 0, 0, 1, 1, 1])


def graded(graders: object, films: FilmDataset, chosen: list[int]) -> list[dict[str, float]]:
    found = perturbation_shifts(films, cast(FoldGraders, graders), np.array(chosen, dtype=np.int64))
    assert [shift.perturbation for shift in found] == list(PERTURBATIONS)
    return [{"films": s.films, "mean": s.mean, "bias": s.bias, "p95": s.p95} for s in found]


def test_a_shift_is_how_far_the_changed_film_is_from_the_film_itself(films: FilmDataset) -> None:
    for number, shift in enumerate(graded(FakeGraders(), films, [0, 1, 5]), start=1):
        expected = {"films": 3, "mean": number * 2.5 / 3, "bias": number * 1.5 / 3, "p95": number}
        assert shift == pytest.approx(expected, abs=1e-5)


def test_each_film_is_graded_by_the_model_of_its_own_fold(films: FilmDataset) -> None:
    graders = FakeGraders()
    graded(graders, films, [5, 0, 4])
    side = films.cache.cells.shape[-1]
    assert graders.calls == [(fold, (len(PERTURBATIONS) + 1, 1, side, side)) for fold in (1, 0, 1)]


def test_what_preprocessing_takes_out_moves_nothing(films: FilmDataset) -> None:
    by_name = dict(zip(PERTURBATIONS, graded(Brightness(), films, [0, 1, 2, 3]), strict=True))
    assert by_name["stored as its negative"]["mean"] == pytest.approx(0.0, abs=1e-5)
    assert by_name["gamma 1.4"]["bias"] < -0.05
    assert by_name["gamma 0.7"]["bias"] > 0.05


def test_without_a_graded_film_there_is_nothing_to_measure(films: FilmDataset) -> None:
    assert (
        perturbation_shifts(films, cast(FoldGraders, FakeGraders()), np.array([], dtype=np.int64))
        == []
    )
