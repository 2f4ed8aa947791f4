"""One run from end to end on films of several hospitals with every kind of label."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.training.config import LossConfig, TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.evaluation import calibrate, robustness
from radiograde.training.evaluation.figures import patient_bootstrap
from radiograde.training.fit.loop import NetworkFit, TrainingData
from radiograde.training.run_paths import RunPaths
from tests.training.mixed_films import write_mixed

NOT_LEARNED = {"pseudo_labels", "readers"}
"""What has no term of its own here: no run has a teacher, and readers are pulled elsewhere."""


@dataclass
class Mixed:
    """A run, what its networks were shown, and which terms of the loss they had."""

    paths: RunPaths
    config: Path
    shown: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    terms: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def call(self, command: str, *options: str) -> Result:
        data = [part for path in (self.paths.data, *self.paths.more_data)
                for part in ("--data", str(path))]  # fmt: skip
        place = ["--out" if command == "train" else "--run", str(self.paths.run)]
        cache = ["--cache", str(self.paths.cache)]
        done = CliRunner().invoke(main, [command, *data, *place, *cache, *options])
        assert done.exit_code == 0, done.output
        return done

    def sources_shown(self, network: str) -> set[str]:
        films = self.dataset.manifest.films
        return {films[index].source for index in self.shown[network]}

    @property
    def dataset(self) -> FilmDataset:
        return open_dataset(self.paths, TrainConfig.load(self.paths.config))


@pytest.fixture(scope="module")
def mixed(
    tinier: TrainConfig, few_pictures: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mixed]:
    """Return a trained run."""
    folder = tmp_path_factory.mktemp("mixed")
    stage = tinier.finetune.model_copy(
        update={"epochs": 1, "boxed": 8, "clear": 8, "masked": 6, "unlabelled": 8}
    )
    config = tinier.model_copy(update={"finetune": stage, "batch_size": 8})
    config.save(folder / "tiny.yaml")
    paths = RunPaths.of(write_mixed(folder / "films"), folder / "run", folder / "cache")
    run = Mixed(paths, folder / "tiny.yaml")
    step = NetworkFit._train_step

    def watched(
        fit: NetworkFit, index: torch.Tensor, data: TrainingData, rng: torch.Generator
    ) -> dict[str, torch.Tensor]:
        run.shown[fit.fit.name] |= set(index.tolist())
        terms = step(fit, index, data, rng)
        for name, value in terms.items():
            assert value.isfinite(), name
            run.terms[name] += abs(float(value))
        return terms

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NetworkFit, "_train_step", watched)
        patch.setattr(calibrate, "FEWEST", 10)
        patch.setattr(patient_bootstrap, "RESAMPLES", 20)
        patch.setattr(robustness, "PERTURBATIONS", {"as it is": lambda film: film})
        run.call("train", "--config", str(run.config))
        yield run


def test_every_term_of_the_loss_has_films(mixed: Mixed) -> None:
    wanted = set(LossConfig.model_fields) - NOT_LEARNED
    assert {name for name, value in mixed.terms.items() if value > 0} >= wanted


def test_no_network_is_shown_a_film_out_of_scope(mixed: Mixed) -> None:
    allowed = set(torch.nonzero(mixed.dataset.in_scope)[:, 0].tolist())
    assert mixed.shown.keys() >= {"pretrain", "fold0", "fold1", "final"}
    for films in mixed.shown.values():
        assert films <= allowed


def test_a_trained_run_is_measured_exported_and_grades(mixed: Mixed, tmp_path: Path) -> None:
    measured = json.loads(mixed.call("evaluate", "--json").stdout.splitlines()[-1])
    assert measured["films"] == len(mixed.dataset.manifest.films)
    file = tmp_path / "mixed.onnx"
    mixed.call("export", "--out", str(file))
    film = mixed.dataset.manifest.films[0].image
    scored = CliRunner().invoke(main, ["score", str(film), "--model", str(file), "--json"])
    assert scored.exit_code == 0, scored.output
    assert "brixia" in scored.stdout
    begun = mixed.paths.of_run(tmp_path / "begun")
    other = Mixed(begun, mixed.config)
    other.call("train", "--config", str(mixed.config), "--init", str(file), "--only", "pretrain")
    assert begun.weights("pretrain").exists()


def test_given_again_the_command_trains_nothing_anew(mixed: Mixed) -> None:
    before = {path: path.stat().st_mtime_ns for path in mixed.paths.run.rglob("*.pt")}
    mixed.call("train")
    assert {path: path.stat().st_mtime_ns for path in mixed.paths.run.rglob("*.pt")} == before


@pytest.mark.parametrize(
    ("given", "left_out", "pretrained"),
    [
        ("stony", {"stony"}, "pretrain"),
        ("valencia", {"valencia"}, "without-valencia/pretrain"),
        ("nih, lung_masks", {"lung_masks", "nih"}, "without-lung_masks+nih/pretrain"),
    ],
)
def test_a_source_that_is_left_out_is_seen_by_no_stage(
    mixed: Mixed, given: str, left_out: set[str], pretrained: str
) -> None:
    """Where pretraining shows films of the source, the model has a pretraining of its own."""
    mixed.call("train", "--leave-out", given)
    name = f"without-{'+'.join(sorted(left_out))}"
    for network in (name, pretrained):
        assert mixed.paths.weights(network).exists()
        assert mixed.sources_shown(network)
        assert not mixed.sources_shown(network) & left_out
    assert mixed.paths.weights(f"{name}/pretrain").exists() is (pretrained != "pretrain")
    assert mixed.paths.boxes_of(pretrained).exists()
