"""From the encoder's features to maps: outlines from all of them, opacity from the deep ones."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

OPACITY_WIDTH = 96
"""Channels of the layers that draw opacity."""

FIRST_OPACITY = -2.0
"""Logit of a point's opacity before anything is learned: most of most lungs is clear."""


def separable(width: int) -> tuple[nn.Module, ...]:
    """Return the layers of a separable convolution of 3 x 3 with ReLU."""
    return (
        nn.Conv2d(width, width, 3, padding=1, groups=width),
        nn.Conv2d(width, width, 1),
        nn.ReLU(inplace=True),
    )


class Pyramid(nn.Module):
    """Features of all strides brought to stride 4 (Lin et al. 2017), light."""

    def __init__(self, channels: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.smooth = nn.ModuleList(nn.Sequential(*separable(width)) for _ in channels)

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


class OpacityHead(nn.Module):
    """Opacity and its density from the two deepest features alone.

    Finer ones answer to whatever is bright: ribs, breasts, the heart. Grades of a hospital that
    the network never saw come out better without them (docs/explanation/experiments.md).
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, OPACITY_WIDTH, 1) for c in channels)
        self.maps = nn.Sequential(
            nn.ReLU(inplace=True), *separable(OPACITY_WIDTH), nn.Conv2d(OPACITY_WIDTH, 2, 1)
        )
        nn.init.constant_(cast(Tensor, self.maps[-1].bias)[:1], FIRST_OPACITY)

    def forward(self, deep: Tensor, deepest: Tensor) -> Tensor:
        """Return logits (N, 2, S/4, S/4), smooth, from features at strides 16 and 32."""
        wide = F.interpolate(self.lateral[1](deepest), scale_factor=2.0, mode="nearest")
        maps: Tensor = self.maps(self.lateral[0](deep) + wide)
        return F.interpolate(maps, scale_factor=4.0, mode="bilinear", align_corners=False)
