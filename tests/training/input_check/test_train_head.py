from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from radiograde.model.scoring.scope import CLASSES
from radiograde.training.config import TrainConfig
from radiograde.training.distributed import Machine
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.fit.finetune import Place
from radiograde.training.input_check import head_fit as scope
from radiograde.training.input_check import pictures as scope_pictures
from radiograde.training.input_check import train_head as scope_stage
from radiograde.training.input_check.head_fit import Pictures, ScopeHead
from tests.training.samples import film, study

CPU = torch.device("cpu")
FOLDS = np.array([0, 0, 1, 1, 2, 2, 2])
COUNTS = np.array([1, 0, 1, 1, 1, 0, 1], bool)
PICTURES = Pictures(
    np.zeros((7, 4, 4), np.uint8),
    np.arange(7) % len(CLASSES),
    FOLDS,
    tuple(f"picture {number}" for number in range(7)),
    COUNTS,
)
STUDY = study([film(n) for n in range(6)])


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Stand in for networks and pictures; return which pictures each gate was taught."""
    taught: list[list[int]] = []

    def fit(inputs: torch.Tensor, labels: torch.Tensor) -> ScopeHead:
        assert labels.tolist() == [int(PICTURES.labels[int(place)]) for place in inputs[:, 0]]
        taught.append([int(place) for place in inputs[:, 0]])
        return ScopeHead(1).requires_grad_(False)

    numbers = torch.arange(7.0)[:, None]
    monkeypatch.setattr(scope_pictures, "gather", lambda *_: PICTURES)
    monkeypatch.setattr(scope_stage, "load_network", lambda _, path: path)
    monkeypatch.setattr(scope, "summaries", lambda *_: numbers)
    monkeypatch.setattr(scope, "fit", fit)
    return taught


def place(run: Path) -> Place:
    for name in ("fold0", "fold1", "fold2", "final"):
        (run / name).mkdir()
    return Place(run, run, TrainConfig(), run)


def test_a_gate_learns_from_every_fold_but_its_own(
    tmp_path: Path, learned: list[list[int]]
) -> None:
    scope_stage.train(place(tmp_path), STUDY, Machine(CPU), None)
    assert learned == [[2, 3, 4, 5, 6], [0, 1, 4, 5, 6], [0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6]]


@pytest.mark.usefixtures("learned")
def test_a_gate_is_tried_on_what_it_never_saw_copies_left_out(tmp_path: Path) -> None:
    scope_stage.train(place(tmp_path), STUDY, Machine(CPU), None)
    tried = []
    for fold in range(3):
        with np.load(tmp_path / f"fold{fold}" / scope_stage.TRIAL) as trial:
            tried.append(trial["kinds"].tolist())
            assert trial["probabilities"].shape == (len(tried[-1]), len(CLASSES))
    assert tried == [["picture 0"], ["picture 2", "picture 3"], ["picture 4", "picture 6"]]
    assert not (tmp_path / "final" / scope_stage.TRIAL).exists()


def test_gates_that_are_done_stay(tmp_path: Path, learned: list[list[int]]) -> None:
    scope_stage.train(place(tmp_path), STUDY, Machine(CPU), None)
    kept = (tmp_path / "fold0" / "scope.pt").stat().st_mtime_ns
    (tmp_path / "fold1" / "scope.pt").unlink()
    scope_stage.train(Place(tmp_path, tmp_path, TrainConfig(), tmp_path), STUDY, Machine(CPU), None)
    assert len(learned) == 5
    assert learned[-1] == learned[1]
    assert (tmp_path / "fold0" / "scope.pt").stat().st_mtime_ns == kept


def test_a_finished_run_gathers_no_pictures(
    tmp_path: Path, learned: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = place(tmp_path)
    scope_stage.train(finished, STUDY, Machine(CPU), None)
    monkeypatch.delattr(scope_pictures, "gather")
    scope_stage.train(finished, STUDY, Machine(CPU), None)
    assert len(learned) == 4


def test_a_gate_needs_its_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope_pictures, "gather", lambda *_: PICTURES)
    with pytest.raises(UnfinishedRunError, match="radiograde train"):
        scope_stage.train(place(tmp_path), STUDY, Machine(CPU), None)
