"""The whole run from one command: pretrain, a fine-tune a fold, and the shipped model.

Pretraining sees only patients without a severity label. Each fold's model then learns from the
severity of the other folds alone, so that what ``evaluate`` reports is out of fold.

    RUN/config.yaml       every choice of the run
    RUN/run.json          versions, digests and seconds a stage
    RUN/pretrain/         final.pt once done, last.pt before that
    RUN/fold0/ ...        the same
    RUN/final/            the shipped model
"""

from __future__ import annotations

import copy
import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from data import manifest as manifests
from data.manifest import Manifest
from model.preprocess import Preprocessing
from training import boxes, device, films, targets
from training.config import StageConfig, TrainConfig
from training.device import Machine
from training.errors import UnfitDataError
from training.loop import Material, Stage, fit
from training.network import SeverityNetwork

FINAL = "final"

Draw = Callable[[torch.Generator], Tensor]


@dataclass(frozen=True, slots=True)
class Study:
    """A run's films: decoded, labelled, split."""

    manifest: Manifest
    cache: films.FilmCache
    targets: targets.Targets
    folds: Tensor
    severity: Tensor
    lateral: Tensor

    @property
    def pretraining(self) -> Tensor:
        """Indices of the frontal films of patients without any severity label."""
        graded = {f.patient for f in self.manifest.films if f.has_severity}
        free = torch.tensor([f.patient not in graded for f in self.manifest.films])
        return torch.nonzero(free & ~self.lateral)[:, 0]


def open_study(data: Path, config: TrainConfig, cache_folder: Path) -> Study:
    """Return the films of a manifest, decoded in ``cache_folder`` and split into folds.

    Folds that the manifest gives are kept, and so is their number. Raises ManifestError.
    """
    manifest = manifests.load(data)
    given = [film.fold for film in manifest.films if film.fold is not None]
    manifest = manifest.with_folds(max(given) + 1 if given else config.folds)
    spec = Preprocessing(size=config.network.input_size)
    return Study(
        manifest,
        films.load(manifest.films, spec, cache_folder, manifest.digest),
        targets.of_films(manifest.films),
        torch.tensor([film.fold for film in manifest.films]),
        torch.tensor([film.has_severity for film in manifest.films]),
        torch.tensor([film.is_lateral for film in manifest.films]),
    )


def train(data: Path, out: Path, config: TrainConfig, cache_folder: Path) -> None:
    """Train everything below ``out``; what is done already is not done again.

    Raises:
        ManifestError: the manifest has problems.
        UnfitDataError: no film has a lung mask, or the run was begun with another manifest.
    """
    machine = device.start(config)
    torch.manual_seed(config.seed)
    if machine.first:
        out.mkdir(parents=True, exist_ok=True)
        config.save(out / "config.yaml")
        open_study(data, config, cache_folder)
    device.wait_for_all(machine)
    study = open_study(data, config, cache_folder)
    check_same_films(out, study)
    if not study.targets.has_mask.any():
        raise UnfitDataError(
            "No film has a lung mask, and lungs are learned from masks. Give some in the column "
            "lung_mask, of any patients."
        )
    clock = _Clock(out, study, machine)
    material = Material(study.cache, study.targets, _mask_boxes(study, config))
    network = SeverityNetwork(config.network)
    if len(study.pretraining):
        with clock.measure("pretrain"):
            draw = _pretraining_draw(study, config)
            stage = Stage("pretrain", out / "pretrain", config.pretrain, draw)
            network = fit(network, stage, material, config, machine)
            found = _all_boxes(network, study, material, machine)
            material = Material(study.cache, study.targets, found)
    for name in [f"fold{fold}" for fold in sorted(set(study.folds.tolist()))] + [FINAL]:
        with clock.measure(name):
            held_out = -1 if name == FINAL else int(name.removeprefix("fold"))
            draw = _finetune_draw(study, config.finetune, held_out)
            stage = Stage(name, out / name, config.finetune, draw)
            learned = targets.bridged(study.targets, _allowed(study, held_out))
            taught = Material(study.cache, learned, material.boxes)
            fit(copy.deepcopy(network).requires_grad_(), stage, taught, config, machine)
    device.finish(machine)


