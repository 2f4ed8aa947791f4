from __future__ import annotations

import pytest
import torch

from radiograde.training.errors import ConfigError
from radiograde.training.network import encoder


def test_the_four_features_halve_from_stride_four() -> None:
    features = encoder.build("efficientnet_lite0", pretrained=False)(torch.zeros(1, 1, 128, 128))
    assert [feature.shape[-1] for feature in features] == [32, 16, 8, 4]


def test_imagenet_weights_answer_to_structure_not_to_noise_of_loading() -> None:
    trained = encoder.build("efficientnet_lite0")(torch.rand(1, 1, 128, 128))[-1]
    assert trained.isfinite().all()
    assert 0.05 < trained.std().item() < 20.0


def test_an_unknown_encoder_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="resnet9000"):
        encoder.build("resnet9000")
