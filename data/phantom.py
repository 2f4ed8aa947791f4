"""A schematic chest film whose involvement is known zone by zone: for tests and demonstrations.

No patient stands behind it. It shows what a film reader expects - lungs between ribs, heart to the
patient's left, domes, collar bones - and patchy opacities of exactly the asked extent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.data.phantom_anatomy import LEFT, RIGHT, Anatomy, Build, Field
from radiograde.model.scoring.scales import LEFT_ZONES, RIGHT_ZONES, ZONES

WORST = 3.0
SOFT_EDGE = 0.02


@dataclass(frozen=True, slots=True)
class PhantomSpec:
    """What to draw. ``zones``: Brixia 0-3 of A-F, fractions allowed; a zone left out is clear.

    The same spec gives the same film, pixel for pixel.
    """

    rows: int = 640
    columns: int = 576
    zones: Mapping[str, float] = field(default_factory=dict)
    sex: Literal["M", "F"] = "M"
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError for a size or a zone that cannot be drawn."""
        if min(self.rows, self.columns) < 64:
            raise ValueError("a phantom needs at least 64 x 64 pixels")
        for zone, score in self.zones.items():
            if zone not in ZONES or not 0 <= score <= WORST:
                raise ValueError(f"zone {zone!r} with score {score!r}: zones are A-F, scores 0-3")


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A drawn film.

    ``pixels``: (H, W) float32 in [0, 1], 0 = air. ``lungs``: (2, H, W) bool, patient's right lung
    first. ``opacity``: (H, W) float32 in [0, 1]; its mean over a zone is the zone's score / 3,
    to a hundredth or two.
    """

    spec: PhantomSpec
    pixels: NDArray[np.float32]
    lungs: NDArray[np.bool_]
    opacity: NDArray[np.float32]


def draw(spec: PhantomSpec) -> Phantom:
    """Return the film that the spec describes."""
    rng = np.random.default_rng(spec.seed)
    anatomy = Anatomy(*_grid(spec, rng), Build.random(rng, female=spec.sex == "F"))
    aerated = np.stack((anatomy.lung(RIGHT), anatomy.lung(LEFT)))
    lungs = aerated > 0.5
    opacity = _opacity(lungs, aerated > SOFT_EDGE, spec, rng)
    pixels = _expose(anatomy, aerated.max(axis=0), opacity, rng)
    inside = np.where(lungs.any(axis=0), opacity, 0)
    return Phantom(spec, pixels.astype(np.float32), lungs, inside.astype(np.float32))


def zone_masks(lungs: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Return each zone's mask (H, W): the upper, middle and lower third of each lung's height."""
    masks: dict[str, NDArray[np.bool_]] = {}
    for lung, zones in zip(lungs, (RIGHT_ZONES, LEFT_ZONES), strict=True):
        rows = np.flatnonzero(lung.any(axis=1))
        cuts = np.linspace(rows[0], rows[-1] + 1, len(zones) + 1).round().astype(int)
        for zone, top, bottom in zip(zones, cuts[:-1], cuts[1:], strict=True):
            masks[zone] = np.zeros_like(lung)
            masks[zone][top:bottom] = lung[top:bottom]
    return masks


def _grid(spec: PhantomSpec, rng: np.random.Generator) -> tuple[Field, Field]:
    """Return x and y of every pixel, for a patient who stands a little off the middle."""
    shift_x, shift_y, tilt = rng.normal(0, 0.012, 3).tolist()
    down = np.linspace(0, 1, spec.rows, dtype=np.float32)
    across = np.linspace(-1, 1, spec.columns, dtype=np.float32)
    y, x = np.meshgrid(down, across, indexing="ij")
    return x - shift_x + tilt * (y - 0.5), y - shift_y - 0.5 * tilt * x


