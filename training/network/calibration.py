"""Rising curves that bring a network's grades onto the readers' scale, and how they are fitted.

Normal films, and readers of other scales, pull a network's grades up or down while it learns. A
curve with two numbers, straight on the scale's logit, undoes that and keeps every order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple, Self

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Curve:
    """``top * sigmoid(gain * logit(value / top) + offset)``: its ends stay where they are."""

    gain: float = 1.0
    offset: float = 0.0

    def apply(self, values: Tensor, top: float) -> Tensor:
        """Return values in [0, ``top``] on the readers' scale."""
        return _on_curve(values, top, self.gain, self.offset)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curves of one model."""

    zones: Curve = Curve()
    extent: Curve = Curve()
    opacity: Curve = Curve()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the calibration that ``save`` wrote."""
        curves = json.loads(path.read_text())
        return cls(**{name: Curve(**curve) for name, curve in curves.items()})

    def save(self, path: Path) -> None:
        """Write the calibration as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")


class CurveSamples(NamedTuple):
    """Values (N, Z) and what they should be (N, Z)."""

    values: Tensor
    target: Tensor


def fit_curve(samples: Sequence[CurveSamples], top: float) -> Curve:
    """Return the curve by which values come near to each target and to the sum of its Z.

    By squared error, both weighing alike, and so do all samples, of however many films each are;
    the scale is [0, ``top``].
    """
    # The gain's logarithm is fitted: a curve rises, whatever it is fitted to.
    parameters = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([parameters], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        total = torch.zeros((), dtype=torch.float64)
        for values, target in samples:
            error = _on_curve(values, top, parameters[0].exp(), parameters[1]) - target
            total = total + error.square().mean()
            total = total + error.sum(1).square().mean() / error.shape[1]
        total.backward()
        return total

    optimiser.step(loss)
    log_gain, offset = parameters.tolist()
    return Curve(round(math.exp(log_gain), 4), round(offset, 4))


def _on_curve(values: Tensor, top: float, gain: float | Tensor, offset: float | Tensor) -> Tensor:
    return top * torch.sigmoid(gain * torch.logit(values / top, 1e-4) + offset)
