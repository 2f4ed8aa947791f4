from collections.abc import Callable

import pytest
import torch

from radiograde.training.config import NetworkConfig
from radiograde.training.network import encoder
from radiograde.training.network.heads import ZonePool
from radiograde.training.network.localise_then_grade import seen, seen_in_the_mirror, unmirror
from radiograde.training.network.lung_crop import lung_box, place_box, sample_box
from radiograde.training.network.severity_network import Look, SeverityNetwork, standardise

SMALL = NetworkConfig(input_size=128, look_size=64, width=16)


@pytest.fixture(scope="module")
def network() -> SeverityNetwork:
    torch.manual_seed(0)
    return SeverityNetwork(SMALL, pretrained=False).eval()


def lungs(top: int = 8, bottom: int = 56) -> torch.Tensor:
    """Two sharp lungs as logits (1, 2, 64, 64)."""
    maps = torch.full((1, 2, 64, 64), -20.0)
    maps[0, 0, top:bottom, 6:28] = 20.0
    maps[0, 1, top:bottom, 36:58] = 20.0
    return maps


def test_the_four_features_halve_from_stride_four() -> None:
    features = encoder.build("efficientnet_lite0", pretrained=False)(torch.zeros(1, 1, 128, 128))
    assert [feature.shape[-1] for feature in features] == [32, 16, 8, 4]


def test_imagenet_weights_answer_to_structure_not_to_noise_of_loading() -> None:
    trained = encoder.build("efficientnet_lite0")(torch.rand(1, 1, 128, 128))[-1]
    assert trained.isfinite().all()
    assert 0.05 < trained.std().item() < 20.0


def test_an_unknown_encoder_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="resnet9000"):
        encoder.build("resnet9000")


def test_exposure_drops_out() -> None:
    look = torch.rand(2, 1, 32, 32)
    torch.testing.assert_close(
        standardise(look), standardise(0.5 * look + 0.2), atol=0.25, rtol=0.0
    )


def test_opacity_in_one_third_raises_that_zone_alone() -> None:
    opacity = torch.full((1, 1, 64, 64), -6.0)
    opacity[0, 0, 40:56, 36:58] = 6.0  # the lower part of the patient's left lung
    zones, shares, _ = ZonePool()(lungs(), opacity)
    assert zones[0, 5] > 2.5
    assert zones[0, :5].max() < 0.4
    assert shares[0, 1] > 0.25 > shares[0, 0]


def test_opacity_outside_the_lungs_counts_for_nothing() -> None:
    clear = torch.full((1, 1, 64, 64), -6.0)
    heart = clear.clone()
    heart[0, 0, 20:60, 29:35] = 6.0
    torch.testing.assert_close(
        ZonePool()(lungs(), heart)[0], ZonePool()(lungs(), clear)[0], atol=2e-3, rtol=0
    )


def test_an_unseen_lung_falls_back_to_its_half() -> None:
    none = torch.full((1, 2, 64, 64), -20.0)
    opacity = torch.full((1, 1, 64, 64), -6.0)
    opacity[..., :32] = 6.0
    zones, _, _ = ZonePool()(none, opacity)
    assert zones[0, :3].min() > 2.5
    assert zones[0, 3:].max() < 0.5


def growing(steps: int = 201) -> torch.Tensor:
    """Two lungs as probabilities (steps, 2, 64, 64) that reach two rows further, bit by bit."""
    films = lungs(10, 50).sigmoid().repeat(steps, 1, 1, 1)
    reach = torch.linspace(0, 2, steps)
    for row, share in ((50, reach.clamp(max=1)), (51, (reach - 1).clamp(min=0))):
        for columns in (slice(6, 28), slice(36, 58)):
            films[:, :, row, columns] *= 0
            films[:, int(columns.start > 30), row, columns] = share[:, None]
    return films


def largest_step(values: torch.Tensor) -> float:
    return float((values[1:] - values[:-1]).abs().max())


def test_zones_move_with_the_lungs_and_not_in_whole_rows() -> None:
    """A jump of a score, where rounding chooses the row, is a score that two runtimes differ in."""
    films = growing()
    haze = torch.full((len(films), 1, 64, 64), -6.0)
    haze[:, :, 30:52] = 6.0
    with torch.no_grad():
        zones, _, _ = ZonePool()(torch.logit(films, 1e-6), haze)
    assert float((zones[-1] - zones[0]).abs().max()) > 0.05, "the lung's end matters"
    assert largest_step(zones) < 0.01


