import math
from pathlib import Path

import pytest
import torch

from data.errors import ManifestError
from data.film import Film
from training import losses, targets
from training.config import LossConfig
from training.network import FINDINGS, Look
from training.pooling import ReaderOffsets


def film(**facts: object) -> Film:
    return Film(image=Path("film.png"), patient="P", **facts)  # type: ignore[arg-type]


def look(zones: float = 1.0, extent: float = 2.0, count: int = 1) -> Look:
    return Look(
        lungs=torch.zeros(count, 2, 8, 8),
        opacity=torch.zeros(count, 1, 8, 8),
        zones=torch.full((count, 6), zones),
        shares=torch.zeros(count, 2),
        extent=torch.full((count,), extent),
        opacity_score=torch.full((count,), 2.0),
        findings=torch.zeros(count, len(FINDINGS) + 1),
    )


def terms(look: Look, *films: Film) -> dict[str, torch.Tensor]:
    masks = torch.zeros(len(films), 2, 32, 32)
    return losses.terms(look, masks, targets.of_films(films), ReaderOffsets())


def test_a_film_without_labels_asks_for_nothing() -> None:
    assert losses.total(terms(look(), film()), LossConfig()).item() == 0.0


def test_agreeing_with_every_reader_costs_nothing() -> None:
    parts = terms(look(zones=1.0), film(brixia={"S": (1,) * 6, "J": (1,) * 6}))
    assert parts["zones"].item() == 0.0
    assert parts["brixia"].item() == 0.0


def test_one_reader_alone_is_learned_from_too() -> None:
    parts = terms(look(zones=1.0), film(brixia={"J": (3,) * 6}))
    assert parts["zones"].item() > 1.0


def test_readers_who_differ_are_told_apart() -> None:
    offsets = ReaderOffsets()
    with torch.no_grad():
        offsets.zones.fill_(0.4)
    zones = torch.ones(1, 6)
    assert offsets.zones_of(zones, 0).mean() > offsets.zones_of(zones, 1).mean()
    torch.testing.assert_close((offsets.zones_of(zones, 0) + offsets.zones_of(zones, 1)) / 2, zones)


def test_a_clear_film_is_pulled_down_only_where_it_is_above_none() -> None:
    clear = film(finding=("No Finding",))
    assert terms(look(zones=1.0, extent=0.0), clear)["clear"].item() > float(
        terms(look(zones=0.1, extent=0.0), clear)["clear"]
    )


def test_opacity_graded_to_six_is_brought_to_eight() -> None:
    row = targets.of_films([film(opacity=3.0, opacity_max=6.0)])
    assert math.isclose(float(row.opacity[0]), 4.0)


def test_mirroring_swaps_the_zones_of_every_reader() -> None:
    row = targets.of_films([film(brixia={"S": (0, 1, 2, 3, 2, 1), "J": (3, 3, 3, 0, 0, 0)})])
    mirrored = row.mirrored(torch.tensor([True]))
    assert mirrored.zones[0].tolist() == [[3, 2, 1, 0, 1, 2], [0, 0, 0, 3, 3, 3]]
    assert torch.equal(row.mirrored(torch.tensor([False])).zones, row.zones)


def test_a_reader_without_a_place_is_not_dropped_in_silence() -> None:
    with pytest.raises(ManifestError, match="row 7, brixia: training knows the readers S and J"):
        targets.of_films([film(brixia={"chief": (0,) * 6}, row=7)])


def test_a_plane_through_films_graded_on_all_scales_stands_in_for_brixia() -> None:
    both = [
        film(brixia={"S": (n % 3,) * 6, "J": (n % 3,) * 6}, geographic_extent=n % 3, opacity=n / 8)
        for n in range(24)
    ]
    alone, held_out = film(geographic_extent=2.0, opacity=1.0), film(brixia={"S": (3,) * 6})
    rows = targets.of_films([*both, alone, held_out])
    bridged = targets.bridged(rows, torch.arange(25))
    assert float(bridged.bridge[24]) == pytest.approx(12.0, abs=1e-3)
    assert bridged.bridge[[*range(24), 25]].isnan().all()
    assert targets.bridged(rows, torch.arange(10)).bridge.isnan().all()


def test_a_doubtful_extent_is_no_label() -> None:
    row = targets.of_films([film(extent6={"R": 5.0}, extent6_doubtful=True)])
    assert row.extent6.isnan().all()
