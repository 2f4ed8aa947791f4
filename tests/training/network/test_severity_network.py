from __future__ import annotations

import pytest
import torch

from radiograde.training.config import NetworkConfig
from radiograde.training.network.severity_network import NetworkOutput, SeverityNetwork, standardise

SMALL = NetworkConfig(input_size=128, pass_size=64, width=16)


@pytest.fixture(scope="module")
def network() -> SeverityNetwork:
    torch.manual_seed(0)
    return SeverityNetwork(SMALL, pretrained=False).eval()


def test_exposure_drops_out() -> None:
    picture = torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(
        standardise(picture), standardise(0.5 * picture + 0.2), atol=0.25, rtol=0.0
    )


def test_a_picture_is_summed_up_by_its_two_deepest_features(network: SeverityNetwork) -> None:
    picture = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        output = network(picture)
        *_, deep, deepest = network.encoder(standardise(picture))
    assert output.summary.shape == (2, network.summary_size)
    expected = torch.cat([deepest.mean((2, 3)), deep.mean((2, 3))], 1)
    torch.testing.assert_close(output.summary, expected)


def test_scores_are_computed_in_full_precision_where_convolutions_are_not(
    network: SeverityNetwork,
) -> None:
    """Logits and shares near 0 lose what tells them apart in bfloat16."""
    kept: list[torch.Tensor] = []
    graded = network._graded

    def watched(maps: torch.Tensor, features: list[torch.Tensor]) -> NetworkOutput:
        kept.extend([maps, *features])
        return graded(maps, features)

    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(network, "_graded", watched)
        with torch.autocast("cpu", torch.bfloat16):
            output = network(torch.rand(2, 1, 64, 64))
            assert network.map_head(torch.rand(1, 16, 4, 4)).dtype is torch.bfloat16
    assert {part.dtype for part in output} == {torch.float32}
    alone = graded(kept[0], kept[1:])
    for name, part in output._asdict().items():
        torch.testing.assert_close(part, getattr(alone, name), atol=0, rtol=0)


def test_opacity_answers_to_deep_features_alone_and_outlines_to_all(
    network: SeverityNetwork,
) -> None:
    features = [feature.detach() for feature in network.encoder(torch.rand(1, 1, 64, 64))]
    for feature in features:
        feature.requires_grad_(True)
    opacity = network.opacity_head(*features[-2:])
    outlines = network.map_head(network.pyramid(features))
    assert opacity.shape == outlines.shape == (1, 2, 16, 16)
    torch.autograd.backward([opacity.sum()])
    assert [feature.grad is None for feature in features] == [True, True, False, False]
    torch.autograd.backward([outlines.sum()])
    assert all(feature.grad is not None for feature in features)
