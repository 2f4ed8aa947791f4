from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.config import NetworkConfig
from radiograde.training.network.calibration import Calibration, Curve
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.network.localise_then_grade import (
    Grading,
    LocaliseThenGrade,
    forward_pass,
    unmirror,
)
from radiograde.training.network.lung_crop import lung_box, place_box, sample_box
from radiograde.training.network.severity_network import NetworkOutput, SeverityNetwork

SMALL = NetworkConfig(input_size=128, pass_size=64, width=16)
FILMS = 2


@pytest.fixture(scope="module")
def members() -> list[SeverityNetwork]:
    """Three networks that differ, and see enough lung for boxes of their own."""
    networks = []
    for seed in range(3):
        torch.manual_seed(seed)
        network = SeverityNetwork(SMALL, pretrained=False).eval().requires_grad_(False)
        network.map_head[-1].weight.mul_(20)  # type: ignore[operator]
        network.map_head[-1].bias.zero_()  # type: ignore[operator]
        networks.append(network)
    return networks


@pytest.fixture(scope="module")
def films() -> Tensor:
    return torch.rand(FILMS, 1, 128, 128, generator=torch.Generator().manual_seed(4))


def graded(
    members: list[SeverityNetwork], films: Tensor, calibration: Calibration | None = None
) -> Grading:
    input_check = InputCheckHead(members[0].summary_size)
    torch.nn.init.normal_(input_check.linear.weight, generator=torch.Generator().manual_seed(5))
    model = LocaliseThenGrade(members, input_check, calibration or Calibration()).eval()
    with torch.no_grad():
        grading: Grading = model(films)
    return grading


def mirrored_forward_pass(network: SeverityNetwork, picture: Tensor) -> NetworkOutput:
    """Return the output for the mirror images, turned back."""
    return unmirror(forward_pass(network, picture.flip(3)))


def grading_passes(members: list[SeverityNetwork], films: Tensor) -> list[NetworkOutput]:
    """Return the outputs that a grading should be the mean of: one close up, one in the mirror.

    ``members``: who grades the first box, who the second; the first one finds them.
    """
    small = torch.nn.functional.interpolate(films, (64, 64), mode="area")
    with torch.no_grad():
        lungs = members[0](small).lungs.sigmoid()
        close, far = (
            sample_box(films, lung_box(lungs, margin), 64) for margin in SMALL.grading_margins
        )
        return [forward_pass(members[0], close), mirrored_forward_pass(members[1], far)]


def mean_zones(passes: list[NetworkOutput]) -> Tensor:
    return torch.stack([one.zones for one in passes]).mean(0)


def test_a_grading_keeps_its_ranges(members: list[SeverityNetwork], films: Tensor) -> None:
    grading = graded(members[:1], films)
    assert grading.zones.shape == (FILMS, 6)
    assert ((grading.zones >= 0) & (grading.zones <= 3)).all()
    assert grading.scales.shape == (FILMS, 2)
    assert ((grading.scales >= 0) & (grading.scales <= 8)).all()
    assert grading.spread.shape == (FILMS, 9)
    assert (grading.spread >= 0).all()
    assert grading.scope.shape == (FILMS, len(CLASSES))
    torch.testing.assert_close(grading.scope.sum(1), torch.ones(FILMS))
    for maps in (grading.opacity_map, grading.density_map, grading.lung_map):
        assert maps.shape[-2:] == (128, 128)
        assert ((maps >= 0) & (maps <= 1)).all()


