import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from radiograde.data.film import Box, Film, Reading
from radiograde.training.dataset.targets import (
    Series,
    Targets,
    impute_brixia,
    opacity_of,
    targets_of,
)
from tests.training import samples


def film(**facts: Any) -> Film:
    return samples.film(0, **({"image": Path("film.png"), "patient": "P"} | facts))


def pseudo_labelled(*grades: float) -> Targets:
    """Return the targets of an ungraded film that a teacher graded so."""
    return replace(targets_of([film()]), pseudo_labels=torch.tensor([grades]))


def test_mirroring_swaps_the_zones_that_a_teacher_graded_and_no_more() -> None:
    mirrored = pseudo_labelled(0, 1, 2, 3, 4, 5, 6, 7).mirrored(torch.tensor([True]))
    assert mirrored.pseudo_labels.tolist() == [[3, 4, 5, 0, 1, 2, 6, 7]]


def test_opacity_graded_to_six_is_brought_to_eight() -> None:
    row = targets_of([film(opacity=3.0, opacity_max=6.0)])
    assert math.isclose(float(row.total("opacity")[0]), 0.5)
    assert opacity_of(film(opacity=3.0, opacity_max=6.0)) == 4.0


def test_mirroring_swaps_the_zones_of_every_reader() -> None:
    row = targets_of([film(brixia={"S": (0, 1, 2, 3, 2, 1), "J": (3, 3, 3, 0, 0, 0)})])
    mirrored = row.mirrored(torch.tensor([True]))
    zones = (3 * mirrored.of_scale("brixia")[0, :, :6]).tolist()
    assert zones == [[0, 0, 0, 3, 3, 3], [3, 2, 1, 0, 1, 2]]
    lungs = row.of_scale("brixia")[0, :, 6:8]
    assert torch.equal(mirrored.of_scale("brixia")[0, :, 6:8], lungs.flip(1))
    torch.testing.assert_close(
        row.mirrored(torch.tensor([False])).grades, row.grades, equal_nan=True
    )


def test_readers_of_any_name_are_a_series_each() -> None:
    one = film(brixia={"CHIEF": (3, 0, 0, 0, 0, 0)})
    lungs = (
        Reading("geographic_extent", "R1", "right", 3, 4),
        Reading("geographic_extent", "R1", "left", 1, 4),
        Reading("geographic_extent", "R2", "right", 2, 4),
    )
    row = targets_of([one, replace(film(), readings=lungs)])
    assert row.series == (
        Series("brixia", "CHIEF"),
        Series("geographic_extent", "R1"),
        Series("geographic_extent", "R2"),
    )
    assert row.grades[0, 0, [0, 6, 8]].tolist() == pytest.approx([1, 1 / 3, 1 / 6])
    assert row.grades[1, 1, 6:].tolist() == [0.75, 0.25, 0.5]
    assert row.grades[1, 2, 6] == 0.5
    assert row.grades[1, 2, 7:].isnan().all(), "of one lung there is no sum"


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
    assert row.of_scale("extent6").isnan().all()


@pytest.mark.parametrize(
    ("facts", "clear"),
    [
        ({"read": "normal"}, 1.0),
        ({"read": "negative"}, 1.0),
        ({"read": "typical"}, 0.0),
        ({"finding": ("No Finding",)}, 0.0),
    ],
)
def test_only_a_radiologist_reads_a_film_as_clear(facts: dict[str, Any], clear: float) -> None:
    assert targets_of([film(**facts)]).clear.tolist() == [clear]


def test_boxes_are_shares_of_the_film_the_largest_first(tmp_path: Path) -> None:
    Image.new("L", (200, 100)).save(tmp_path / "film.png")
    small, large = Box(0, 0, 20, 10), Box(100, 50, 200, 100)
    row = targets_of([film(image=tmp_path / "film.png", boxes=(small, large), boxes_read=True)])
    assert row.boxes[0, :2].tolist() == [[0.5, 0.5, 1.0, 1.0], pytest.approx([0, 0, 0.1, 0.1])]
    assert row.boxes[0, 2:].isnan().all()
    assert row.has_boxes.tolist() == [True]
    assert row.boxes_read.tolist() == [1.0]
