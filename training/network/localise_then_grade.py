"""The whole way from film to grading, as it is exported: find the lungs, then grade them.

The first pass finds the lungs on the whole film. The later ones see boxes around them, stretched
to a square, so that every film is graded in the same alignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from radiograde.model.scoring.scales import EXTENT, OPACITY, ZONE
from radiograde.training.config import NetworkConfig
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.network.lung_crop import WHOLE_FILM, lung_box, place_box, sample_box
from radiograde.training.network.severity_network import NetworkOutput, SeverityNetwork


class Grading(NamedTuple):
    """What the exported graph returns, the maps over the whole square film.

    ``zones``: (N, 6) in [0, 3]. ``scales``: (N, 2) extent and opacity in [0, 8].
    ``spread``: (N, 9) deviation expected of six zones, global score, extent, opacity: what the
    network says of itself, and how far its passes differ. ``opacity_map``: (N, 1, h, w),
    ``density_map``: (N, 1, h, w), ``lung_map``: (N, 2, h, w), all in [0, 1].
    ``scope``: (N, K) probabilities of what the picture is, in the order of ``CLASSES``.
    ``embedding``: (N, F + 2) logits of the findings, of the view PA, and of any pneumonia.
    ``lung_scales``: (N, 2, 2) extent and opacity of the right and the left lung, in [0, 4].
    """

    zones: Tensor
    scales: Tensor
    spread: Tensor
    opacity_map: Tensor
    lung_map: Tensor
    scope: Tensor
    embedding: Tensor
    density_map: Tensor
    lung_scales: Tensor


class LocaliseThenGrade(nn.Module):
    """The whole way from film to grading: what is exported.

    One grading pass sees the lungs from close up, the next from further off in the mirror, and
    what they give is averaged: each alone misses a little that depends on the crop and the side.
    With several ``members``, trained alike from other beginnings, they take turns at the passes.
    """

    def __init__(
        self,
        members: Sequence[SeverityNetwork],
        input_check: InputCheckHead,
        calibration: Calibration,
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.input_check = input_check
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
        whole, boxes, passes = self._look(image)
        # For scores the first pass is too far off; where lung is, it helps to see.
        everywhere = image.new_tensor([WHOLE_FILM]).expand(image.shape[0], 4)
        lungs = _over_the_film([one.lungs for one in (whole, *passes)], [everywhere, *boxes])
        mean = _mean(passes)
        lung_scales = self._lung_scales(mean)
        return Grading(
            self.calibration.zones.apply(mean.zones, ZONE.high),
            lung_scales.sum(2),
            _spread(passes),
            _over_the_film([one.opacity for one in passes], boxes),
            lungs,
            self.input_check(_summary(whole, mean)),
            mean.findings,
            _over_the_film([one.density for one in passes], boxes),
            lung_scales,
        )

    def summarise(self, image: Tensor) -> Tensor:
        """Return what the input check is given of square pictures (N, 1, S, S)."""
        whole, _, passes = self._look(image)
        return _summary(whole, _mean(passes))

    def _look(self, image: Tensor) -> tuple[NetworkOutput, list[Tensor], list[NetworkOutput]]:
        """Return the pass over the whole film, the boxes around the lungs, the passes over them."""
        side = self.config.pass_size
        finder = cast(SeverityNetwork, self.members[0])
        whole = forward_pass(finder, F.interpolate(image, (side, side), mode="area"))
        boxes = [lung_box(whole.lungs, margin) for margin in self.config.grading_margins]
        return whole, boxes, self._passes([sample_box(image, box, side) for box in boxes])

    def _passes(self, crops: Sequence[Tensor]) -> list[NetworkOutput]:
        """Return the output for each of P crops (N, 1, s, s), every other one seen in the mirror.

        What one member sees goes through it as one batch, which takes less time than one by one.
        """
        seen = [crop.flip(3) if number % 2 else crop for number, crop in enumerate(crops)]
        turns = len(self.members)
        given: dict[int, NetworkOutput] = {}
        for first, member in enumerate(self.members[: len(crops)]):
            own = range(first, len(crops), turns)
            batch = forward_pass(cast(SeverityNetwork, member), torch.cat(seen[first::turns]))
            parts = zip(*(part.unflatten(0, (len(own), -1)) for part in batch), strict=True)
            given |= zip(own, map(NetworkOutput._make, parts), strict=True)
        return [unmirror(given[n]) if n % 2 else given[n] for n in range(len(crops))]

    def _lung_scales(self, mean: NetworkOutput) -> Tensor:
        """Return extent and opacity of each lung (N, 2, 2); a film's curve moves both alike."""
        raw = torch.stack([mean.lung_extent, mean.lung_opacity], 1)
        total = raw.sum(2)
        curves = (self.calibration.extent, self.calibration.opacity)
        tops = (EXTENT.high, OPACITY.high)
        applied = [curve.apply(total[:, n], tops[n]) for n, curve in enumerate(curves)]
        share = torch.stack(applied, 1) / total.clamp(min=1e-4)
        return raw * share[:, :, None]


def forward_pass(network: SeverityNetwork, picture: Tensor) -> NetworkOutput:
    """Return the output for pictures (N, 1, s, s), its maps as probabilities."""
    output = cast(NetworkOutput, network(picture))
    return output._replace(
        lungs=output.lungs.sigmoid(),
        opacity=output.opacity.sigmoid(),
        density=output.density.sigmoid(),
    )


def unmirror(output: NetworkOutput) -> NetworkOutput:
    """Return the output for a mirrored picture as one for the picture itself."""
    return output._replace(
        lungs=output.lungs.flip(3).flip(1),
        opacity=output.opacity.flip(3),
        density=output.density.flip(3),
        zones=torch.cat([output.zones[:, 3:], output.zones[:, :3]], 1),
        lung_extent=output.lung_extent.flip(1),
        lung_opacity=output.lung_opacity.flip(1),
        deviations=output.deviations[:, [3, 4, 5, 0, 1, 2, 6, 7, 8]],
        shares=output.shares.flip(1),
    )


def _summary(whole: NetworkOutput, lungs: NetworkOutput) -> Tensor:
    """Return the summaries (N, 2 D) of the film and of its lungs from close up.

    A child's chest is told by both: how much of the film it is, and what is in it.
    """
    return torch.cat([whole.summary, lungs.summary], 1)


def _spread(passes: Sequence[NetworkOutput]) -> Tensor:
    """Return the deviation (N, 9) of zones, global score, extent, opacity: own, among passes."""
    scores = torch.stack(
        [
            torch.cat(
                [
                    one.zones,
                    one.zones.sum(1, keepdim=True),
                    one.extent[:, None],
                    one.opacity_score[:, None],
                ],
                1,
            )
            for one in passes
        ]
    )
    own = torch.stack([one.deviations for one in passes]).mean(0)
    return ((scores - scores.mean(0)).square().mean(0) + own.square()).sqrt()


def _over_the_film(maps: Sequence[Tensor], boxes: Sequence[Tensor]) -> Tensor:
    """Return the mean of maps (N, C, s, s) over the whole film, each within its own box."""
    summed = torch.stack(
        [
            place_box(torch.cat([drawn, torch.ones_like(drawn[:, :1])], 1), box)
            for drawn, box in zip(maps, boxes, strict=True)
        ]
    ).sum(0)
    return summed[:, :-1] / summed[:, -1:].clamp(min=1.0)


def _mean(passes: Sequence[NetworkOutput]) -> NetworkOutput:
    return NetworkOutput(*(torch.stack(parts).mean(0) for parts in zip(*passes, strict=True)))
