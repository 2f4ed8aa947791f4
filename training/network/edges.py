"""Where along an axis the lungs begin and end: between the cells of a map, not at one of them."""

from __future__ import annotations

from torch import Tensor


def edges(mass: Tensor, tail: float) -> tuple[Tensor, Tensor]:
    """Return where the last axis has ``tail`` of the mass before it, and where after it.

    ``mass``: (..., n), sums to 1 along the axis. Both are (..., 1) in [0, n].
    """
    # Summed up from its own side, each keeps the digits that a sum near 1 would round away.
    return _cells_before(mass, tail), mass.shape[-1] - _cells_before(mass.flip(-1), tail)


def _cells_before(mass: Tensor, share: float) -> Tensor:
    """Return how many cells lie before the point with ``share`` of the mass before it.

    A cell counts by its part before the point, so that the point moves with the mass and not in
    whole cells: two runtimes that round differently find the same lung.
    """
    before = mass.cumsum(-1) - mass
    return ((share - before) / (mass + 1e-6)).clamp(0, 1).sum(-1, keepdim=True)