def test_lungs_come_from_every_pass_and_opacity_from_the_close_ones(
    members: list[SeverityNetwork], films: Tensor
) -> None:
    grading = graded(members[:1], films)
    passes = grading_passes([members[0], members[0]], films)
    with torch.no_grad():
        first = forward_pass(
            members[0], torch.nn.functional.interpolate(films, (64, 64), mode="area")
        )
        boxes = [lung_box(first.lungs, margin) for margin in SMALL.grading_margins]
    everywhere = torch.tensor([[-1.0, -1.0, 1.0, 1.0]] * FILMS)
    every_pass = [(first, everywhere), *zip(passes, boxes, strict=True)]

    def mean(name: str, passes: list[tuple[NetworkOutput, Tensor]]) -> Tensor:
        total = torch.stack([place_box(getattr(one, name), box) for one, box in passes]).sum(0)
        weight = torch.stack([place_box(torch.ones(FILMS, 1, 16, 16), box) for _, box in passes])
        return total / weight.sum(0).clamp(min=1.0)

    torch.testing.assert_close(grading.opacity_map, mean("opacity", every_pass[1:]))
    torch.testing.assert_close(grading.lung_map, mean("lungs", every_pass))
    assert not torch.allclose(grading.lung_map, mean("lungs", every_pass[1:]), atol=1e-3)


def test_one_member_takes_every_pass(members: list[SeverityNetwork], films: Tensor) -> None:
    passes = grading_passes([members[0], members[0]], films)
    torch.testing.assert_close(
        graded(members[:1], films).zones, mean_zones(passes), atol=1e-5, rtol=0
    )


def test_two_members_take_a_pass_each(members: list[SeverityNetwork], films: Tensor) -> None:
    grading = graded(members[:2], films)
    passes = grading_passes(members[:2], films)
    torch.testing.assert_close(grading.zones, mean_zones(passes), atol=1e-3, rtol=0)
    extent = torch.stack([one.extent for one in passes]).mean(0)
    torch.testing.assert_close(grading.scales[:, 0], extent, atol=1e-5, rtol=0)
    for one in members[:2]:
        assert not torch.allclose(grading.zones, graded([one], films).zones, atol=1e-3)


def test_what_a_picture_is_is_told_by_the_first_members_pass_over_it_and_by_those_over_the_lungs(
    members: list[SeverityNetwork], films: Tensor
) -> None:
    no_check = InputCheckHead(members[0].summary_size)
    model = LocaliseThenGrade(members[:2], no_check, Calibration()).eval()
    with torch.no_grad():
        whole = (
            members[0].eval()(torch.nn.functional.interpolate(films, (64, 64), mode="area")).summary
        )
        close = torch.stack([one.summary for one in grading_passes(members[:2], films)]).mean(0)
        torch.testing.assert_close(model.summarise(films), torch.cat([whole, close], 1))


def test_spread_is_what_a_network_says_of_itself_and_what_its_passes_differ_by(
    members: list[SeverityNetwork], films: Tensor
) -> None:
    grading = graded(members[:2], films)
    passes = grading_passes(members[:2], films)
    zones = torch.stack([one.zones for one in passes])
    columns = [
        zones.std(0, correction=0),
        zones.sum(2).std(0, correction=0)[:, None],
        torch.stack([one.extent for one in passes]).std(0, correction=0)[:, None],
        torch.stack([one.opacity_score for one in passes]).std(0, correction=0)[:, None],
    ]
    own = torch.stack([one.deviations for one in passes]).mean(0)
    expected = (torch.cat(columns, 1).square() + own.square()).sqrt()
    torch.testing.assert_close(grading.spread, expected, atol=1e-5, rtol=1e-3)
    assert (grading.spread > own.min() * 0.99).all()


def test_extent_and_opacity_are_the_sums_of_both_lungs(
    members: list[SeverityNetwork], films: Tensor
) -> None:
    for curves in (Calibration(), Calibration(Curve(), Curve(0.5, 0.5), Curve(2.0, 0.2))):
        grading = graded(members[:2], films, curves)
        assert grading.lung_scales.shape == (FILMS, 2, 2)
        torch.testing.assert_close(grading.lung_scales.sum(2), grading.scales)