def test_the_box_moves_with_the_lungs_and_not_in_whole_rows() -> None:
    bottom = lung_box(growing(), margin=0.0)[:, 3]
    assert float(bottom[-1] - bottom[0]) == pytest.approx(2 / 32, abs=0.01)
    assert largest_step(bottom) < 0.01


def test_the_box_holds_the_lungs() -> None:
    left, top, right, bottom = lung_box(lungs(16, 48).sigmoid(), margin=0.0)[0].tolist()
    assert left == pytest.approx(6 / 32 - 1, abs=0.05)
    assert right == pytest.approx(58 / 32 - 1, abs=0.05)
    assert top == pytest.approx(16 / 32 - 1, abs=0.05)
    assert bottom == pytest.approx(48 / 32 - 1, abs=0.05)


def test_without_lungs_the_box_is_the_whole_film() -> None:
    assert lung_box(torch.zeros(1, 2, 64, 64), margin=0.1)[0].tolist() == [-1, -1, 1, 1]


def test_what_is_sampled_from_a_box_is_put_back_in_its_place() -> None:
    y, x = torch.meshgrid(torch.linspace(0, 3, 128), torch.linspace(0, 5, 128), indexing="ij")
    film = (0.5 + 0.5 * torch.sin(y + x))[None, None]
    box = torch.tensor([[-0.5, -0.75, 0.625, 0.5]])
    back = place_box(sample_box(film, box, 96), box, side=128)
    inside = torch.zeros(128, 128, dtype=torch.bool)
    inside[20:92, 36:100] = True
    assert (back - film)[0, 0][inside].abs().max() < 0.01
    assert back[0, 0, :14].abs().max() == 0


def test_the_look_at_a_mirror_image_is_turned_back() -> None:
    maps = torch.arange(24.0).reshape(1, 3, 2, 4)
    numbers = torch.arange(6.0)[None]
    look = Look(
        *(maps[:, :2], maps[:, 2:], numbers, numbers[:, :2]),
        *(numbers[:, 0], numbers[:, 1], numbers, numbers),
    )
    back = unmirror(look)
    assert back.zones.tolist() == [[3, 4, 5, 0, 1, 2]]
    assert back.shares.tolist() == [[1, 0]]
    assert back.lungs[0, 0].tolist() == [[11, 10, 9, 8], [15, 14, 13, 12]]
    assert back.lungs[0, 1].tolist() == [[3, 2, 1, 0], [7, 6, 5, 4]]
    assert back.opacity[0, 0].tolist() == [[19, 18, 17, 16], [23, 22, 21, 20]]
    for name in ("extent", "opacity_score", "findings", "summary"):
        assert torch.equal(getattr(back, name), getattr(look, name))


def test_a_mirrored_film_swaps_the_lungs(network: SeverityNetwork) -> None:
    picture = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        look, mirrored = seen(network, picture), seen_in_the_mirror(network, picture)
        of_mirror = seen(network, picture.flip(3))
        of_picture = seen_in_the_mirror(network, picture.flip(3))
    for name in ("zones", "opacity", "lungs", "shares", "extent", "opacity_score"):
        one, other = getattr(look, name), getattr(unmirror(of_picture), name)
        torch.testing.assert_close(one, other)
        torch.testing.assert_close(getattr(mirrored, name), getattr(unmirror(of_mirror), name))
    assert not torch.allclose(look.lungs, mirrored.lungs, atol=1e-3)


@pytest.mark.parametrize("see", [seen, seen_in_the_mirror])
def test_the_maps_of_a_look_are_probabilities(
    network: SeverityNetwork, see: Callable[[SeverityNetwork, torch.Tensor], Look]
) -> None:
    with torch.no_grad():
        look = see(network, torch.rand(2, 1, 64, 64))
    for maps in (look.lungs, look.opacity):
        assert ((maps > 0) & (maps < 1)).all()


def test_a_look_is_summed_up_by_its_two_deepest_features(network: SeverityNetwork) -> None:
    picture = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        look = network(picture)
        *_, deep, deepest = network.encoder(standardise(picture))
    assert look.summary.shape == (2, network.summary_size)
    expected = torch.cat([deepest.mean((2, 3)), deep.mean((2, 3))], 1)
    torch.testing.assert_close(look.summary, expected)
