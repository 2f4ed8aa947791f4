"""The films' labels as tensors, for the network to learn; NaN where a label is absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import torch
from torch import Tensor

from radiograde.data.film import Film
from radiograde.data.film_header import FIRST_TRANSPOSED, read_header
from radiograde.data.label_scales import LUNGS, WHOLE
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONES
from radiograde.training.dataset.finding_targets import FINDINGS, finding_targets

__all__ = ["FINDINGS", "READERS", "Series", "Targets", "targets_of"]

READERS = ("S", "J")
"""The readers of Brixia whose agreement is reported."""

SITES = (*ZONES, *LUNGS, WHOLE)
"""Where a scale is read: six zones, two lungs, the whole film."""

MIRRORED_SITES = [3, 4, 5, 0, 1, 2, 7, 6, 8]

FEWEST_FOR_IMPUTATION = 20
"""Films graded on both scales below which no plane is laid through them."""

MIRRORED = [3, 4, 5, 0, 1, 2, 6, 7]
"""Where the zones, extent and opacity of a pseudo-label are found in the mirror."""

MOST_BOXES = 8
"""Boxes of a film that are learned from; more are rare."""

NORMAL_FINDINGS = {"no finding", "nodule"}
"""Findings beside which no pneumonia is expected."""

CLEAR_READS = ("normal", "negative")
"""What ``read`` says of a film on which a radiologist saw no pneumonia."""

PNEUMONIA_READS = ("typical", "indeterminate", "atypical")


class Series(NamedTuple):
    """One scale as one reader reads it."""

    scale: str
    reader: str


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels of N films.

    ``series``: R scales and readers. ``grades``: (N, R, 9) shares of the scale's top at each of
    ``SITES``, 0-1; a lung and the whole film also as the sum of their parts.
    ``clear``: (N,) 1 where a radiologist saw no pneumonia, else 0. ``pneumonia``: (N,) 0, 1.
    ``findings``: (N, F + 1) in 0-1, the last one the view PA. ``has_mask``: (N,) 1 where lung masks
    exist, else 0. ``has_opacity_mask``: (N,) the same of ground glass or consolidation.
    ``boxes``: (N, 8, 4) left, top, right, bottom as shares of the upright film. ``boxes_read``:
    (N,) 1 where somebody looked for opacities, so that there are none outside of boxes.
    ``imputed_brixia``: (N,) in 0-18, the global Brixia score expected from extent and opacity.
    ``pseudo_labels``: (N, 8) zones, extent and opacity as a teacher graded them.
    """

    series: tuple[Series, ...]
    grades: Tensor
    clear: Tensor
    pneumonia: Tensor
    findings: Tensor
    has_mask: Tensor
    has_opacity_mask: Tensor
    boxes: Tensor
    boxes_read: Tensor
    imputed_brixia: Tensor
    pseudo_labels: Tensor

    @property
    def has_boxes(self) -> Tensor:
        """Whether a film (N,) has boxes."""
        return ~self.boxes[:, 0, 0].isnan()

    def of_scale(self, scale: str) -> Tensor:
        """Return the grades (N, readers, 9) of one scale."""
        return self.grades[:, [n for n, one in enumerate(self.series) if one.scale == scale]]

    def total(self, scale: str) -> Tensor:
        """Return the mean of a scale's readers for the whole film, (N,), as a share."""
        return self.of_scale(scale)[:, :, -1].nanmean(1)

    def rows(self, index: Tensor, device: torch.device) -> Targets:
        """Return the targets of some films on a device."""
        return replace(self, **{name: getattr(self, name)[index].to(device) for name in _TENSORS})

    def mirrored(self, mirror: Tensor) -> Targets:
        """Return the targets with left and right swapped where ``mirror`` (N,) is true.

        Boxes stay: they are moved with the film.
        """
        return replace(
            self,
            grades=torch.where(
                mirror[:, None, None], self.grades[..., MIRRORED_SITES], self.grades
            ),
            pseudo_labels=torch.where(
                mirror[:, None], self.pseudo_labels[:, MIRRORED], self.pseudo_labels
            ),
        )

    def lungs_alone(self, films: Tensor) -> Targets:
        """Return the targets with nothing but lungs left of some films (N,) bool."""
        known = ("grades", "pneumonia", "findings", "boxes", "imputed_brixia", "pseudo_labels")
        flags = ("clear", "has_opacity_mask", "boxes_read")
        hidden = {name: _hidden(getattr(self, name), films, torch.nan) for name in known}
        unset = {name: _hidden(getattr(self, name), films, 0.0) for name in flags}
        return replace(self, **hidden | unset)  # type: ignore[arg-type]  # a tensor each


def _hidden(labels: Tensor, films: Tensor, value: float) -> Tensor:
    chosen = films.reshape(-1, *(1,) * (labels.dim() - 1))
    return torch.where(chosen, torch.full_like(labels, value), labels)


_TENSORS = tuple(field.name for field in fields(Targets) if field.name != "series")


