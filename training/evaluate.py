"""What a run is worth, out of fold: every figure in README and model card comes from here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from data.film import Film
from model.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES, Scale
from training import calibrate
from training.card import least_lung
from training.config import TrainConfig
from training.device import Machine
from training.metrics import Agreement, Array, agreement, on_line, quadratic_kappa
from training.network import READERS
from training.pipeline import Study, check_same_films, open_study
from training.predict import Predictions, out_of_fold

PREDICTIONS = "predictions.npz"
EVALUATION = "evaluation.json"
COHEN_TOP = 6.0
"""The 94 Cohen films were graded for opacity on 0-6."""


@dataclass(frozen=True, slots=True)
class Row:
    """One grader beside one reference, on the films that both have."""

    reference: str
    grader: str
    agreement: Agreement


def evaluate(data: Path, run: Path, cache_folder: Path, machine: Machine) -> dict[str, Any]:
    """Return the evaluation of a finished run and write it to ``run/evaluation.json``.

    Raises:
        ManifestError: the manifest has problems.
        UnfitDataError: the run was trained on another manifest.
        UnfinishedRunError: a fold of the run is not trained yet.
    """
    config = TrainConfig.load(run / "config.yaml")
    study = open_study(data, config, cache_folder)
    check_same_films(run, study)
    found = out_of_fold(run, config, study.cache, study.folds, machine.device)
    found.save(run / PREDICTIONS)
    evaluation = assess(study, found) | {
        "manifest": study.manifest.digest,
        "run": json.loads((run / "run.json").read_text()),
    }
    (run / EVALUATION).write_text(json.dumps(evaluation, indent=2, allow_nan=False) + "\n")
    return evaluation


def assess(study: Study, found: Predictions) -> dict[str, Any]:
    """Return every figure of the out-of-fold gradings, as plain JSON types."""
    films = study.manifest.films
    labels = _Labels.of(films)
    zones = found.zones.astype(float)
    return {
        "films": len(films),
        "patients": len({film.patient for film in films}),
        "sources": dict(Counter(film.source or "not named" for film in films).most_common()),
        "graded_films": int(study.severity.sum()),
        "agreement": [asdict(row) for row in _rows(films, labels, found)],
        "zone_kappa": _zone_kappas(zones, labels),
        "zone_mae": _mean(np.abs(zones - labels.zone_mean)),
        "lung_dice": _dice(study, found),
        "clear": _clear(study, zones.sum(1)),
        "least_lung": least_lung(found.lung_share[~study.lateral.numpy()]),
        "intervals": _intervals(zones, found, labels),
        "coverage": {
            scale.name: calibrate.coverage(values, truth, study.folds.numpy(), scale.high)
            for scale, values, truth in _scales(found, labels)
        },
    }


def _scales(found: Predictions, labels: _Labels) -> list[tuple[Scale, Array, Array]]:
    """Return each scale of a whole film with what was found and what readers say."""
    return [
        (BRIXIA, found.zones.sum(1).astype(float), labels.brixia),
        (EXTENT, found.extent.astype(float), labels.extent),
        (OPACITY, found.opacity.astype(float), labels.opacity),
    ]


def _intervals(zones: Array, found: Predictions, labels: _Labels) -> dict[str, Any]:
    return {
        "level": calibrate.LEVEL,
        "zones": [
            calibrate.half_width(zones[:, zone], labels.zone_mean[:, zone], ZONE.high)
            for zone in range(len(ZONES))
        ],
    } | {
        scale.name: calibrate.half_width(values, truth, scale.high)
        for scale, values, truth in _scales(found, labels)
    }


@dataclass(frozen=True, slots=True)
class _Labels:
    """Reference scores as arrays (N,) and (N, 6); NaN where a film has none."""

    zones: Mapping[str, Array]
    extent: Array
    opacity: Array
    peers: Mapping[str, Array]
    cohen: Array

    @classmethod
    def of(cls, films: tuple[Film, ...]) -> _Labels:
        nothing = (np.nan,) * len(ZONES)
        names = sorted({name for film in films for name in film.peers})
        return cls(
            {
                reader: np.array([film.brixia.get(reader, nothing) for film in films], float)
                for reader in READERS
            },
            _column([film.geographic_extent for film in films]),
            _column(
                [
                    None if film.opacity is None else film.opacity * 8 / (film.opacity_max or 8)
                    for film in films
                ]
            ),
            {name: _column([film.peers.get(name) for film in films]) for name in names},
            np.array([film.cohen94 for film in films]),
        )

    @property
    def zone_mean(self) -> Array:
        """Mean of those readers who graded the film, (N, 6)."""
        graded = np.stack(list(self.zones.values()))
        count = (~np.isnan(graded)).sum(0)
        mean: Array = np.nansum(graded, 0) / np.where(count, count, np.nan)
        return mean

    @property
    def brixia(self) -> Array:
        """Global score of the readers' mean, (N,)."""
        total: Array = self.zone_mean.sum(1)
        return total

    def of_reader(self, reader: str) -> Array:
        """Global score of one reader, (N,)."""
        total: Array = self.zones[reader].sum(1)
        return total