def check_same_films(run: Path, study: Study) -> None:
    """Raise UnfitDataError unless the run, where it has begun, was begun with these films.

    Other films would be dealt into other folds, and measured by models that learned from them.
    """
    record = run / "run.json"
    if record.exists() and json.loads(record.read_text())["manifest"] != study.manifest.digest:
        raise UnfitDataError(
            f"{run} was trained on another manifest than {study.manifest.path.name} is now. "
            "Give that one, or train anew in another folder."
        )


def _pretraining_draw(study: Study, config: TrainConfig) -> Draw:
    pool = study.pretraining
    count = config.pretrain.unlabelled or len(pool)
    # Lungs are learned from few films: those with masks come twice as often.
    weights = 1.0 + study.targets.has_mask[pool]

    def draw(rng: torch.Generator) -> Tensor:
        chosen = torch.multinomial(weights, min(count, len(pool)), generator=rng)
        return pool[chosen]

    return draw


def _finetune_draw(study: Study, stage: StageConfig, held_out: int) -> Draw:
    allowed = _allowed(study, held_out)
    graded = allowed[study.severity[allowed]]
    brixia = graded[~study.targets.zones[graded, :, 0].isnan().all(1)]
    others = allowed[~study.severity[allowed]]
    shown = torch.cat([graded, brixia.repeat(max(stage.brixia_repeats - 1, 0))])

    def draw(rng: torch.Generator) -> Tensor:
        extra = others[torch.randperm(len(others), generator=rng)[: stage.unlabelled]]
        epoch = torch.cat([shown, extra])
        return epoch[torch.randperm(len(epoch), generator=rng)]

    return draw


def _allowed(study: Study, held_out: int) -> Tensor:
    """Return the indices of the frontal films outside a fold."""
    return torch.nonzero((study.folds != held_out) & ~study.lateral)[:, 0]


def _mask_boxes(study: Study, config: TrainConfig) -> Tensor:
    return boxes.from_masks(study.cache, study.targets.has_mask, config.network.margin)


def _all_boxes(
    network: SeverityNetwork, study: Study, material: Material, machine: Machine
) -> Tensor:
    """Return mask boxes, and for films without a mask what the pretrained network finds."""
    unmasked = torch.nonzero(study.targets.has_mask == 0)[:, 0]
    found = material.boxes.clone()
    found[unmasked] = boxes.from_network(network, study.cache, unmasked, machine)
    return found


class _Clock:
    """Keeps ``run.json``: what ran, on what, and the seconds each stage took.

    A stage that is killed outright counts from where it was taken up again.
    """

    def __init__(self, out: Path, study: Study, machine: Machine) -> None:
        self.path, self.machine = out / "run.json", machine
        known = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.record = {
            "manifest": study.manifest.digest,
            "films": len(study.manifest.films),
            "python": platform.python_version(),
            "torch": version("torch"),
            "radiograde": version("radiograde"),
            "device": str(machine.device),
            "threads": torch.get_num_threads(),
            "processes": machine.processes,
            "seconds": known.get("seconds", {}),
        }
        self.write()

    def write(self) -> None:
        if self.machine.first:
            self.path.write_text(json.dumps(self.record, indent=2) + "\n")

    def measure(self, stage: str) -> _Stopwatch:
        return _Stopwatch(self, stage)


class _Stopwatch:
    def __init__(self, clock: _Clock, stage: str) -> None:
        self.clock, self.stage = clock, stage

    def __enter__(self) -> None:
        self.started = time.monotonic()

    def __exit__(self, *exc: object) -> None:
        seconds = self.clock.record["seconds"]
        seconds[self.stage] = round(seconds.get(self.stage, 0.0) + time.monotonic() - self.started)
        self.clock.write()
