from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.model.scoring.input_check import CLASSES, FRONTAL
from radiograde.training.input_check.held_out import (
    HIGHEST,
    LOST,
    HeldOutPictures,
    InputCheckMetrics,
    KindRejection,
    input_check_metrics,
)
from radiograde.training.input_check.picture_kind import ORDINARY
from radiograde.training.run_paths import RunPaths


def pictures(*frontal: float, kinds: tuple[str, ...] | None = None) -> HeldOutPictures:
    return HeldOutPictures(np.array(frontal), np.array(kinds or ("limb",) * len(frontal)))


def films(*frontal: float) -> NDArray[np.float32]:
    return np.array(frontal, np.float32)


def measured(
    tried: HeldOutPictures, good: NDArray[np.float32], sources: Sequence[str] = ()
) -> InputCheckMetrics:
    return input_check_metrics(tried, good, sources or ["one"] * len(good))


@pytest.mark.parametrize("count", [1, 7, 50, 99, 101, 150, 399, 1000, 1825])
@pytest.mark.parametrize("seed", range(3))
def test_the_threshold_costs_no_more_films_than_may_be_lost(count: int, seed: int) -> None:
    good = np.random.default_rng(seed).beta(2, 3, count).astype(np.float32)
    found = measured(pictures(0.0), good)
    # What the service does with the threshold in the model file: model/scoring/input_check.py.
    turned_away = np.mean([float(probability) < found.threshold for probability in good])
    assert turned_away <= LOST
    assert found.films_rejected == pytest.approx(turned_away)
    assert found.films == count


def test_the_threshold_costs_no_less_than_it_may() -> None:
    good = np.linspace(0.0, 0.4, 1001, dtype=np.float32)
    found = measured(pictures(0.0), good)
    assert found.films_rejected == pytest.approx(LOST, abs=0.0011)


def test_a_film_that_is_likeliest_frontal_is_never_turned_away() -> None:
    found = measured(pictures(0.6, 0.4), films(*[0.99] * 500))
    assert found.threshold == HIGHEST
    assert found.films_rejected == 0.0
    assert found.kinds == [KindRejection("limb", 2, 0.5)]


def test_each_kind_has_its_own_share() -> None:
    tried = pictures(0.1, 0.2, 0.9, 0.3, kinds=("limb", "ct slice", "limb", "ct slice"))
    found = measured(tried, films(*[0.95] * 100))
    assert found.kinds == [
        KindRejection("ct slice", 2, 1.0),
        KindRejection("limb", 2, 0.5),
    ]


def test_the_area_is_one_where_the_two_are_told_apart() -> None:
    assert measured(pictures(0.1, 0.2, 0.3), films(0.4, 0.9)).auc == pytest.approx(1.0)
    assert measured(pictures(0.5, 0.9), films(0.1, 0.2, 0.3)).auc == pytest.approx(0.0)


def test_the_area_is_a_half_where_they_are_the_same() -> None:
    same = np.random.default_rng(1).random(50).astype(np.float32)
    assert measured(pictures(*same.astype(float)), same).auc == pytest.approx(0.5)
    assert measured(pictures(0.75, 0.75, 0.75), films(0.75, 0.75)).auc == pytest.approx(0.5)


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    found = measured(pictures(0.1, 0.5, 0.6), films(0.2, 0.5, 0.7, 0.8))
    # 0.2 beats one of three; 0.5 one and a tie; 0.7 and 0.8 all three.
    assert found.auc == pytest.approx((1 + 1.5 + 3 + 3) / 12)


def test_held_out_are_every_folds_pictures_without_its_frontal_films(tmp_path: Path) -> None:
    column = CLASSES.index(FRONTAL)
    paths = RunPaths.of(tmp_path, tmp_path)
    for fold, kinds in ((0, ["limb", ORDINARY]), (2, ["children", "frontal film"])):
        probabilities = np.zeros((2, len(CLASSES)), np.float32)
        probabilities[:, column] = [0.25 + fold / 10, 0.75]
        probabilities[:, column + 1] = 0.5
        paths.folder(f"fold{fold}").mkdir()
        np.savez(
            paths.held_out_pictures(f"fold{fold}"),
            probabilities=probabilities,
            kinds=np.array(kinds, dtype=str),
        )
    loaded = HeldOutPictures.load(paths, [0, 2])
    assert loaded.kinds.tolist() == ["limb", "children"]
    assert loaded.frontal.tolist() == pytest.approx([0.25, 0.45])
    assert loaded.frontal.dtype == np.float64


def test_without_pictures_out_of_scope_there_is_no_area() -> None:
    found = measured(pictures(), films(0.4, 0.9))
    assert found.auc is None
    assert found.kinds == []
    assert found.films == 2


def test_corrupted_films_that_earlier_versions_counted_are_not_counted(tmp_path: Path) -> None:
    paths = RunPaths.of(tmp_path, tmp_path)
    kinds = ["blurred film", "film with lungs cut off", "limb"]
    paths.folder("fold0").mkdir()
    probabilities = np.full((3, len(CLASSES)), 0.1, np.float32)
    np.savez(paths.held_out_pictures("fold0"), probabilities=probabilities, kinds=np.array(kinds))
    assert HeldOutPictures.load(paths, [0]).kinds.tolist() == ["limb"]


def test_the_threshold_costs_no_source_more_than_may_be_lost() -> None:
    """A tenth of all films is of a hospital whose films look odd: these must pass too."""
    rng = np.random.default_rng(3)
    usual, odd = rng.uniform(0.4, 1.0, 1800), rng.uniform(0.1, 0.6, 200)
    good = np.concatenate([usual, odd]).astype(np.float32)
    sources = ["usual"] * 1800 + ["odd"] * 200
    found = measured(pictures(0.0), good, sources)
    assert (odd < found.threshold).mean() <= LOST
    assert found.threshold < measured(pictures(0.0), good).threshold


def test_a_source_of_few_films_does_not_move_the_threshold() -> None:
    good = np.concatenate([np.linspace(0.4, 1, 1000), [0.01] * 5]).astype(np.float32)
    sources = ["usual"] * 1000 + ["few"] * 5
    assert measured(pictures(0.0), good, sources) == measured(pictures(0.0), good)
