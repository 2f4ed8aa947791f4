"""Measures a run out of fold: every figure in README, card and report comes from here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import astuple, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.input_check import frontality
from radiograde.model.scoring.scales import BRIXIA, ZONE
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.dataset.targets import READERS, is_normal
from radiograde.training.distributed import DistributedContext
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.evaluation.begun_with import Beginning
from radiograde.training.evaluation.calibrate import cross_fitted, fit_calibration
from radiograde.training.evaluation.comparators import OURS, comparator_table
from radiograde.training.evaluation.evaluation_result import (
    EvaluationMetrics,
    EvaluationResult,
    IntervalRules,
    LungDice,
    MeasuredFolds,
    NormalFilms,
)
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate
from radiograde.training.evaluation.intervals import LEVEL, graded_scales
from radiograde.training.evaluation.metrics import change_over_time
from radiograde.training.evaluation.out_of_fold import out_of_fold_figures
from radiograde.training.evaluation.predictions import (
    FoldGraders,
    Predictions,
    grade_out_of_fold,
)
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.evaluation.robustness import (
    PerturbationShift,
    perturbation_shifts,
    subgroup_metrics,
)
from radiograde.training.fit.run_record import RunFacts, check_same_films
from radiograde.training.input_check.held_out import HeldOutPictures, input_check_metrics
from radiograde.training.network.checkpoints import check_trained
from radiograde.training.run_paths import RunPaths, fold_name

FEWEST_FOLDS = 2
"""Each fold is calibrated by the others."""


def evaluate(paths: RunPaths) -> EvaluationResult:
    """Return the evaluation of a run and write its figures to ``evaluation.json``.

    Of the films whose fold's model is trained: a run may be measured by some of its folds.

    Also written: ``calibration.json``, the curves that the shipped model will carry, and
    ``predictions.npz``, the calibrated out-of-fold gradings; ``raw_predictions.npz`` has them as
    the networks gave them.

    Raises:
        ConfigError: the folder holds no run.
        ManifestError: the manifest has problems.
        UnfitDataError: the run was trained on another manifest.
        UnfinishedRunError: fewer than two folds of the run are trained yet.
    """
    config = TrainConfig.load(paths.config)
    device = DistributedContext.to_measure(config).device
    whole = open_dataset(paths, config)
    check_same_films(paths, whole)
    dataset = whole.of_folds(trained_folds(paths, whole))
    measured = np.isin(whole.folds.numpy(), dataset.fold_numbers)
    standard = ReferenceStandard.of(dataset.manifest.films)
    graders = FoldGraders(paths, config, device)
    raw = grade_out_of_fold(graders, dataset.cache, dataset.folds)
    normal = surely_normal(whole)[measured]
    raw.among(measured).save(paths.raw_predictions)
    calibration = fit_calibration(raw, standard, np.ones(len(dataset.folds), bool), normal)
    calibration.save(paths.calibration)
    predictions = cross_fitted(raw, standard, dataset.folds.numpy(), normal)
    predictions.among(measured).save(paths.predictions)
    graders = FoldGraders(paths, config, device, calibration)
    graded = np.flatnonzero(~np.isnan(standard.brixia))
    pictures = HeldOutPictures.load(paths, dataset.fold_numbers)
    shifts = perturbation_shifts(dataset, graders, graded)
    metrics = replace(
        assess(dataset, standard, predictions, pictures, shifts, _run_facts(paths)),
        began_with=Beginning.of(config.init),
        folds=MeasuredFolds(
            len(dataset.fold_numbers), len(whole.fold_numbers), int(measured.sum())
        ),
        **learned_from(whole),
    )
    metrics.save(paths.evaluation)
    return EvaluationResult(metrics, dataset, predictions, standard, pictures)


def trained_folds(paths: RunPaths, dataset: FilmDataset) -> list[int]:
    """Return the folds whose model and input check are trained.

    Raises:
        UnfinishedRunError: fewer than two are, and each is calibrated by the others.
    """
    folds = dataset.fold_numbers
    trained = [fold for fold in folds if paths.input_check(fold_name(fold)).exists()]
    if len(trained) < FEWEST_FOLDS:
        for fold in folds:
            check_trained(paths.input_check(fold_name(fold)))
    return trained


def assess(
    dataset: FilmDataset,
    standard: ReferenceStandard,
    predictions: Predictions,
    pictures: HeldOutPictures,
    shifts: Sequence[PerturbationShift],
    run: RunFacts,
) -> EvaluationMetrics:
    """Return every figure of the calibrated out-of-fold gradings."""
    films = dataset.manifest.films
    global_scores = predictions.brixia.astype(float)
    scales = graded_scales(predictions, standard, dataset.folds.numpy())
    covered = {name: graded.covered() for name, graded in scales.items()}
    patients = [film.patient for film in films]
    kappas = _zone_kappas(predictions.zones.astype(float), standard, patients)
    frontal = dataset.in_scope.numpy()
    sources = [film.source for film in films if film.in_scope]
    scope = frontality(predictions.scope[frontal])
    check = input_check_metrics(pictures, scope, sources)
    return EvaluationMetrics(
        **learned_from(dataset),
        agreement=comparator_table(predictions, standard, patients),
        zone_kappa={who: kappa.value for who, kappa in kappas.items()},
        zone_kappa_95={who: kappa.ends for who, kappa in kappas.items()},
        zone_mae=_mean(np.abs(predictions.zones - standard.zones)),
        lung_dice=_lung_dice(dataset, predictions),
        normal_films=_normal_films(dataset, predictions.brixia),
        least_lung=_least_lung(predictions.lung_share[frontal]),
        intervals=IntervalRules(
            LEVEL, **{name: astuple(graded.rule()) for name, graded in scales.items()}
        ),
        coverage={
            name: graded.coverage(covered[name], patients) for name, graded in scales.items()
        },
        subgroups=subgroup_metrics(films, global_scores, standard.brixia, covered[BRIXIA.name]),
        change=change_over_time(films, global_scores, standard.brixia),
        input_check=check,
        robustness=shifts,
        manifest=dataset.manifest.digest,
        run=run,
        by_source=out_of_fold_figures(films, predictions, scales, check.threshold),
    )


def learned_from(dataset: FilmDataset) -> dict[str, Any]:
    """Return what the figures say of the films of a run: how many, whose, how many graded."""
    films = dataset.manifest.films
    sources = Counter(film.source or "not named" for film in films)
    return {
        "films": len(films),
        "patients": len({film.patient for film in films}),
        "sources": dict(sources.most_common()),
        "graded_films": int(dataset.severity.sum()),
    }


def _run_facts(paths: RunPaths) -> RunFacts:
    facts = RunFacts.load(paths.record)
    if facts is None:
        raise UnfinishedRunError(f"{paths.run} is not trained yet: run `radiograde train` first.")
    return facts


def surely_normal(dataset: FilmDataset) -> NDArray[np.bool_]:
    """Return the normal films (N,) whose label was given to models of other folds alone.

    Pretraining sees neither the reads of films with lung masks nor those of the first fold.
    """
    hidden = (dataset.targets.has_mask == 1) | (dataset.folds == dataset.first_fold)
    normal = (dataset.targets.clear == 1) & hidden & ~dataset.lateral
    chosen: NDArray[np.bool_] = normal.numpy()
    return chosen


def _zone_kappas(
    zones: Array, standard: ReferenceStandard, patients: Sequence[str]
) -> dict[str, Estimate]:
    senior, junior = (standard.readers[reader] for reader in READERS)
    pairs = {
        f"{OURS}, reader S": (zones, senior),
        f"{OURS}, reader J": (zones, junior),
        "reader S, reader J": (senior, junior),
    }
    kappa = partial(statistics.quadratic_kappa, top=int(ZONE.high))
    of_zones = np.repeat(patients, zones.shape[1]).tolist()
    return {
        who: estimate(kappa, of_zones, one.ravel(), other.ravel())
        for who, (one, other) in pairs.items()
        if not np.isnan(one + other).all()
    }


def _mean(values: Array) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _lung_dice(dataset: FilmDataset, predictions: Predictions) -> LungDice:
    """Return the lung overlap on films whose patient no part of the training saw."""
    unseen = dataset.severity.numpy() & ~np.isnan(predictions.dice)
    patients = [
        film.patient for film, one in zip(dataset.manifest.films, unseen, strict=True) if one
    ]
    mean = estimate(statistics.mean, patients, predictions.dice[unseen].astype(float))
    return LungDice(int(unseen.sum()), mean.value, mean.ends)


def _normal_films(dataset: FilmDataset, brixia: NDArray[np.float32]) -> list[NormalFilms]:
    """Return the global scores of normal films by source, and whether training had their label.

    The label of a film with a lung mask is given to models of other folds alone.
    """
    kinds: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for film, score in zip(dataset.manifest.films, brixia, strict=True):
        if is_normal(film) and not film.is_lateral:
            finding = " and ".join(film.finding)
            kinds[film.source, finding, film.has_lung_masks].append(float(score))
    return [
        NormalFilms(
            source or "not named",
            finding,
            unseen,
            len(scores),
            float(np.mean(scores)),
            float(np.percentile(scores, 95)),
        )
        for (source, finding, unseen), scores in sorted(kinds.items())
    ]


def _least_lung(shares: NDArray[np.float32]) -> float:
    """Return the share of lung under which a picture is no chest film.

    Half of what nearly every frontal film has.
    """
    return round(float(np.percentile(shares, 1)) / 2, 3)
