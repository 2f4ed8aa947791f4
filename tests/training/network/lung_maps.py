"""Lung maps made up for a test."""

from __future__ import annotations

import torch


def lungs(top: int = 8, bottom: int = 56) -> torch.Tensor:
    """Two sharp lungs as logits (1, 2, 64, 64)."""
    maps = torch.full((1, 2, 64, 64), -20.0)
    maps[0, 0, top:bottom, 6:28] = 20.0
    maps[0, 1, top:bottom, 36:58] = 20.0
    return maps


def growing(steps: int = 201) -> torch.Tensor:
    """Two lungs as probabilities (steps, 2, 64, 64) that reach two rows further, bit by bit."""
    films = lungs(10, 50).sigmoid().repeat(steps, 1, 1, 1)
    reach = torch.linspace(0, 2, steps)
    for row, share in ((50, reach.clamp(max=1)), (51, (reach - 1).clamp(min=0))):
        for columns in (slice(6, 28), slice(36, 58)):
            films[:, :, row, columns] *= 0
            films[:, int(columns.start > 30), row, columns] = share[:, None]
    return films


def largest_step(values: torch.Tensor) -> float:
    return float((values[1:] - values[:-1]).abs().max())
