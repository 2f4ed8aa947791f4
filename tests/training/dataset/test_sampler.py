from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from radiograde.data.film import Film
from radiograde.training.config import StageConfig
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.dataset.sampler import (
    EpochSampler,
    finetune_sampler,
    pretraining_sampler,
)
from tests.training.samples import film, film_dataset

GRADED = range(12)
BRIXIA = range(6)
NORMAL = range(12, 24)
UNLABELLED = range(24, 36)
LATERALS = range(36, 42)


def films() -> list[Film]:
    """Twelve graded films, six of them on Brixia; then normal, unlabelled and lateral ones."""
    return [
        *(film(n, brixia={"S": (1,) * 6}) for n in BRIXIA),
        *(film(n, geographic_extent=2.0) for n in range(6, 12)),
        *(film(n, finding=("No Finding",)) for n in NORMAL),
        *(film(n) for n in UNLABELLED),
        *(film(n, view="L", geographic_extent=1.0 if n % 2 else None) for n in LATERALS),
    ]


@pytest.fixture(scope="module")
def dealt() -> FilmDataset:
    return film_dataset(films())


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def counted(sampler: EpochSampler, seed: int = 0) -> Counter[int]:
    shown = Counter(int(index) for index in sampler.sample(rng(seed)))
    assert shown.total() == len(sampler)
    return shown


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_a_fine_tune_is_never_shown_the_fold_held_out_nor_a_lateral_film(
    dealt: FilmDataset, fold: int
) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=50, normal=50, brixia_repeats=3)
    shown = counted(finetune_sampler(dealt, stage, fold))
    assert not {index for index in shown if index % 3 == fold}
    assert not shown.keys() & set(LATERALS)
    assert len(shown) == 24


def test_what_ships_learns_from_every_fold(dealt: FilmDataset) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=50, normal=50)
    shown = counted(finetune_sampler(dealt, stage, None))
    assert shown.keys() == {*GRADED, *NORMAL, *UNLABELLED}
    assert set(shown.values()) == {1}


@pytest.mark.parametrize(("repeats", "times"), [(0, 1), (1, 1), (2, 2), (3, 3)])
def test_films_with_brixia_scores_are_shown_again(
    dealt: FilmDataset, repeats: int, times: int
) -> None:
    stage = StageConfig(epochs=1, rate=1, brixia_repeats=repeats)
    shown = counted(finetune_sampler(dealt, stage, None))
    assert shown == Counter({n: times if n in BRIXIA else 1 for n in GRADED})


def test_some_normal_and_some_other_films_are_drawn_anew_for_each_epoch(dealt: FilmDataset) -> None:
    sampler = finetune_sampler(dealt, StageConfig(epochs=1, rate=1, unlabelled=3, normal=5), None)
    first, second = counted(sampler, 1), counted(sampler, 2)
    for shown in (first, second):
        assert len(shown.keys() & set(NORMAL)) == 5
        assert len(shown.keys() & set(UNLABELLED)) == 3
        assert shown.keys() >= set(GRADED)
    assert first != second
    assert sampler.sample(rng(1)).tolist() == sampler.sample(rng(1)).tolist()
    assert sampler.sample(rng(1)).tolist() != sorted(sampler.sample(rng(1)).tolist())


def test_pretraining_sees_no_patient_whom_anyone_graded() -> None:
    graded_too = film(100, patient="P24", brixia={"S": (0,) * 6})
    dealt = film_dataset([*films(), graded_too])
    stage = StageConfig(epochs=1, rate=1)
    shown = counted(pretraining_sampler(dealt, stage))
    assert shown == Counter({*NORMAL, *UNLABELLED} - {24})


def test_pretraining_prefers_films_with_masks() -> None:
    masked = [film(n, lung_mask=Path("mask.png") if n < 30 else None) for n in range(90)]
    dealt = film_dataset(masked)
    sampler = pretraining_sampler(dealt, StageConfig(epochs=1, rate=1, unlabelled=15))
    shown: Counter[bool] = Counter()
    for seed in range(60):
        drawn = sampler.sample(rng(seed)).tolist()
        assert len(set(drawn)) == 15
        shown += Counter(index < 30 for index in drawn)
    # Twice as likely each, half as many: about as many of either.
    assert shown[True] / shown[False] == pytest.approx(1.0, abs=0.2)


def test_a_dataset_knows_its_folds_and_what_is_outside_one(dealt: FilmDataset) -> None:
    assert dealt.fold_numbers == [0, 1, 2]
    assert dealt.outside(1).tolist() == [n for n in range(36) if n % 3 != 1]
    assert dealt.outside(None).tolist() == list(range(36))


def test_of_films_that_a_teacher_graded_more_are_drawn(dealt: FilmDataset) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=3, pseudo_labelled=9, normal=5)
    shown = counted(finetune_sampler(dealt, stage, None, pseudo_labels=True))
    assert len(shown.keys() & set(UNLABELLED)) == 9
    assert len(shown.keys() & set(NORMAL)) == 5
