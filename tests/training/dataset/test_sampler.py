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
        *(film(n, read="normal") for n in NORMAL),
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
    stage = StageConfig(epochs=1, rate=1, unlabelled=50, clear=50, brixia_repeats=3)
    shown = counted(finetune_sampler(dealt, stage, fold))
    assert not {index for index in shown if index % 3 == fold}
    assert not shown.keys() & set(LATERALS)
    assert len(shown) == 24


def test_what_ships_learns_from_every_fold(dealt: FilmDataset) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=50, clear=50)
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
    sampler = finetune_sampler(dealt, StageConfig(epochs=1, rate=1, unlabelled=3, clear=5), None)
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
    stage = StageConfig(epochs=1, rate=1, clear=50, unlabelled=50)
    shown = counted(pretraining_sampler(dealt, stage))
    first_fold = {n for n in NORMAL if n % 3 == 0}
    assert shown == Counter({*NORMAL, *UNLABELLED} - {24} - first_fold)


def test_of_each_kind_of_label_an_epoch_shows_what_the_stage_asks_for() -> None:
    boxed, clear, masked, plain = range(9), range(9, 18), range(18, 27), range(27, 36)
    kinds = [
        *(film(n) for n in boxed),
        *(film(n, read="negative", lung_mask=Path("m.png")) for n in clear),
        *(film(n, lung_mask=Path("m.png")) for n in masked),
        *(film(n) for n in plain),
    ]
    dealt = film_dataset(kinds)
    dealt.targets.boxes[list(boxed), 0] = 0.0
    stage = StageConfig(epochs=1, rate=1, boxed=3, clear=4, masked=5, unlabelled=6)
    shown = counted(finetune_sampler(dealt, stage, None))
    drawn = [len(shown.keys() & set(kind)) for kind in (boxed, plain)]
    assert drawn == [3, 6]
    assert len([n for n in shown if n in clear]) >= 4
    assert shown.total() == 18


def test_of_a_large_source_an_epoch_shows_no_more_than_the_stage_allows() -> None:
    many = [film(n, source="large", geographic_extent=1.0) for n in range(30)]
    few = [film(n, source="small", geographic_extent=1.0) for n in range(30, 36)]
    sampler = finetune_sampler(
        film_dataset([*many, *few]), StageConfig(epochs=1, rate=1, a_source=10), None
    )
    first, second = counted(sampler, 1), counted(sampler, 2)
    assert len([n for n in first if n < 30]) == 10
    assert {n for n in first if n >= 30} == set(range(30, 36))
    assert first != second


def test_a_model_without_a_source_is_shown_none_of_its_films() -> None:
    films = [film(n, source="ab"[n % 2], geographic_extent=1.0) for n in range(12)]
    stage = StageConfig(epochs=1, rate=1)
    shown = counted(finetune_sampler(film_dataset(films), stage, None, left_out=["a"]))
    assert shown.keys() == set(range(1, 12, 2))


def test_no_film_of_a_patient_of_a_source_left_out_is_shown() -> None:
    films = [film(n, patient=f"P{n % 3}", source="abc"[n // 3], read="normal") for n in range(9)]
    films += [film(9, source="b"), film(10, source="c")]
    dealt = film_dataset(films, [1] * 11)
    assert dealt.outside(None, ["a"]).tolist() == [9, 10]
    assert dealt.pretraining_films(["a"]).tolist() == [9, 10]
    assert dealt.outside(None, ["a", "b"]).tolist() == [10]


def test_a_source_of_clear_films_is_drawn_as_often_as_the_root_of_its_size() -> None:
    films = [film(n, source="ab"[n < 20], read="normal") for n in range(120)]
    sampler = finetune_sampler(film_dataset(films), StageConfig(epochs=1, rate=1, clear=10), None)
    shown = sum((counted(sampler, seed) for seed in range(40)), Counter[int]())
    assert sum(shown[n] for n in range(20)) / shown.total() == pytest.approx(0.31, abs=0.07)


def test_pretraining_sees_no_boxes_and_no_reads_of_the_first_fold() -> None:
    films = [film(n, read="normal" if n % 2 else "") for n in range(12)]
    dealt = film_dataset(films)
    assert set(dealt.pretraining_films().tolist()) == {n for n in range(12) if n % 6 != 3}


def test_where_only_graded_patients_have_masks_lungs_are_learned_from_them() -> None:
    """Findings of the audit: pretraining vanished in silence, and lungs were found by nothing."""
    graded = [film(n, geographic_extent=1.0, lung_mask=Path("m.png")) for n in range(6)]
    others = [film(n) for n in range(6, 9)]
    assert film_dataset([*graded, *others]).pretraining_films().tolist() == list(range(9))
    assert film_dataset(graded).pretraining_films().tolist() == list(range(6))


def test_where_the_source_left_out_has_the_masks_lungs_are_learned_from_graded_patients() -> None:
    films = [film(n, source="a", lung_mask=Path("m.png")) for n in range(3)]
    films += [film(n, source="b", geographic_extent=1.0, lung_mask=Path("m.png")) for n in (3, 4)]
    films += [film(5, source="b")]
    assert film_dataset(films).pretraining_films().tolist() == [0, 1, 2, 5]
    assert film_dataset(films).pretraining_films(["a"]).tolist() == [3, 4, 5]


def test_a_dataset_knows_its_folds_and_what_is_outside_one(dealt: FilmDataset) -> None:
    assert dealt.fold_numbers == [0, 1, 2]
    assert dealt.outside(1).tolist() == [n for n in range(36) if n % 3 != 1]
    assert dealt.outside(None).tolist() == list(range(36))


def test_of_films_that_a_teacher_graded_more_are_drawn(dealt: FilmDataset) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=3, pseudo_labelled=9, clear=5)
    shown = counted(finetune_sampler(dealt, stage, None, pseudo_labels=True))
    assert len(shown.keys() & set(UNLABELLED)) == 9
    assert len(shown.keys() & set(NORMAL)) == 5
