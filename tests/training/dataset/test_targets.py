import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from radiograde.data.errors import ManifestError
from radiograde.data.film import Film
from radiograde.training.dataset.targets import Targets, impute_brixia, targets_of
from tests.training import samples


def film(**facts: Any) -> Film:
    return samples.film(0, image=Path("film.png"), patient="P", **facts)


def pseudo_labelled(*grades: float) -> Targets:
    """Return the targets of an ungraded film that a teacher graded so."""
    return replace(targets_of([film()]), pseudo_labels=torch.tensor([grades]))


def test_mirroring_swaps_the_zones_that_a_teacher_graded_and_no_more() -> None:
    mirrored = pseudo_labelled(0, 1, 2, 3, 4, 5, 6, 7).mirrored(torch.tensor([True]))
    assert mirrored.pseudo_labels.tolist() == [[3, 4, 5, 0, 1, 2, 6, 7]]


def test_opacity_graded_to_six_is_brought_to_eight() -> None:
    row = targets_of([film(opacity=3.0, opacity_max=6.0)])
    assert math.isclose(float(row.opacity[0]), 4.0)


def test_mirroring_swaps_the_zones_of_every_reader() -> None:
    row = targets_of([film(brixia={"S": (0, 1, 2, 3, 2, 1), "J": (3, 3, 3, 0, 0, 0)})])
    mirrored = row.mirrored(torch.tensor([True]))
    assert mirrored.zones[0].tolist() == [[3, 2, 1, 0, 1, 2], [0, 0, 0, 3, 3, 3]]
    assert torch.equal(row.mirrored(torch.tensor([False])).zones, row.zones)


def test_an_unknown_reader_is_not_dropped_in_silence() -> None:
    with pytest.raises(ManifestError, match="row 7, brixia: training knows the readers S and J"):
        targets_of([film(brixia={"chief": (0,) * 6}, row=7)])


def test_a_plane_through_films_graded_on_all_scales_stands_in_for_brixia() -> None:
    both = [
        film(brixia={"S": (n % 3,) * 6, "J": (n % 3,) * 6}, geographic_extent=n % 3, opacity=n / 8)
        for n in range(24)
    ]
    alone, held_out = film(geographic_extent=2.0, opacity=1.0), film(brixia={"S": (3,) * 6})
    rows = targets_of([*both, alone, held_out])
    imputed = impute_brixia(rows, torch.arange(25))
    assert float(imputed.imputed_brixia[24]) == pytest.approx(12.0, abs=1e-3)
    assert imputed.imputed_brixia[[*range(24), 25]].isnan().all()
    assert impute_brixia(rows, torch.arange(10)).imputed_brixia.isnan().all()


def test_a_doubtful_extent_is_no_label() -> None:
    row = targets_of([film(extent6={"R": 5.0}, extent6_doubtful=True)])
    assert row.extent6.isnan().all()
