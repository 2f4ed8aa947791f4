"""The films' labels as tensors, for the network to learn; NaN where a label is absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from radiograde.data.errors import ManifestError, Problem
from radiograde.data.film import Film
from radiograde.model.scoring.scales import BRIXIA, OPACITY

FINDINGS = (
    "No Finding", "Pneumonia", "COVID-19", "Infiltration", "Consolidation", "Atelectasis",
    "Effusion", "Edema", "Nodule",
)  # fmt: skip
"""Weak labels that pretraining learns beside the lungs; the view PA is learned after them."""

READERS = ("S", "J")
EXTENT6_READERS = ("R", "D")

FEWEST_FOR_IMPUTATION = 20
"""Films graded on both scales below which no plane is laid through them."""

MIRRORED = [3, 4, 5, 0, 1, 2, 6, 7]
"""Where the zones, extent and opacity of a pseudo-label are found in the mirror."""

NORMAL_FINDINGS = {"no finding", "nodule"}
"""Findings beside which no pneumonia is expected."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels of N films.

    ``zones``: (N, readers, 6) in 0-3. ``extent``, ``opacity``: (N,) in 0-8.
    ``extent6``: (N, readers) in 0-6. ``findings``: (N, F + 1) in 0-1, the last one the view PA.
    ``normal``: (N,) 1 where no pneumonia is expected, else 0.
    ``has_mask``: (N,) 1 where lung masks exist, else 0.
    ``imputed_brixia``: (N,) in 0-18, the global Brixia score expected from extent and opacity.
    ``pseudo_labels``: (N, 8) zones, extent and opacity as a teacher graded them.
    """

    zones: Tensor
    extent: Tensor
    opacity: Tensor
    extent6: Tensor
    findings: Tensor
    normal: Tensor
    has_mask: Tensor
    imputed_brixia: Tensor
    pseudo_labels: Tensor

    def rows(self, index: Tensor, device: torch.device) -> Targets:
        """Return the targets of some films on a device."""
        return Targets(*(getattr(self, f.name)[index].to(device) for f in fields(self)))

    def mirrored(self, mirror: Tensor) -> Targets:
        """Return the targets with left and right zones swapped where ``mirror`` (N,) is true."""
        swapped = torch.cat([self.zones[..., 3:], self.zones[..., :3]], -1)
        zones = torch.where(mirror[:, None, None], swapped, self.zones)
        pseudo_labels = torch.where(
            mirror[:, None], self.pseudo_labels[:, MIRRORED], self.pseudo_labels
        )
        return replace(self, zones=zones, pseudo_labels=pseudo_labels)


def targets_of(films: Sequence[Film]) -> Targets:
    """Return the targets of the films, in their order.

    Raises:
        ManifestError: a reader whom the network does not know.
    """
    _check_readers(films)
    nothing = float("nan")
    return Targets(
        zones=torch.tensor(
            [[film.brixia.get(reader, (nothing,) * 6) for reader in READERS] for film in films],
            dtype=torch.float32,
        ),
        extent=torch.tensor([_number(film.geographic_extent) for film in films]),
        opacity=torch.tensor([opacity_of(film) for film in films]),
        extent6=torch.tensor(
            [[_extent6(film, reader) for reader in EXTENT6_READERS] for film in films]
        ),
        findings=torch.tensor([_findings(film) for film in films]),
        normal=torch.tensor([float(is_normal(film)) for film in films]),
        has_mask=torch.tensor([float(film.has_lung_masks) for film in films]),
        imputed_brixia=torch.full((len(films),), nothing),
        pseudo_labels=torch.full((len(films), 8), nothing),
    )


def impute_brixia(targets: Targets, films: Tensor) -> Targets:
    """Return the targets with a global Brixia score expected from extent and opacity.

    A plane through those of ``films`` (indices) that readers graded on all three scales stands
    in for the missing Brixia readers of the others; films beyond ``films`` play no part.
    """
    brixia = targets.zones.sum(2).nanmean(1)
    inputs = torch.stack([targets.extent, targets.opacity, torch.ones_like(brixia)], 1)
    graded = ~inputs.isnan().any(1)
    both = films[(graded & ~brixia.isnan())[films]]
    imputed = torch.full_like(brixia, torch.nan)
    if len(both) >= FEWEST_FOR_IMPUTATION:
        plane = torch.linalg.lstsq(inputs[both], brixia[both, None]).solution
        alone = graded & brixia.isnan()
        imputed[alone] = (inputs[alone] @ plane)[:, 0].clamp(BRIXIA.low, BRIXIA.high)
    return replace(targets, imputed_brixia=imputed)


def masks_alone(targets: Targets) -> Targets:
    """Return the targets without findings of films that have lung masks: lungs are left of them.

    Pretraining uses every fold: the labels that it is not given can be measured on these films.
    """
    masked = targets.has_mask == 1
    findings = targets.findings.clone()
    findings[masked] = torch.nan
    return replace(targets, findings=findings, normal=targets.normal * ~masked)


def is_normal(film: Film) -> bool:
    """Return whether the film's findings leave no room for pneumonia."""
    return bool(film.finding) and {name.lower() for name in film.finding} <= NORMAL_FINDINGS


def _check_readers(films: Sequence[Film]) -> None:
    problems = [
        Problem(film.row, scale, f"training knows the readers {' and '.join(known)} alone")
        for film in films
        for scale, readers, known in (
            ("brixia", film.brixia, READERS),
            ("extent6", film.extent6, EXTENT6_READERS),
        )
        if readers.keys() - set(known)
    ]
    if problems:
        raise ManifestError(problems)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def opacity_of(film: Film) -> float:
    """Return the opacity on 0-8, whichever scale it was read on; NaN without one."""
    if film.opacity is None:
        return float("nan")
    return film.opacity * OPACITY.high / (film.opacity_max or OPACITY.high)


def _extent6(film: Film, reader: str) -> float:
    return float("nan") if film.extent6_doubtful else _number(film.extent6.get(reader))


def _findings(film: Film) -> list[float]:
    names = {name.lower() for name in film.finding}
    known = [float(name.lower() in names) if names else float("nan") for name in FINDINGS]
    return [*known, float(film.view == "PA") if film.view in ("PA", "AP") else float("nan")]
