"""The whole way from film to grading, as it is exported: a look for the lungs, looks at them.

The later looks are at boxes around the lungs that the first one found, stretched to a square, so
that every film is graded in the same alignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.model.scoring.scales import EXTENT, OPACITY, ZONE
from radiograde.training.config import NetworkConfig
from radiograde.training.input_check.head_fit import ScopeHead
from radiograde.training.network.curves import Calibration
from radiograde.training.network.lung_crop import lung_box, place_box, sample_box
from radiograde.training.network.severity_network import Look, SeverityNetwork


class Grading(NamedTuple):
    """What the exported graph returns, the maps over the whole square film.

    ``zones``: (N, 6) in [0, 3]. ``scales``: (N, 2) extent and opacity in [0, 8].
    ``spread``: (N, 9) deviation among the looks: six zones, global score, extent, opacity.
    ``opacity_map``: (N, 1, h, w), ``lung_map``: (N, 2, h, w), both in [0, 1].
    ``scope``: (N, K) probabilities of what the picture is, see ``training.input_check.head_fit``.
    ``embedding``: (N, F + 1) logits of the findings and of the view PA.
    """

    zones: Tensor
    scales: Tensor
    spread: Tensor
    opacity_map: Tensor
    lung_map: Tensor
    scope: Tensor
    embedding: Tensor


class TwoLooks(nn.Module):
    """The whole way from film to grading: what is exported.

    The lungs are looked at from close up, and from further off in the mirror, and what the looks
    give is averaged: each alone misses a little that depends on the crop and the side. With
    several ``members``, trained alike from other beginnings, they take turns at the looks.
    """

    def __init__(
        self, members: Sequence[SeverityNetwork], scope: ScopeHead, calibration: Calibration
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.scope = scope
        self.calibration = calibration
        self.config: NetworkConfig = members[0].config

    @property
    def zone_borders(self) -> list[float]:
        """Where the upper zone ends and the lower begins, as shares of a lung's height."""
        members = cast(list[SeverityNetwork], list(self.members))
        borders = torch.stack([member.pool.borders for member in members])
        return cast(list[float], borders.mean(0).tolist())

    def forward(self, image: Tensor) -> Grading:
        """Return the grading of square films (N, 1, S, S) in [0, 1]."""
        side = self.config.look_size
        finder = cast(SeverityNetwork, self.members[0])
        first = seen(finder, F.interpolate(image, (side, side), mode="area"))
        boxes = [lung_box(first.lungs, margin) for margin in self.config.grading_margins]
        ways = zip(cycle((seen, seen_in_the_mirror)), cycle(self.members), boxes, strict=False)
        looks = [
            see(cast(SeverityNetwork, member), sample_box(image, box, side))
            for see, member, box in ways
        ]
        # For scores the first look is too far off; where lung is, it helps to see.
        everywhere = image.new_tensor([[-1.0, -1.0, 1.0, 1.0]]).expand(image.shape[0], 4)
        lungs = _over_the_film([look.lungs for look in (first, *looks)], [everywhere, *boxes])
        look = _mean(looks)
        return Grading(
            self.calibration.zones.apply(look.zones, ZONE.high),
            torch.stack(
                [
                    self.calibration.extent.apply(look.extent, EXTENT.high),
                    self.calibration.opacity.apply(look.opacity_score, OPACITY.high),
                ],
                1,
            ),
            _spread(looks),
            _over_the_film([look.opacity for look in looks], boxes),
            lungs,
            self.scope(first.summary),
            look.findings,
        )


def seen(network: SeverityNetwork, picture: Tensor) -> Look:
    """Return the look at pictures, its maps as probabilities."""
    look = cast(Look, network(picture))
    return look._replace(lungs=look.lungs.sigmoid(), opacity=look.opacity.sigmoid())


def seen_in_the_mirror(network: SeverityNetwork, picture: Tensor) -> Look:
    """Return the look at the mirror images, turned back, its maps as probabilities."""
    return unmirror(seen(network, picture.flip(3)))


def unmirror(look: Look) -> Look:
    """Return the look at a mirrored picture as one at the picture itself."""
    return look._replace(
        lungs=look.lungs.flip(3).flip(1),
        opacity=look.opacity.flip(3),
        zones=torch.cat([look.zones[:, 3:], look.zones[:, :3]], 1),
        shares=look.shares.flip(1),
    )


def _spread(looks: list[Look]) -> Tensor:
    """Return the deviation among the looks (N, 9) of zones, global score, extent and opacity."""
    scores = torch.stack(
        [
            torch.cat(
                [
                    look.zones,
                    look.zones.sum(1, keepdim=True),
                    look.extent[:, None],
                    look.opacity_score[:, None],
                ],
                1,
            )
            for look in looks
        ]
    )
    return (scores - scores.mean(0)).square().mean(0).sqrt()


def _over_the_film(maps: list[Tensor], boxes: list[Tensor]) -> Tensor:
    """Return the mean of maps (N, C, s, s) over the whole film, each within its own box."""
    summed = torch.stack(
        [
            place_box(torch.cat([drawn, torch.ones_like(drawn[:, :1])], 1), box)
            for drawn, box in zip(maps, boxes, strict=True)
        ]
    ).sum(0)
    return summed[:, :-1] / summed[:, -1:].clamp(min=1.0)


def _mean(looks: list[Look]) -> Look:
    return Look(*(torch.stack(parts).mean(0) for parts in zip(*looks, strict=True)))
