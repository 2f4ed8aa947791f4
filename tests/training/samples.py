"""Films, datasets and gradings made up for a test; nothing is read from disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.data.manifest import Manifest
from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.dataset.augment import AugmentedBatch
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.dataset.targets import targets_of
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.fit.run_record import RunFacts
from radiograde.training.input_check.held_out import HeldOutPictures
from tests.readings import readings

SIDE = 8
GRADES = ("brixia", "geographic_extent", "opacity", "opacity_max", "extent6")

NO_PICTURES = HeldOutPictures(np.zeros(0), np.zeros(0, str))

RUN_FACTS = RunFacts(
    manifest="d" * 64,
    films=30,
    python="3",
    torch="2",
    radiograde="1",
    device="cpu",
    threads=2,
    processes=1,
    minutes=1.0,
    seconds={"final": 60},
)


def film(number: int = 0, **facts: object) -> Film:
    """Return a film of patient ``P<number>``, with these facts and grades."""
    grades = {name: facts.pop(name) for name in GRADES if name in facts}
    plain: dict[str, object] = {"image": Path(f"{number}.png"), "patient": f"P{number}"}
    plain["readings"] = readings(**grades)  # type: ignore[arg-type]
    return Film(**(plain | facts))  # type: ignore[arg-type]


def empty_cache(count: int) -> FilmCache:
    frames = np.tile(np.array([0, 0, SIDE, SIDE], np.int32), (count, 1))
    return FilmCache(np.zeros((count, 2, SIDE, SIDE), np.uint8), frames)


def blank_batch(count: int, side: int) -> AugmentedBatch:
    """Return black pictures on which nothing is marked."""
    return AugmentedBatch(
        images=torch.zeros(count, 1, side, side),
        lungs=torch.zeros(count, 2, side, side),
        unknown=torch.zeros(count, 1, side, side),
        opacities=torch.zeros(count, 2, side, side),
        opacity=torch.zeros(count, 1, side, side),
        painted=torch.zeros(count),
        boxes=torch.full((count, 8, 4), torch.nan),
        mirror=torch.zeros(count, dtype=torch.bool),
    )


def film_dataset(
    films: Sequence[Film], folds: Sequence[int] | None = None, cache: FilmCache | None = None
) -> FilmDataset:
    """Return a dataset of the films, dealt into three folds in turn unless told otherwise."""
    count = len(films)
    return FilmDataset(
        Manifest(tuple(films), Path("labels.csv"), "d" * 64),
        cache or empty_cache(count),
        targets_of(films),
        torch.tensor(folds) if folds is not None else torch.arange(count) % 3,
        torch.tensor([film.has_severity for film in films]),
        torch.tensor([film.is_lateral for film in films]),
    )


def predictions(zones: NDArray[np.float32], **arrays: NDArray[np.float32]) -> Predictions:
    """Return gradings with these zones (N, 6); all passes agree, every film is frontal."""
    count = len(zones)
    scope = np.zeros((count, len(CLASSES)), np.float32)
    scope[:, 0] = 1.0
    extent = (zones.sum(1) * 8 / 18).astype(np.float32)
    plain = {
        "extent": extent,
        "opacity": extent,
        "spread": np.zeros((count, 9), np.float32),
        "scope": scope,
        "dice": np.full(count, np.nan, np.float32),
        "lung_share": np.full(count, 0.3, np.float32),
        "lungs_apart": np.full((count, 3), np.nan, np.float32),
        "painted": np.full(count, 0.1, np.float32),
        "lung_scales": np.full((count, 2, 2), 1.0, np.float32) * (extent / 2)[:, None, None],
    }
    return Predictions(zones, **(plain | arrays))


def random_zones(count: int, seed: int = 2) -> NDArray[np.float32]:
    """Return whole zone scores (N, 6) in 0-3."""
    return np.random.default_rng(seed).integers(0, 4, (count, 6)).astype(np.float32)


def whole(zones: NDArray[np.float32]) -> tuple[int, ...]:
    """Return one film's zones as a reader writes them down."""
    return tuple(int(value) for value in zones)
