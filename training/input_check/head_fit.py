"""What a picture is: a frontal chest film of an adult, or one of the things that are sent instead.

One linear layer on what the network's first look sees, trained after the network, which stays as
it is. A film is graded where ``frontal`` is probable enough; else the likeliest other class is
the reason given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.model.scoring.scope import CLASSES
from radiograde.training.network.severity_network import SeverityNetwork

DECAY = 0.1
BATCH = 16


class ScopeHead(nn.Module):
    """Probabilities of ``CLASSES`` from the summary of a look at the whole film."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, len(CLASSES))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, summary: Tensor) -> Tensor:
        """Return (N, K) probabilities for summaries (N, D)."""
        scores: Tensor = self.linear(summary)
        return scores.softmax(1)


@dataclass(frozen=True, slots=True)
class Pictures:
    """M prepared pictures and what each is.

    ``squares``: (M, S, S) uint8. ``labels``: (M,) index in ``CLASSES``. ``folds``: (M,).
    ``kinds``: what each was, in words. ``counts``: (M,) False for a changed copy, which teaches
    but is not counted in figures.
    """

    squares: NDArray[np.uint8]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
    kinds: tuple[str, ...]
    counts: NDArray[np.bool_]


@torch.no_grad()
def summaries(network: SeverityNetwork, pictures: Pictures, device: torch.device) -> Tensor:
    """Return what the first look sees of each picture, (M, D)."""
    network = network.to(device).eval()
    side, found = network.config.look_size, []
    for start in range(0, len(pictures.squares), BATCH):
        squares = torch.from_numpy(pictures.squares[start : start + BATCH]).to(device)
        looks = F.interpolate(squares[:, None].float() / 255, (side, side), mode="area")
        found.append(network(looks).summary.cpu())
    return torch.cat(found)


def fit(inputs: Tensor, labels: Tensor) -> ScopeHead:
    """Return the head that tells pictures (M, D) of classes (M,) apart.

    Logistic regression with a weight decay; a rare class weighs as much as its root in films.
    """
    mean, deviation = inputs.mean(0), inputs.std(0) + 1e-3
    scaled = (inputs - mean) / deviation
    head = ScopeHead(inputs.shape[1])
    counts = torch.bincount(labels, minlength=len(CLASSES)).clamp(min=1)
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        entropy = F.cross_entropy(head.linear(scaled), labels, weight=counts.float().rsqrt())
        total = entropy + DECAY * head.linear.weight.square().sum() / inputs.shape[1]
        total.backward()
        return total

    optimiser.step(loss)
    with torch.no_grad():
        head.linear.weight.div_(deviation)
        head.linear.bias.sub_(head.linear.weight @ mean)
    return head.eval().requires_grad_(False)
