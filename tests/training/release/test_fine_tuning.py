"""``radiograde adapt --init``: trained, measured and exported in one go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.training.config import TrainConfig
from radiograde.training.evaluation.figures.patient_bootstrap import NOT_MEASURED, Estimate
from radiograde.training.evaluation.figures.scale_figures import MEAN, OURS, GraderAgreement
from radiograde.training.evaluation.figures.source_figures import SourceFigures
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.metrics import UnmeasuredChange
from radiograde.training.release import fine_tuning
from radiograde.training.release.fine_tuning import ScaleChange, fine_tune
from radiograde.training.run_paths import RunPaths


def figures(mae: float, bias: float, *sources: str) -> FilmFigures:
    """Return figures of films of some sources, whose global score is so far off."""
    none: Sequence[Any] = ()
    found = []
    for source in sources:
        ours, reader = (
            GraderAgreement(
                "brixia", MEAN, grader, 40, 30, Estimate(mae), Estimate(bias), *[NOT_MEASURED] * 2
            )
            for grader in (OURS, "reader S")
        )
        found.append(
            SourceFigures(source, 40, 30, 40, (ours, reader), none, none, none, none, none)
        )
    return FilmFigures(40, 30, found, none, none, UnmeasuredChange(0))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have training, evaluation and export take no time; return what was done, in order."""
    done: list[str] = []
    result = SimpleNamespace(
        metrics=SimpleNamespace(by_source=figures(1.5, 0.25, "ward", "clinic")),
        dataset=SimpleNamespace(manifest=None),
    )

    def evaluated(_: RunPaths) -> Any:
        done.append("evaluate")
        return result

    def released(_: RunPaths, out: Path, *__: str) -> None:
        done.append("export")
        out.with_name("MODEL_CARD.md").write_text("# card\n")

    before = SimpleNamespace(figures=figures(2.5, 1.0, "ward"))
    monkeypatch.setattr(fine_tuning, "train", lambda *_: done.append("train"))
    monkeypatch.setattr(fine_tuning, "evaluate", evaluated)
    monkeypatch.setattr(fine_tuning, "release_run", released)
    monkeypatch.setattr(fine_tuning, "evaluate_model", lambda *_, **__: (before, None))
    return done


def test_what_fine_tuning_changed_is_told_and_stands_in_the_card(
    made: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "tuned.onnx"
    paths = RunPaths.of(tmp_path, tmp_path / "run")
    changes = fine_tune(paths, TrainConfig(init=BUNDLED), out, "tuned", "mine")
    assert made == ["train", "evaluate", "export"]
    assert changes == [
        ScaleChange("ward", "brixia", 40, (2.5, 1.0), (1.5, 0.25)),
        ScaleChange("clinic", "brixia", 40, (None, None), (1.5, 0.25)),
    ]
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert "| ward | brixia | 40 | 2.50 | 1.00 | 1.50 | 0.25 |" in card
    assert "| clinic | brixia | 40 | – | – | 1.50 | 0.25 |" in card


def test_a_run_has_no_file_to_be_compared_with(made: list[str], tmp_path: Path) -> None:
    paths = RunPaths.of(tmp_path, tmp_path / "run")
    changes = fine_tune(paths, TrainConfig(init=tmp_path), tmp_path / "x.onnx", "x", "mine")
    assert {one.before for one in changes} == {(None, None)}


def test_the_command_says_where_everything_is(made: list[str], tmp_path: Path) -> None:
    out = tmp_path / "tuned.onnx"
    done = adapt("--init", BUNDLED, "--data", tmp_path, "--out", out)
    assert done.exit_code == 0, done.output
    assert "MAE before" in done.output
    assert str(tmp_path / "tuned.run") in done.output


def test_choices_of_training_belong_to_it(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("folds: 2")
    done = adapt("--data", tmp_path, "--out", tmp_path / "x.onnx", "--config", config)
    assert done.exit_code == 2


def adapt(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["adapt", *map(str, arguments)])