def _opacity(
    lungs: NDArray[np.bool_], drawn: NDArray[np.bool_], spec: PhantomSpec, rng: np.random.Generator
) -> Field:
    """Return how opaque each point is made: patches, denser in worse zones.

    One cloud covers both lungs, so that patches run on from zone to zone. It is ``drawn`` up to
    the soft edge of the lungs: no line of air is left around a white lung.
    """
    shape = lungs.shape[1:]
    cloud = _cloud(shape, 9, rng) + 0.5 * _cloud(shape, 21, rng)
    opacity = np.zeros(shape, dtype=np.float32)
    around = zone_masks(drawn)
    for zone, mask in zone_masks(lungs).items():
        share = spec.zones.get(zone, 0.0) / WORST
        if share > 0:
            thinned = cloud - _towards_clear(zone, mask, spec)
            opacity[around[zone]] = _patches(thinned, mask, share)[around[zone]]
    return opacity


def _towards_clear(zone: str, mask: NDArray[np.bool_], spec: PhantomSpec) -> Field:
    """Return what thins the cloud towards a clearer neighbour: no patch ends in a straight line."""
    zones = RIGHT_ZONES if zone in RIGHT_ZONES else LEFT_ZONES
    score = spec.zones.get(zone, 0.0)
    rows = np.flatnonzero(mask.any(axis=1))
    height = np.arange(mask.shape[0])[:, None]
    thinning = np.zeros((mask.shape[0], 1))
    for step, border in ((-1, rows[0]), (1, rows[-1])):
        neighbour = zones.index(zone) + step
        if 0 <= neighbour < len(zones):
            drop = max(0.0, score - spec.zones.get(zones[neighbour], 0.0))
            thinning += 1.6 * drop * np.exp(-np.abs(height - border) / (0.2 * rows.size))
    return thinning


def _patches(cloud: Field, mask: NDArray[np.bool_], share: float) -> Field:
    """Return values in [0, 1], high where the cloud is thick, of mean ``share`` over the mask.

    A threshold moves until the mean fits: a worse zone is both denser and fuller.
    """
    inside = cloud[mask]
    span = inside.std() * (0.6 + share)
    low, high = inside.min() - 2 * span, inside.max() + 2 * span
    for _ in range(40):
        threshold = (low + high) / 2
        mean = np.clip((inside - threshold) / span + 0.5, 0, 1).mean()
        low, high = (threshold, high) if mean > share else (low, threshold)
    values: Field = np.clip((cloud - threshold) / span + 0.5, 0, 1)
    return values


def _cloud(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Field:
    """Return smooth noise of about unit variance with ``cells`` blobs along each side."""
    grid = Image.fromarray(rng.normal(size=(cells, cells)).astype(np.float32))
    smooth = grid.resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32)


def _expose(anatomy: Anatomy, air: Field, opacity: Field, rng: np.random.Generator) -> Field:
    """Return the film: what the beam meets is summed up, as on a logarithmic detector."""
    body = anatomy.body()
    mesh = 1 + 0.2 * _cloud(air.shape, 90, rng) * (1 - opacity)
    lung = air * (0.36 - 0.10 * anatomy.vessels(rng)) * (1 - 0.78 * opacity * mesh)
    film = (
        0.52 * body
        - lung
        + 0.15 * anatomy.mediastinum() * body
        + 0.15 * anatomy.heart()
        + 0.13 * anatomy.abdomen() * body
        + 0.045 * anatomy.vertebrae() * body
        + 0.05 * anatomy.ribs()
        + 0.10 * anatomy.clavicles() * body
        + 0.05 * anatomy.scapulae()
        + 0.06 * anatomy.breasts()
        - 0.07 * anatomy.trachea()
        - 0.14 * anatomy.stomach_bubble()
        + 0.02 * _cloud(air.shape, 12, rng) * body
    )
    grain = 0.010 * rng.standard_normal(film.shape, dtype=np.float32)
    mottle = 0.008 * _cloud(air.shape, min(air.shape) // 2, rng)
    exposed: Field = 0.03 + film * 1.06 + (grain + mottle) * (0.4 + body)
    return np.clip(exposed, 0, 1)
