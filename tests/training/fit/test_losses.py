from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from radiograde.data.film import Film
from radiograde.training.config import LossConfig
from radiograde.training.dataset.targets import (
    FINDINGS,
    Targets,
    masks_alone,
    targets_of,
)
from radiograde.training.fit import losses
from radiograde.training.network.heads import ReaderOffsets
from radiograde.training.network.severity_network import NetworkOutput
from tests.training import samples

CPU = torch.device("cpu")


def film(**facts: Any) -> Film:
    return samples.film(0, image=Path("film.png"), patient="P", **facts)


def output(
    zones: float = 1.0, extent: float = 2.0, count: int = 1, opacity: float = 2.0
) -> NetworkOutput:
    return NetworkOutput(
        lungs=torch.zeros(count, 2, 8, 8),
        opacity=torch.zeros(count, 1, 8, 8),
        zones=torch.full((count, 6), zones),
        shares=torch.zeros(count, 2),
        extent=torch.full((count,), extent),
        opacity_score=torch.full((count,), opacity),
        findings=torch.zeros(count, len(FINDINGS) + 1),
        summary=torch.zeros(count, 4),
    )


def terms(graded: NetworkOutput, *films: Film) -> dict[str, torch.Tensor]:
    masks = torch.zeros(len(films), 2, 32, 32)
    return losses.loss_terms(graded, masks, targets_of(films), ReaderOffsets())


def test_a_film_without_labels_adds_nothing() -> None:
    assert losses.total_loss(terms(output(), film()), LossConfig()).item() == 0.0


def test_agreeing_with_every_reader_costs_nothing() -> None:
    parts = terms(output(zones=1.0), film(brixia={"S": (1,) * 6, "J": (1,) * 6}))
    assert parts["zones"].item() == 0.0
    assert parts["brixia"].item() == 0.0


def test_one_reader_alone_is_learned_from_too() -> None:
    parts = terms(output(zones=1.0), film(brixia={"J": (3,) * 6}))
    assert parts["zones"].item() > 1.0


def test_readers_who_differ_are_told_apart() -> None:
    offsets = ReaderOffsets()
    with torch.no_grad():
        offsets.zones.fill_(0.4)
    zones = torch.ones(1, 6)
    assert offsets.zones_of(zones, 0).mean() > offsets.zones_of(zones, 1).mean()
    torch.testing.assert_close((offsets.zones_of(zones, 0) + offsets.zones_of(zones, 1)) / 2, zones)


def pseudo_labelled(*grades: float) -> Targets:
    """Return the targets of an ungraded film that a teacher graded so."""
    return replace(targets_of([film()]), pseudo_labels=torch.tensor([grades]))


def pseudo_label_cost(graded: NetworkOutput, *grades: float) -> float:
    masks = torch.zeros(1, 2, 32, 32)
    return losses.loss_terms(graded, masks, pseudo_labelled(*grades), ReaderOffsets())[
        "pseudo_labels"
    ].item()


def test_a_teachers_grades_are_learned_where_there_are_any() -> None:
    alike = (*(1.0,) * 6, 2.0, 2.0)
    assert pseudo_label_cost(output(), *alike) == 0.0
    for place in range(8):
        other = [grade + (place == number) for number, grade in enumerate(alike)]
        assert pseudo_label_cost(output(), *other) > 0.0
    assert terms(output(), film(brixia={"S": (3,) * 6}))["pseudo_labels"].item() == 0.0


def test_a_normal_film_is_pulled_down_only_where_it_is_above_none() -> None:
    normal = film(finding=("No Finding",))
    assert terms(output(zones=1.0, extent=0.0), normal)["normal"].item() > float(
        terms(output(zones=0.1, extent=0.0), normal)["normal"]
    )
    assert normal_cost(zones=losses.NORMAL_ZONE, scales=losses.NORMAL_SCALE) == 0.0
    assert normal_cost(zones=losses.NORMAL_ZONE + 0.1, scales=0.0) > 0.0
    assert normal_cost(zones=0.0, scales=losses.NORMAL_SCALE + 0.1) > 0.0


def normal_cost(zones: float, scales: float) -> float:
    """Return what grading a normal film so costs."""
    normal = film(finding=("No Finding",))
    return terms(output(zones, scales, opacity=scales), normal)["normal"].item()


def test_a_normal_film_far_above_none_costs_no_more_than_its_grade_grows() -> None:
    """Text-mined labels are wrong at times: a film that is anything but normal must not rule."""
    for near, far in ((1.0, 2.0), (2.0, 3.0)):
        assert normal_cost(far, scales=0.0) - normal_cost(near, scales=0.0) == pytest.approx(1.0)
        assert normal_cost(0.0, scales=far) - normal_cost(0.0, scales=near) == pytest.approx(0.25)


def test_what_a_normal_film_costs_does_not_depend_on_the_films_beside_it() -> None:
    normal, graded = film(finding=("No Finding",)), film(brixia={"S": (2,) * 6})
    alone = terms(output(count=1), normal)["normal"]
    beside = terms(output(count=4), normal, graded, graded, film())["normal"]
    torch.testing.assert_close(alone, beside)
    assert float(terms(output(count=2), graded, film())["normal"]) == 0.0


def test_pneumonia_that_a_text_names_costs_where_no_opacity_is_in_the_worst_zone() -> None:
    named = film(finding=("Pneumonia",))
    assert float(terms(output(zones=losses.PNEUMONIA_ZONE), named)["normal"]) == 0.0
    missing = float(terms(output(zones=0.1), named)["normal"])
    assert missing == pytest.approx(0.1 * (losses.PNEUMONIA_ZONE - 0.1), rel=1e-5)
    one_zone = output(zones=0.0)
    one_zone.zones[0, 4] = losses.PNEUMONIA_ZONE
    assert float(terms(one_zone, named)["normal"]) == 0.0


@pytest.mark.parametrize("facts", [{"brixia": {"J": (0,) * 6}}, {"geographic_extent": 0.0}])
def test_where_readers_graded_the_film_the_text_does_not_count(facts: dict[str, object]) -> None:
    read = film(finding=("Pneumonia",), **facts)
    assert float(terms(output(zones=0.0, extent=0.0), read)["normal"]) == 0.0


def test_of_films_with_masks_lungs_and_nothing_else_are_learned_before_the_folds_are_dealt() -> (
    None
):
    masked = film(finding=("No Finding",), view="PA", lung_mask=Path("mask.png"))
    plain = film(finding=("No Finding",), view="AP")
    rows = targets_of([masked, plain])
    alone = masks_alone(rows)
    assert alone.has_mask.tolist() == [1.0, 0.0]
    assert alone.normal.tolist() == [0.0, 1.0]
    assert alone.findings[0].isnan().all()
    torch.testing.assert_close(alone.findings[1], rows.findings[1])
    assert not rows.findings.isnan().all(1).any(), "the targets of the fine-tunes stay"
    assert rows.normal.tolist() == [1.0, 1.0]
    masks = torch.ones(2, 2, 32, 32)
    parts = losses.loss_terms(
        output(count=2), masks, alone.rows(torch.tensor([0, 0]), CPU), ReaderOffsets()
    )
    assert {name for name, part in parts.items() if part.item()} == {"lungs"}
