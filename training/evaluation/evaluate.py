"""What a run is worth, out of fold: every figure in README, card and report comes from here."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.scales import BRIXIA, ZONE
from radiograde.model.scoring.scope import CLASSES, FRONTAL
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import Study, check_same_films, open_study
from radiograde.training.dataset.targets import is_clear
from radiograde.training.distributed import Machine
from radiograde.training.evaluation import calibrate
from radiograde.training.evaluation import intervals as conformal
from radiograde.training.evaluation.change import changes
from radiograde.training.evaluation.comparators import OURS, side_by_side
from radiograde.training.evaluation.graded_scale import graded_scales
from radiograde.training.evaluation.measured import Measured
from radiograde.training.evaluation.metrics import Array, quadratic_kappa
from radiograde.training.evaluation.predictions import FoldGraders, Predictions, out_of_fold
from radiograde.training.evaluation.reference_standard import References
from radiograde.training.evaluation.robustness import shifts
from radiograde.training.evaluation.subgroups import groups
from radiograde.training.input_check import held_out as scope_evaluation
from radiograde.training.input_check.held_out import Trial
from radiograde.training.network.checkpoints import CALIBRATION
from radiograde.training.network.severity_network import READERS
from radiograde.training.release.model_metadata import least_lung
from radiograde.training.run_paths import RECORD

PREDICTIONS = "predictions.npz"
EVALUATION = "evaluation.json"


def evaluate(data: Path, run: Path, cache_folder: Path, machine: Machine) -> Measured:
    """Return the evaluation of a finished run and write it to ``run/evaluation.json``.

    Also written: ``calibration.json``, the curves that the shipped model will carry, and
    ``predictions.npz``, the calibrated out-of-fold gradings.

    Raises:
        ManifestError: the manifest has problems.
        UnfitDataError: the run was trained on another manifest.
        UnfinishedRunError: a fold of the run is not trained yet.
    """
    config = TrainConfig.of_run(run)
    study = open_study(data, config, cache_folder)
    check_same_films(run, study)
    references = References.of(study.manifest.films)
    graders = FoldGraders(run, config, machine.device)
    raw = out_of_fold(graders, study.cache, study.folds)
    clear = _surely_clear(study)
    calibration = calibrate.fit(raw, references, np.ones(len(study.folds), bool), clear)
    (run / CALIBRATION).write_text(json.dumps(calibration.to_json(), indent=2) + "\n")
    found = calibrate.crossed(raw, references, study.folds.numpy(), clear)
    found.save(run / PREDICTIONS)
    graders = FoldGraders(run, config, machine.device, calibration)
    trial = Trial.load(run, study.fold_numbers)
    evaluation = assess(study, references, found) | {
        "gate": _gate(study, found, trial),
        "robustness": _robustness(study, references, graders),
        "manifest": study.manifest.digest,
        "run": json.loads((run / RECORD).read_text()),
    }
    (run / EVALUATION).write_text(json.dumps(evaluation, indent=2, allow_nan=False) + "\n")
    return Measured(evaluation, study, found, references, trial)


def assess(study: Study, references: References, found: Predictions) -> dict[str, Any]:
    """Return every figure of the calibrated out-of-fold gradings, as plain JSON types."""
    films = study.manifest.films
    global_scores = found.brixia.astype(float)
    scales = graded_scales(found, references, study.folds.numpy())
    inside = {name: graded.covered() for name, graded in scales.items()}
    patients = [film.patient for film in films]
    return {
        "films": len(films),
        "patients": len(set(patients)),
        "sources": dict(Counter(film.source or "not named" for film in films).most_common()),
        "graded_films": int(study.severity.sum()),
        "agreement": [asdict(row) for row in side_by_side(found, references, patients)],
        "zone_kappa": _zone_kappas(found.zones.astype(float), references),
        "zone_mae": _mean(np.abs(found.zones - references.zones)),
        "lung_dice": _dice(study, found),
        "clear": _clear(study, found.brixia),
        "least_lung": least_lung(found.lung_share[~study.lateral.numpy()]),
        "intervals": {"level": conformal.LEVEL}
        | {name: list(astuple(graded.rule())) for name, graded in scales.items()},
        "coverage": {name: graded.figures(inside[name]) for name, graded in scales.items()},
        "subgroups": [
            asdict(group)
            for group in groups(films, global_scores, references.brixia, inside[BRIXIA.name])
        ],
        "change": changes(films, global_scores, references.brixia),
    }


def _surely_clear(study: Study) -> NDArray[np.bool_]:
    """Return which films are clear and were told of as clear to models of other folds alone."""
    clear = (study.targets.clear == 1) & (study.targets.has_mask == 1) & ~study.lateral
    found: NDArray[np.bool_] = clear.numpy()
    return found


def _gate(study: Study, found: Predictions, trial: Trial) -> dict[str, Any]:
    frontal = found.scope[~study.lateral.numpy(), CLASSES.index(FRONTAL)]
    return scope_evaluation.figures(trial, frontal)


def _robustness(study: Study, references: References, graders: FoldGraders) -> list[dict[str, Any]]:
    graded = np.flatnonzero(~np.isnan(references.brixia))
    return [asdict(shift) for shift in shifts(study, graders, graded)]


def _zone_kappas(zones: Array, references: References) -> dict[str, float | None]:
    senior, junior = (references.readers[reader] for reader in READERS)
    pairs = {
        f"{OURS}, reader S": (zones, senior),
        f"{OURS}, reader J": (zones, junior),
        "reader S, reader J": (senior, junior),
    }
    kappas: dict[str, float | None] = {}
    for who, (one, other) in pairs.items():
        known = ~np.isnan(one + other)
        if known.any():
            kappas[who] = quadratic_kappa(one[known], other[known], int(ZONE.high))
    return kappas


def _mean(values: Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _dice(study: Study, found: Predictions) -> dict[str, Any]:
    """Return the lung overlap on films whose patient no part of the training saw."""
    unseen = study.severity.numpy() & ~np.isnan(found.dice)
    return {"films": int(unseen.sum()), "mean": _mean(found.dice[unseen].astype(float))}


def _clear(study: Study, brixia: NDArray[np.float32]) -> list[dict[str, Any]]:
    """Return the global scores of clear films by source, and whether training was told of them.

    Films with a lung mask are told of as clear only to models of other folds.
    """
    films = study.manifest.films
    kinds: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for film, score in zip(films, brixia, strict=True):
        if is_clear(film) and not film.is_lateral:
            finding = " and ".join(film.finding)
            kinds[film.source, finding, film.lung_mask is not None].append(float(score))
    return [
        {
            "source": source or "not named",
            "finding": finding,
            "unseen": unseen,
            "films": len(scores),
            "mean_brixia": float(np.mean(scores)),
            "p95_brixia": float(np.percentile(scores, 95)),
        }
        for (source, finding, unseen), scores in sorted(kinds.items())
    ]
