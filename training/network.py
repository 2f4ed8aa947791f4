"""The network looks twice: first for the lungs on the whole film, then at the lungs.

The same weights serve both looks. The second look is a box around the lungs that the first
one found, stretched to a square, so that every film is graded in the same alignment. What is
graded is a map of opacity; a zone's score is the mean of that map over a third of a lung, so
the picture explains the score by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from training import encoder
from training.config import NetworkConfig

FINDINGS = (
    "No Finding", "Pneumonia", "COVID-19", "Infiltration", "Consolidation", "Atelectasis",
    "Effusion", "Edema", "Nodule",
)  # fmt: skip
"""Weak labels that pretraining learns beside the lungs; the view PA is learned after them."""

READERS = ("S", "J")
EXTENT6_READERS = ("R", "D")


class Look(NamedTuple):
    """What one look at a square picture gives; s is a quarter of the look's side.

    ``lungs``: (N, 2, s, s) logits, patient's right lung first. ``opacity``: (N, 1, s, s) logits.
    ``zones``: (N, 6) in [0, 3]. ``shares``: (N, 2) each lung's involved share in [0, 1].
    ``extent``, ``opacity_score``: (N,) in [0, 8]. ``findings``: (N, F + 1) logits.
    """

    lungs: Tensor
    opacity: Tensor
    zones: Tensor
    shares: Tensor
    extent: Tensor
    opacity_score: Tensor
    findings: Tensor


class Grading(NamedTuple):
    """What the exported graph returns, over the whole square film.

    ``zones``: (N, 6) in [0, 3]. ``scales``: (N, 2) extent and opacity in [0, 8].
    ``opacity_map``: (N, 1, h, w), ``lung_map``: (N, 2, h, w), both in [0, 1].
    ``embedding``: (N, F + 1) logits of the findings and of the view PA.
    """

    zones: Tensor
    scales: Tensor
    opacity_map: Tensor
    lung_map: Tensor
    embedding: Tensor


class SeverityNetwork(nn.Module):
    """One look: encoder, feature pyramid, lung and opacity maps, scores pooled from them."""

    def __init__(self, config: NetworkConfig, *, pretrained: bool = True) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder.build(config.encoder, pretrained=pretrained)
        self.pyramid = Pyramid(self.encoder.channels, config.width)
        self.map_head = nn.Sequential(
            nn.Conv2d(config.width, config.width, 3, padding=1, groups=config.width),
            nn.Conv2d(config.width, config.width, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(config.width, 3, 1),
        )
        self.findings = nn.Linear(self.encoder.channels[-1], len(FINDINGS) + 1)
        self.dropout = nn.Dropout(0.2)
        self.pool = ZonePool()
        self.scales = ScaleHeads()
        self.readers = ReaderOffsets()

    def forward(self, look: Tensor) -> Look:
        """Return the look at pictures (N, 1, S, S), whatever their brightness and contrast."""
        features = self.encoder(standardise(look))
        maps = self.map_head(self.pyramid(features)).float()
        lungs, opacity = maps[:, :2], maps[:, 2:]
        zones, shares, lung_opacity = self.pool(lungs, opacity)
        extent, opacity_score = self.scales(lung_opacity, shares)
        pooled = self.dropout(features[-1].mean((2, 3)))
        return Look(
            lungs, opacity, zones, shares, extent, opacity_score, self.findings(pooled).float()
        )


class Pyramid(nn.Module):
    """Features of all strides brought to stride 4 (Lin et al. 2017), light."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.smooth = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1, groups=width),
                nn.Conv2d(width, width, 1),
                nn.ReLU(inplace=True),
            )
            for _ in channels
        )

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return (N, width, S/4, S/4)."""
        top: Tensor | None = None
        for lateral, smooth, feature in zip(
            reversed(self.lateral), reversed(self.smooth), reversed(features), strict=True
        ):
            level = lateral(feature)
            if top is not None:
                level = level + F.interpolate(top, scale_factor=2.0, mode="nearest")
            top = smooth(level)
        return cast(Tensor, top)


class ZonePool(nn.Module):
    """Pools the opacity map over each lung's upper, middle and lower part.

    Borders between the parts are shares of the lung's height, learned, near a third each. A
    lung that is not seen falls back to its half of the picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.borders = nn.Parameter(torch.tensor([1 / 3, 2 / 3]))
        self.gain = nn.Parameter(torch.tensor(0.0))
        self.offset = nn.Parameter(torch.tensor(0.0))

    def forward(self, lungs: Tensor, opacity: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return zones (N, 6) in [0, 3], involved shares (N, 2) and mean opacity (N, 6)."""
        lung = lungs.sigmoid().detach() + 1e-3 * _halves(lungs)
        dense = opacity.sigmoid()
        bands = self._bands(lung)
        weight = lung[:, :, None] * bands[..., None]  # (N, 2, 3, h, w)
        area = weight.sum((3, 4)) + 1e-4
        mean = ((weight * dense[:, :, None]).sum((3, 4)) / area).flatten(1)
        score = torch.logit(mean, 1e-4) * self.gain.exp() + self.offset
        involved = (8.0 * (dense - 0.25)).sigmoid()
        share = (lung * involved).sum((2, 3)) / (lung.sum((2, 3)) + 1e-4)
        return 3.0 * score.sigmoid(), share, mean

    def _bands(self, lung: Tensor) -> Tensor:
        """Return how much each row belongs to each third: (N, 2, 3, h), summing to 1."""
        mass = lung.sum(3).cumsum(2)
        mass = mass / mass[..., -1:]
        rows = lung.shape[2]
        top = (mass < 0.01).float().sum(2, keepdim=True)
        bottom = (mass < 0.99).float().sum(2, keepdim=True)
        row = torch.arange(rows, device=lung.device, dtype=lung.dtype) + 0.5
        height = (row - top) / (bottom - top + 1.0)
        below = ((height[:, :, None] - self.borders[:, None]) * 40.0).sigmoid()
        upper, lower = below[:, :, :1], below[:, :, 1:]
        return torch.cat([1 - upper, upper * (1 - lower), lower], 2)


class ScaleHeads(nn.Module):
    """Extent and opacity of each lung, 0-4, from what was pooled in it; one rule for both."""

    def __init__(self) -> None:
        super().__init__()
        self.extent = _rising(4)
        self.opacity = _rising(4)

    def forward(self, lung_opacity: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Return extent (N,) and opacity (N,), each in [0, 8]."""
        lung = torch.cat([lung_opacity.unflatten(1, (2, 3)), shares[..., None]], 2)
        extent = 4.0 * self.extent(lung)[..., 0].sigmoid()
        opacity = 4.0 * self.opacity(lung)[..., 0].sigmoid()
        return extent.sum(1), opacity.sum(1)


def _rising(inputs: int) -> nn.Linear:
    """Return a layer that starts near 0 for clear lungs and rises with every input."""
    layer = nn.Linear(inputs, 1)
    nn.init.constant_(layer.weight, 1.5)
    nn.init.constant_(layer.bias, -2.0)
    return layer


class ReaderOffsets(nn.Module):
    """What sets readers apart; the consensus is the network's own value, between them."""

    def __init__(self) -> None:
        super().__init__()
        self.zones = nn.Parameter(torch.zeros(3))
        self.extent6 = nn.Parameter(torch.tensor([[0.75, 0.0], [0.75, 0.0]]))

    def zones_of(self, zones: Tensor, reader: int) -> Tensor:
        """Return the zones (N, 6) as the reader would score them; the two differ by sign."""
        sign = 0.5 if reader == 0 else -0.5
        return zones + sign * self.zones.repeat(2)

    def extent6_of(self, extent: Tensor, reader: int) -> Tensor:
        """Return the extent (N,) on the reader's 0-6 scale."""
        return extent * self.extent6[reader, 0] + self.extent6[reader, 1]


@dataclass(frozen=True, slots=True)
class Box:
    """Smallest share of the lungs' mass that still counts for the box, on either side."""

    tail: float = 0.003
    least: float = 0.01


class TwoLooks(nn.Module):
    """The whole way from film to grading: what is exported.

    ``mirror``: the second look is taken of the film and of its mirror image and averaged.
    """

    def __init__(self, network: SeverityNetwork, *, mirror: bool = True) -> None:
        super().__init__()
        self.network = network
        self.mirror = mirror

    def forward(self, image: Tensor) -> Grading:
        """Return the grading of square films (N, 1, S, S) in [0, 1]."""
        side = self.network.config.look_size
        first = self.network(F.interpolate(image, (side, side), mode="area"))
        box = lung_box(first.lungs.sigmoid(), self.network.config.margin)
        look = self._graded(sample_box(image, box, side))
        maps = torch.cat([look.opacity, look.lungs], 1)
        whole = place_box(maps, box)
        return Grading(
            look.zones,
            torch.stack([look.extent, look.opacity_score], 1),
            whole[:, :1],
            whole[:, 1:],
            look.findings,
        )

    def _graded(self, picture: Tensor) -> Look:
        look = _as_probabilities(self.network(picture))
        if not self.mirror:
            return look
        mirrored = unmirror(_as_probabilities(self.network(picture.flip(3))))
        return Look(*((a + b) / 2 for a, b in zip(look, mirrored, strict=True)))


def standardise(look: Tensor) -> Tensor:
    """Return pictures with mean 0 and deviation 1 each: exposure and window drop out."""
    mean = look.mean((1, 2, 3), keepdim=True)
    deviation = (look - mean).square().mean((1, 2, 3), keepdim=True).sqrt()
    return (look - mean) / (deviation + 0.02)


def unmirror(look: Look) -> Look:
    """Return the look at a mirrored picture as one at the picture itself."""
    return look._replace(
        lungs=look.lungs.flip(3).flip(1),
        opacity=look.opacity.flip(3),
        zones=torch.cat([look.zones[:, 3:], look.zones[:, :3]], 1),
        shares=look.shares.flip(1),
    )


def lung_box(lungs: Tensor, margin: float, limits: Box = Box()) -> Tensor:
    """Return the box (N, 4) around lung maps (N, 2, h, w): left, top, right, bottom in [-1, 1].

    The whole picture, where less than one percent of it is lung.
    """
    both = lungs.amax(1)
    both = both * (both > 0.4).to(both.dtype)
    left, right = _span(both.sum(1), limits.tail)
    top, bottom = _span(both.sum(2), limits.tail)
    border_x, border_y = margin * (right - left), margin * (bottom - top)
    box = torch.stack([left - border_x, top - border_y, right + border_x, bottom + border_y], 1)
    seen = (both.mean((1, 2)) > limits.least).to(box.dtype)[:, None]
    whole = torch.tensor([-1.0, -1.0, 1.0, 1.0], dtype=box.dtype, device=box.device)
    return box.clamp(-1.1, 1.1) * seen + whole * (1.0 - seen)


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


def _span(profile: Tensor, tail: float) -> tuple[Tensor, Tensor]:
    mass = profile.cumsum(1)
    mass = mass / (mass[:, -1:] + 1e-6)
    size = profile.shape[1]
    start = (mass < tail).to(profile.dtype).sum(1)
    end = (mass < 1.0 - tail).to(profile.dtype).sum(1) + 1.0
    return start / size * 2.0 - 1.0, end / size * 2.0 - 1.0


def _grid(box: Tensor, side: int) -> Tensor:
    """Return the sampling grid (N, side, side, 2) of boxes (N, 4)."""
    step = (torch.arange(side, device=box.device, dtype=box.dtype) + 0.5) / side
    x = box[:, :1] + (box[:, 2:3] - box[:, :1]) * step
    y = box[:, 1:2] + (box[:, 3:] - box[:, 1:2]) * step
    return torch.stack(
        [x[:, None, :].expand(-1, side, side), y[:, :, None].expand(-1, side, side)], 3
    )


def _halves(lungs: Tensor) -> Tensor:
    """Return (1, 2, 1, w): 1 over the half of the picture in which each lung lies."""
    columns = torch.arange(lungs.shape[3], device=lungs.device) < lungs.shape[3] // 2
    right = columns.to(lungs.dtype)
    return torch.stack([right, 1 - right])[None, :, None, :]


def _as_probabilities(look: Look) -> Look:
    return look._replace(lungs=look.lungs.sigmoid(), opacity=look.opacity.sigmoid())
