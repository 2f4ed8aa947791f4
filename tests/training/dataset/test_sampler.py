from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from radiograde.data.film import Film
from radiograde.training.config import StageConfig
from radiograde.training.dataset import sampler as draws
from radiograde.training.dataset.film_dataset import Study
from tests.training.samples import film, study

GRADED = range(12)
BRIXIA = range(6)
CLEAR = range(12, 24)
UNLABELLED = range(24, 36)
LATERALS = range(36, 42)


def films() -> list[Film]:
    """Twelve graded films, six of them on Brixia; then clear, unlabelled and lateral ones."""
    return [
        *(film(n, brixia={"S": (1,) * 6}) for n in BRIXIA),
        *(film(n, geographic_extent=2.0) for n in range(6, 12)),
        *(film(n, finding=("No Finding",)) for n in CLEAR),
        *(film(n) for n in UNLABELLED),
        *(film(n, view="L", geographic_extent=1.0 if n % 2 else None) for n in LATERALS),
    ]


@pytest.fixture(scope="module")
def dealt() -> Study:
    return study(films())


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def counted(draw: draws.Draw, seed: int = 0) -> Counter[int]:
    return Counter(int(index) for index in draw(rng(seed)))


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_a_fine_tune_never_sees_the_fold_held_out_nor_a_lateral_film(
    dealt: Study, fold: int
) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=50, clear=50, brixia_repeats=3)
    seen = counted(draws.finetune(dealt, stage, fold))
    assert not {index for index in seen if index % 3 == fold}
    assert not seen.keys() & set(LATERALS)
    assert len(seen) == 24


def test_what_ships_learns_from_every_fold(dealt: Study) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=50, clear=50)
    seen = counted(draws.finetune(dealt, stage, None))
    assert seen.keys() == {*GRADED, *CLEAR, *UNLABELLED}
    assert set(seen.values()) == {1}


@pytest.mark.parametrize(("repeats", "times"), [(0, 1), (1, 1), (2, 2), (3, 3)])
def test_films_with_brixia_scores_are_shown_again(dealt: Study, repeats: int, times: int) -> None:
    stage = StageConfig(epochs=1, rate=1, brixia_repeats=repeats)
    seen = counted(draws.finetune(dealt, stage, None))
    assert seen == Counter({n: times if n in BRIXIA else 1 for n in GRADED})


def test_some_clear_and_some_other_films_are_drawn_anew_for_each_epoch(dealt: Study) -> None:
    draw = draws.finetune(dealt, StageConfig(epochs=1, rate=1, unlabelled=3, clear=5), None)
    first, second = counted(draw, 1), counted(draw, 2)
    for seen in (first, second):
        assert len(seen.keys() & set(CLEAR)) == 5
        assert len(seen.keys() & set(UNLABELLED)) == 3
        assert seen.keys() >= set(GRADED)
    assert first != second
    assert draw(rng(1)).tolist() == draw(rng(1)).tolist()
    assert draw(rng(1)).tolist() != sorted(draw(rng(1)).tolist())


def test_pretraining_sees_no_patient_whom_anyone_graded() -> None:
    graded_too = film(100, patient="P24", brixia={"S": (0,) * 6})
    dealt = study([*films(), graded_too])
    stage = StageConfig(epochs=1, rate=1)
    seen = counted(draws.pretraining(dealt, stage))
    assert seen == Counter({*CLEAR, *UNLABELLED} - {24})


def test_pretraining_prefers_films_with_masks() -> None:
    masked = [film(n, lung_mask=Path("mask.png") if n < 30 else None) for n in range(90)]
    dealt = study(masked)
    draw = draws.pretraining(dealt, StageConfig(epochs=1, rate=1, unlabelled=15))
    seen: Counter[bool] = Counter()
    for seed in range(60):
        drawn = draw(rng(seed)).tolist()
        assert len(set(drawn)) == 15
        seen += Counter(index < 30 for index in drawn)
    # Twice as likely each, half as many: about as many of either.
    assert seen[True] / seen[False] == pytest.approx(1.0, abs=0.2)


def test_a_study_knows_its_folds_and_what_is_outside_one(dealt: Study) -> None:
    assert dealt.fold_numbers == [0, 1, 2]
    assert dealt.outside(1).tolist() == [n for n in range(36) if n % 3 != 1]
    assert dealt.outside(None).tolist() == list(range(36))


def test_of_films_that_a_teacher_graded_more_are_drawn(dealt: Study) -> None:
    stage = StageConfig(epochs=1, rate=1, unlabelled=3, taught=9, clear=5)
    seen = counted(draws.finetune(dealt, stage, None, taught=True))
    assert len(seen.keys() & set(UNLABELLED)) == 9
    assert len(seen.keys() & set(CLEAR)) == 5