def test_calibration_bends_the_scores_and_leaves_spread_and_maps(
    members: list[SeverityNetwork], films: Tensor
) -> None:
    curves = Calibration(Curve(1.5, -1.0), Curve(0.5, 0.5), Curve(2.0, 0.2))
    plain, bent = graded(members[:1], films), graded(members[:1], films, curves)
    torch.testing.assert_close(bent.zones, curves.zones.apply(plain.zones, 3.0))
    torch.testing.assert_close(bent.scales[:, 0], curves.extent.apply(plain.scales[:, 0], 8.0))
    torch.testing.assert_close(bent.scales[:, 1], curves.opacity.apply(plain.scales[:, 1], 8.0))
    assert not torch.allclose(bent.zones, plain.zones, atol=0.05)
    for name in ("spread", "opacity_map", "density_map", "lung_map", "scope", "embedding"):
        assert torch.equal(getattr(bent, name), getattr(plain, name))


def test_zone_borders_are_the_members_mean(members: list[SeverityNetwork]) -> None:
    before = [member.pool.borders.clone() for member in members]
    members[0].pool.borders.copy_(torch.tensor([0.30, 0.60]))
    members[1].pool.borders.copy_(torch.tensor([0.40, 0.70]))
    model = LocaliseThenGrade(members[:2], InputCheckHead(members[0].summary_size), Calibration())
    assert model.zone_borders == pytest.approx([0.35, 0.65])
    for member, borders in zip(members, before, strict=True):
        member.pool.borders.copy_(borders)


def test_a_film_is_graded_alike_alone_and_among_others(
    members: list[SeverityNetwork], films: Tensor
) -> None:
    together, alone = graded(members[:2], films), graded(members[:2], films[1:])
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one[1:], other, atol=1e-4, rtol=1e-4)


def test_the_output_for_a_mirror_image_is_turned_back() -> None:
    maps = torch.arange(24.0).reshape(1, 3, 2, 4)
    numbers = torch.arange(6.0)[None]
    lungs = numbers[:, :2]
    output = NetworkOutput(
        *(maps[:, :2], maps[:, 2:], maps[:, 2:], numbers, lungs, lungs, lungs),
        *(torch.arange(9.0)[None], numbers, numbers),
    )
    back = unmirror(output)
    assert back.zones.tolist() == [[3, 4, 5, 0, 1, 2]]
    for lungs_swapped in (back.shares, back.lung_extent, back.lung_opacity):
        assert lungs_swapped.tolist() == [[1, 0]]
    assert back.deviations.tolist() == [[3, 4, 5, 0, 1, 2, 6, 7, 8]]
    assert torch.equal(back.density, back.opacity)
    assert back.lungs[0, 0].tolist() == [[11, 10, 9, 8], [15, 14, 13, 12]]
    assert back.lungs[0, 1].tolist() == [[3, 2, 1, 0], [7, 6, 5, 4]]
    assert back.opacity[0, 0].tolist() == [[19, 18, 17, 16], [23, 22, 21, 20]]
    for name in ("extent", "opacity_score", "findings", "summary"):
        assert torch.equal(getattr(back, name), getattr(output, name))


def test_a_mirrored_film_swaps_the_lungs(members: list[SeverityNetwork]) -> None:
    picture = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        output, mirrored = (
            forward_pass(members[0], picture),
            mirrored_forward_pass(members[0], picture),
        )
        of_mirror = forward_pass(members[0], picture.flip(3))
        of_picture = mirrored_forward_pass(members[0], picture.flip(3))
    for name in ("zones", "opacity", "density", "lungs", "shares", "lung_extent", "deviations"):
        one, other = getattr(output, name), getattr(unmirror(of_picture), name)
        torch.testing.assert_close(one, other)
        torch.testing.assert_close(getattr(mirrored, name), getattr(unmirror(of_mirror), name))
    assert not torch.allclose(output.lungs, mirrored.lungs, atol=1e-3)


@pytest.mark.parametrize("run", [forward_pass, mirrored_forward_pass])
def test_the_maps_of_a_pass_are_probabilities(
    members: list[SeverityNetwork], run: Callable[[SeverityNetwork, torch.Tensor], NetworkOutput]
) -> None:
    with torch.no_grad():
        output = run(members[0], torch.rand(2, 1, 64, 64))
    for maps in (output.lungs, output.opacity, output.density):
        assert ((maps > 0) & (maps < 1)).all()
