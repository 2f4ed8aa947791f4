from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.config import TrainConfig
from radiograde.training.distributed import DistributedContext
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.input_check import train_head
from radiograde.training.input_check.pictures import LabelledPictures
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.run_paths import RunPaths
from tests.training.samples import film, film_dataset

CPU = torch.device("cpu")
FOLDS = np.array([0, 0, 1, 1, 2, 2, 2])
COUNTS = np.array([1, 0, 1, 1, 1, 0, 1], bool)
PICTURES = LabelledPictures(
    np.zeros((7, 4, 4), np.uint8),
    np.arange(7) % len(CLASSES),
    FOLDS,
    tuple(f"picture {number}" for number in range(7)),
    COUNTS,
)
DATASET = film_dataset([film(n) for n in range(6)])


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Stand in for networks and pictures; return the pictures that each input check learned."""
    batches: list[list[int]] = []

    def fit(inputs: torch.Tensor, labels: torch.Tensor) -> InputCheckHead:
        assert labels.tolist() == [int(PICTURES.labels[int(place)]) for place in inputs[:, 0]]
        batches.append([int(place) for place in inputs[:, 0]])
        return InputCheckHead(1).requires_grad_(False)

    numbers = torch.arange(7.0)[:, None].expand(7, 2)
    monkeypatch.setattr(train_head, "gather_pictures", lambda *_: PICTURES)
    monkeypatch.setattr(train_head, "load_members", lambda _, __, name: name)
    monkeypatch.setattr(train_head, "summarise", lambda *_: numbers)
    monkeypatch.setattr(train_head, "fit_input_check", fit)
    return batches


def begun(run: Path) -> RunPaths:
    for name in ("fold0", "fold1", "fold2", "final"):
        (run / name).mkdir()
    return RunPaths.of(run, run)


def train(paths: RunPaths) -> None:
    train_head.train_input_checks(paths, TrainConfig(), DATASET, DistributedContext(CPU))


def test_an_input_check_learns_from_every_fold_but_its_own(
    tmp_path: Path, learned: list[list[int]]
) -> None:
    train(begun(tmp_path))
    assert learned == [[2, 3, 4, 5, 6], [0, 1, 4, 5, 6], [0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6]]


@pytest.mark.usefixtures("learned")
def test_an_input_check_is_tried_on_what_it_never_saw_copies_left_out(tmp_path: Path) -> None:
    paths = begun(tmp_path)
    train(paths)
    kinds = []
    for fold in range(3):
        with np.load(paths.held_out_pictures(f"fold{fold}")) as tried:
            kinds.append(tried["kinds"].tolist())
            assert tried["probabilities"].shape == (len(kinds[-1]), len(CLASSES))
    assert kinds == [["picture 0"], ["picture 2", "picture 3"], ["picture 4", "picture 6"]]
    assert not paths.held_out_pictures("final").exists()


def test_input_checks_that_are_done_stay(tmp_path: Path, learned: list[list[int]]) -> None:
    paths = begun(tmp_path)
    train(paths)
    kept = paths.input_check("fold0").stat().st_mtime_ns
    paths.input_check("fold1").unlink()
    train(paths)
    assert len(learned) == 5
    assert learned[-1] == learned[1]
    assert paths.input_check("fold0").stat().st_mtime_ns == kept


def test_a_finished_run_gathers_no_pictures(
    tmp_path: Path, learned: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = begun(tmp_path)
    train(finished)
    monkeypatch.delattr(train_head, "gather_pictures")
    train(finished)
    assert len(learned) == 4


def test_an_input_check_needs_its_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_head, "gather_pictures", lambda *_: PICTURES)
    with pytest.raises(UnfinishedRunError, match="radiograde train"):
        train(begun(tmp_path))
