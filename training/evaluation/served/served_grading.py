"""What a model file says of one film, as it is served: scores, intervals, maps, or a rejection."""

from __future__ import annotations

import math
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.reading import film_file
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Maps, ScaleScore, SeverityResult, Status
from radiograde.model.scoring.scorer import involvement
from radiograde.training.dataset.proportions import unsquashed

Mask = NDArray[np.bool_]


class ServedScore(NamedTuple):
    """A value in points of its scale, and both ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PackedMasks:
    """Masks (K, H, W) in few bytes: ``bits`` is base64 of a zlib stream, eight points a byte."""

    shape: tuple[int, int, int]
    bits: str

    @classmethod
    def of(cls, masks: Mask) -> Self:
        """Return the masks (K, H, W), packed."""
        count, rows, columns = masks.shape
        packed = zlib.compress(np.packbits(masks).tobytes())
        return cls((count, rows, columns), b64encode(packed).decode())

    def unpacked(self) -> Mask:
        """Return the masks (K, H, W)."""
        data = np.frombuffer(zlib.decompress(b64decode(self.bits)), np.uint8)
        bits = np.unpackbits(data, count=int(np.prod(self.shape)))
        return bits.reshape(self.shape).astype(bool)


@dataclass(frozen=True, slots=True)
class ServedGrading:
    """A film's result as the service would return it.

    ``rejected_for``: codes of the reasons that reject. ``scores``: by zone A-F and by the names of
    the scales; empty unless scored. ``painted``: share (0-1) of the right lung, the left one and
    both that the opacity map marks; None where a lung is not seen. ``regions``: right lung, left
    lung and what the map marks within them, over the whole film.
    """

    status: Status
    rejected_for: tuple[str, ...] = ()
    scores: Mapping[str, ServedScore] | None = None
    painted: tuple[float | None, float | None, float] | None = None
    regions: PackedMasks | None = None

    @classmethod
    def of(cls, result: SeverityResult) -> Self:
        """Return what is kept of a result."""
        reasons = result.gate.reasons if result.gate is not None else ()
        rejected_for = tuple(reason.code for reason in reasons if reason.level == "reject")
        scores, maps = result.scores, result.maps
        if scores is None or maps is None:
            return cls(result.status, rejected_for)
        named = {
            "brixia": scores.brixia,
            "geographic_extent": scores.geographic_extent,
            "opacity": scores.opacity,
        }
        share = involvement(maps, maps.involved)
        return cls(
            result.status,
            rejected_for,
            {name: _served(score) for name, score in {**scores.zones, **named}.items()},
            (_share(share.right), _share(share.left), share.total / 100),
            PackedMasks.of(_regions(maps)),
        )

    @property
    def is_scored(self) -> bool:
        """True unless the film was turned away or could not be read."""
        return self.scores is not None

    @property
    def brixia(self) -> float:
        """The global score; NaN unless scored."""
        return math.nan if self.scores is None else self.scores["brixia"].value


def read_as_served(film: Film) -> Radiograph:
    """Return the film as the service would read its file, unsquashed where it was squashed.

    Raises:
        RadiogradeError: the file cannot be read.
    """
    radiograph = film_file.read(film.image)
    return replace(radiograph, grey=unsquashed(radiograph.grey, film))


def _regions(maps: Maps) -> Mask:
    lungs = maps.lungs > 0.5
    marked = (maps.opacity > maps.involved) & lungs.any(0)
    return np.concatenate([lungs, marked[None]])


def _served(score: ScaleScore) -> ServedScore:
    low, high = score.interval
    return ServedScore(round(score.value, 4), round(low, 4), round(high, 4))


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
