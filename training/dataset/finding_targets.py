"""Weak findings, learned only where a source tells both films with them and films without.

A finding that all films of a source have, and none of another, would teach the hospital.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from radiograde.data.film import Film

FINDINGS = (
    "No Finding", "Pneumonia", "COVID-19", "Infiltration", "Consolidation", "Atelectasis",
    "Effusion", "Edema", "Nodule",
)  # fmt: skip
"""Weak labels that are learned beside the lungs; the view PA is learned after them."""

FEWEST_OF_A_STATE = 5
"""Films of a source that must have a finding, and as many that must not, for it to be learned."""


def finding_targets(films: Sequence[Film]) -> Tensor:
    """Return whether each film has each finding, and whether it is PA: (N, F + 1), NaN unknown."""
    states = torch.tensor([_states(film) for film in films])
    groups: dict[str, list[int]] = defaultdict(list)
    for number, film in enumerate(films):
        groups[film.source].append(number)
    for members in groups.values():
        own = states[members]
        told = ((own == 1).sum(0) >= FEWEST_OF_A_STATE) & ((own == 0).sum(0) >= FEWEST_OF_A_STATE)
        states[members] = torch.where(told, own, torch.nan)
    return states


def _states(film: Film) -> list[float]:
    known = film.findings
    view = {"PA": 1.0, "AP": 0.0}.get(film.view, float("nan"))
    return [*(float(known.get(name, float("nan"))) for name in FINDINGS), view]
