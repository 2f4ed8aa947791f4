"""Rising curves that bring a network's grades onto the readers' scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Curve:
    """``top * sigmoid(gain * logit(value / top) + offset)``: its ends stay where they are."""

    gain: float = 1.0
    offset: float = 0.0

    def apply(self, values: Tensor, top: float) -> Tensor:
        """Return values in [0, ``top``] on the readers' scale."""
        return curved(values, top, self.gain, self.offset)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curves of one model."""

    zones: Curve = Curve()
    extent: Curve = Curve()
    opacity: Curve = Curve()

    @classmethod
    def parse(cls, raw: Mapping[str, Mapping[str, float]]) -> Self:
        """Return the calibration that ``to_json`` gave."""
        return cls(**{name: Curve(**curve) for name, curve in raw.items()})

    def to_json(self) -> dict[str, dict[str, float]]:
        """Return the calibration as plain JSON types."""
        return asdict(self)


def curved(values: Tensor, top: float, gain: float | Tensor, offset: float | Tensor) -> Tensor:
    """Return values in [0, ``top``] on the curve; see ``Curve``."""
    return top * torch.sigmoid(gain * torch.logit(values / top, 1e-4) + offset)