def _column(values: list[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], float)


def _rows(films: tuple[Film, ...], labels: _Labels, found: Predictions) -> list[Row]:
    patients = [film.patient for film in films]
    ours = found.zones.sum(1).astype(float)
    extent, opacity = found.extent.astype(float), found.opacity.astype(float)
    cohen6 = np.where(labels.cohen, opacity * COHEN_TOP / 8, np.nan)
    cohen_opacity = np.where(labels.cohen, labels.opacity * COHEN_TOP / 8, np.nan)
    cohen_extent = np.where(labels.cohen, labels.extent, np.nan)
    rows: list[Row] = []

    def add(reference: str, grader: str, values: Array, truth: Array) -> None:
        if (~np.isnan(values + truth)).sum() >= 2:
            rows.append(Row(reference, grader, agreement(values, truth, patients)))

    def beside(reference: str, truth: Array, graders: Mapping[str, Array], us: Array) -> None:
        """Each peer, and ourselves on exactly the peer's films."""
        for name, values in graders.items():
            add(reference, name, values, truth)
            ours_there = np.where(np.isnan(values), np.nan, us)
            add(reference, f"Radiograde, films of {name}", ours_there, truth)

    none = np.full(len(films), np.nan)
    bsnet, pxs = labels.peers.get("bsnet_brixia", none), labels.peers.get("pxs", none)
    geo = labels.peers.get("covidnet_geo", none)
    density = labels.peers.get("covidnet_opacity", none)
    add("Brixia, readers' mean", "Radiograde", ours, labels.brixia)
    beside("Brixia, readers' mean", labels.brixia, {"BS-Net": bsnet}, ours)
    for reader, other in (("S", "J"), ("J", "S")):
        add(f"Brixia, reader {reader}", "Radiograde", ours, labels.of_reader(reader))
        add(
            f"Brixia, reader {reader}",
            f"reader {other}",
            labels.of_reader(other),
            labels.of_reader(reader),
        )
    add("extent", "Radiograde", extent, labels.extent)
    add("opacity", "Radiograde", opacity, labels.opacity)
    peers = {"BS-Net (line)": bsnet, "PXS (line)": pxs, "COVID-Net-S (line)": geo}
    add("extent, Cohen films", "Radiograde", extent, cohen_extent)
    beside(
        "extent, Cohen films",
        cohen_extent,
        {name: on_line(values, cohen_extent) for name, values in peers.items()},
        extent,
    )
    peers["COVID-Net-S (line)"] = density
    add("opacity 0-6, Cohen films", "Radiograde", cohen6, cohen_opacity)
    beside(
        "opacity 0-6, Cohen films",
        cohen_opacity,
        {name: on_line(values, cohen_opacity) for name, values in peers.items()},
        cohen6,
    )
    return rows


def _zone_kappas(zones: Array, labels: _Labels) -> dict[str, float | None]:
    senior, junior = (labels.zones[reader] for reader in READERS)
    pairs = {
        "Radiograde, reader S": (zones, senior),
        "Radiograde, reader J": (zones, junior),
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
    """Lung overlap on films whose patient no part of the training saw."""
    unseen = study.severity.numpy() & ~np.isnan(found.dice)
    return {"films": int(unseen.sum()), "mean": _mean(found.dice[unseen].astype(float))}


def _clear(study: Study, brixia: Array) -> dict[str, float]:
    clear = (study.targets.clear == 1).numpy() & ~study.lateral.numpy()
    scores = brixia[clear]
    if not len(scores):
        return {"films": 0}
    return {
        "films": len(scores),
        "mean_brixia": float(scores.mean()),
        "p95_brixia": float(np.percentile(scores, 95)),
    }


def prepared_films(study: Study, count: int) -> Any:
    """Return ``count`` prepared films (count, S, S) float32, spread over the manifest."""
    index = torch.linspace(0, len(study.manifest.films) - 1, count).long().numpy()
    return np.asarray(study.cache.cells[index, 0], np.float32) / 255.0