def targets_of(films: Sequence[Film]) -> Targets:
    """Return the targets of the films, in their order; every reader is a series of its own."""
    series = sorted({Series(one.scale, one.reader) for film in films for one in film.readings})
    nothing = float("nan")
    grades = torch.full((len(films), len(series), len(SITES)), nothing)
    boxes = torch.full((len(films), MOST_BOXES, 4), nothing)
    for number, film in enumerate(films):
        for place, one in enumerate(series):
            for site, share in _shares(film, one).items():
                grades[number, place, SITES.index(site)] = share
        for place, box in enumerate(_box_shares(film)):
            boxes[number, place] = torch.tensor(box)
    return Targets(
        series=tuple(series),
        grades=grades,
        clear=_flags(is_clear(film) for film in films),
        pneumonia=torch.tensor([_pneumonia(film) for film in films]),
        findings=finding_targets(films),
        has_mask=_flags(film.has_lung_masks for film in films),
        has_opacity_mask=_flags(
            (film.ground_glass_mask or film.consolidation_mask) is not None for film in films
        ),
        boxes=boxes,
        boxes_read=_flags(film.boxes_read is True for film in films),
        imputed_brixia=torch.full((len(films),), nothing),
        pseudo_labels=torch.full((len(films), 8), nothing),
    )


def impute_brixia(targets: Targets, films: Tensor) -> Targets:
    """Return the targets with a global Brixia score expected from extent and opacity.

    A plane through those of ``films`` (indices) that readers graded on all three scales stands
    in for the missing Brixia readers of the others; films beyond ``films`` play no part.
    """
    brixia = targets.total(BRIXIA.name) * BRIXIA.high
    extent, opacity = (targets.total(scale.name) for scale in (EXTENT, OPACITY))
    inputs = torch.stack([extent, opacity, torch.ones_like(brixia)], 1)
    graded = ~inputs.isnan().any(1)
    both = films[(graded & ~brixia.isnan())[films]]
    imputed = torch.full_like(brixia, torch.nan)
    if len(both) >= FEWEST_FOR_IMPUTATION:
        plane = torch.linalg.lstsq(inputs[both], brixia[both, None]).solution
        alone = graded & brixia.isnan()
        imputed[alone] = (inputs[alone] @ plane)[:, 0].clamp(BRIXIA.low, BRIXIA.high)
    return replace(targets, imputed_brixia=imputed)


def is_clear(film: Film) -> bool:
    """Return whether a radiologist read the film and saw no pneumonia.

    What a text names "No Finding" counts for nothing: one in ten of such films carries something.
    """
    return film.read in CLEAR_READS


def is_normal(film: Film) -> bool:
    """Return whether the film's findings leave no room for pneumonia."""
    return bool(film.finding) and {name.lower() for name in film.finding} <= NORMAL_FINDINGS


def opacity_of(film: Film) -> float:
    """Return the opacity on 0-8, whichever scale it was read on; NaN without one."""
    if film.opacity is None:
        return float("nan")
    return film.opacity * OPACITY.high / (film.opacity_max or OPACITY.high)


def _flags(values: Iterable[bool]) -> Tensor:
    return torch.tensor([float(value) for value in values])


def _shares(film: Film, series: Series) -> Mapping[str, float]:
    """Return what a reader gave at each site, and sums of parts, as shares of the top."""
    if series.scale == "extent6" and film.extent6_doubtful:
        return {}
    given = film.grades(series.scale, series.reader)
    shares = {site: one.value / one.top for site, one in given.items()}
    for lung, zones in zip(LUNGS, (ZONES[:3], ZONES[3:]), strict=True):
        if lung not in shares and all(zone in shares for zone in zones):
            shares[lung] = sum(shares[zone] for zone in zones) / len(zones)
    if series.reader in (totals := film.totals(series.scale)):
        shares[WHOLE] = totals[series.reader].value / totals[series.reader].top
    return shares


def _box_shares(film: Film) -> Iterator[tuple[float, float, float, float]]:
    """Yield the largest boxes as shares of the upright film's width and height."""
    if not film.boxes:
        return
    header = read_header(film.image)
    turned = header.orientation >= FIRST_TRANSPOSED
    width, height = (header.rows, header.columns) if turned else (header.columns, header.rows)
    upright = [header.upright_box(box) for box in film.boxes]
    upright.sort(key=lambda box: (box.x1 - box.x0) * (box.y1 - box.y0), reverse=True)
    for box in upright[:MOST_BOXES]:
        yield box.x0 / width, box.y0 / height, box.x1 / width, box.y1 / height


def _pneumonia(film: Film) -> float:
    """Return 1 where somebody saw a pneumonia, 0 where a radiologist saw none, NaN otherwise."""
    if is_clear(film):
        return 0.0
    graded = any(one.value > 0 for one in film.readings)
    named = film.read in PNEUMONIA_READS or film.findings.get("Pneumonia", False)
    return 1.0 if graded or named else float("nan")
