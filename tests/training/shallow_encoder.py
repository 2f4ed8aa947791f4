"""An encoder of few blocks: what tests train and export is there in seconds."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from radiograde.training.fit.finetune import _finetune_alone
from radiograde.training.network import encoder

NAME = "shallow"

# kernel, stride, expansion, channels
_STAGES = ((3, 1, 1, 8), (3, 2, 4, 8), (3, 2, 4, 16), (3, 2, 4, 24), (3, 2, 4, 32))


def register(patch: pytest.MonkeyPatch) -> None:
    """Let a configuration name the encoder; it has no weights to start from."""
    lite_blocks = encoder._lite_blocks

    def blocks(name: str, *, pretrained: bool) -> nn.ModuleList:
        return _blocks() if name == NAME else lite_blocks(name, pretrained=pretrained)

    patch.setitem(encoder.LITE, NAME, encoder.LITE["efficientnet_lite0"])
    patch.setattr(encoder, "_lite_blocks", blocks)


def finetune_alone(*arguments: Any) -> float:
    """Train one network in a process of its own, which knows the encoder too."""
    register(pytest.MonkeyPatch())
    return _finetune_alone(*arguments)


def _blocks() -> nn.ModuleList:
    inside = _STAGES[0][3]
    stem = nn.Sequential(nn.Conv2d(1, inside, 3, 2, 1), nn.ReLU6(inplace=True))
    blocks: list[nn.Module] = [stem]
    for kernel, stride, expand, outside in _STAGES:
        blocks.append(encoder._Inverted(inside, outside, kernel, stride, expand))
        inside = outside
    return nn.ModuleList(blocks)
