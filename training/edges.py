"""Where along an axis the lungs begin and end: between the cells of a map, not at one of them."""

from __future__ import annotations

from torch import Tensor


def cells_before(mass: Tensor, share: float) -> Tensor:
    """Return how many cells of the last axis lie before the point with ``share`` of the mass.

    ``mass``: (..., n), sums to 1 along the axis. Returns (..., 1) in [0, n]. A cell counts by its
    part before the point, so that the point moves with the mass and not in whole cells: two
    runtimes that round differently find the same lung.
    """
    before = mass.cumsum(-1) - mass
    return ((share - before) / (mass + 1e-6)).clamp(0, 1).sum(-1, keepdim=True)
