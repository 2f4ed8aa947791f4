"""The crop around the lungs: found on a map, cut from a film, put back into it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

TAIL = 0.003
"""Share of the lungs' mass that may lie beyond each side of the box: specks do not widen it."""

WHOLE_FILM = (-1.0, -1.0, 1.0, 1.0)
"""The box around the whole square."""

LEAST_LUNG = 0.01
"""Share of the picture that must be lung for there to be a box."""


def lung_box(lungs: Tensor, margin: float) -> Tensor:
    """Return the box (N, 4) around lung maps (N, 2, h, w): left, top, right, bottom in [-1, 1].

    The whole picture, where less of it than ``LEAST_LUNG`` is lung.
    """
    both = lungs.amax(1)
    both = both * ((both - 0.3) / 0.2).clamp(0.0, 1.0)  # what is hardly lung counts for nothing
    left, right = _span(both.sum(1))
    top, bottom = _span(both.sum(2))
    border_x, border_y = margin * (right - left), margin * (bottom - top)
    box = torch.stack([left - border_x, top - border_y, right + border_x, bottom + border_y], 1)
    found = (both.mean((1, 2)) > LEAST_LUNG).to(box.dtype)[:, None]
    whole = torch.tensor(WHOLE_FILM, dtype=box.dtype, device=box.device)
    return box.clamp(-1.1, 1.1) * found + whole * (1.0 - found)


def sample_box(image: Tensor, box: Tensor, side: int) -> Tensor:
    """Return what lies in the boxes, stretched to (N, C, side, side); black outside the film."""
    return F.grid_sample(image, _grid(box, side), align_corners=False, padding_mode="zeros")


def place_box(maps: Tensor, box: Tensor, side: int = 128) -> Tensor:
    """Return maps of the boxes put back where they came from: (N, C, side, side), 0 elsewhere."""
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    centre_x, centre_y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    inverse = torch.stack(
        [
            (-1.0 - centre_x) / width * 2.0,
            (-1.0 - centre_y) / height * 2.0,
            (1.0 - centre_x) / width * 2.0,
            (1.0 - centre_y) / height * 2.0,
        ],
        1,
    )
    return F.grid_sample(maps, _grid(inverse, side), align_corners=False, padding_mode="zeros")


def _span(profile: Tensor) -> tuple[Tensor, Tensor]:
    mass = profile / (profile.sum(1, keepdim=True) + 1e-6)
    start, end = mass_edges(mass, TAIL)
    size = profile.shape[1]
    return start[:, 0] / size * 2.0 - 1.0, end[:, 0] / size * 2.0 - 1.0


def _grid(box: Tensor, side: int) -> Tensor:
    """Return the sampling grid (N, side, side, 2) of boxes (N, 4)."""
    step = (torch.arange(side, device=box.device, dtype=box.dtype) + 0.5) / side
    x = box[:, :1] + (box[:, 2:3] - box[:, :1]) * step
    y = box[:, 1:2] + (box[:, 3:] - box[:, 1:2]) * step
    return torch.stack(
        [x[:, None, :].expand(-1, side, side), y[:, :, None].expand(-1, side, side)], 3
    )


def mass_edges(mass: Tensor, tail: float) -> tuple[Tensor, Tensor]:
    """Return where along the last axis lungs begin and end: between cells, not at one of them.

    ``tail`` of the mass lies before the beginning, and as much after the end. ``mass``: (..., n),
    sums to 1 along the axis. Both are (..., 1) in [0, n].
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
