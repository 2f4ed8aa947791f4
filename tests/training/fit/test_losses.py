"""Each term alone: what it costs, where it weighs nothing, and what its gradient reaches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from radiograde.data.film import Film, Reading
from radiograde.training.config import LossConfig
from radiograde.training.dataset.augment import AugmentedBatch
from radiograde.training.dataset.targets import FINDINGS, Series, Targets, targets_of
from radiograde.training.fit import losses
from radiograde.training.network.heads import DEVIATIONS
from radiograde.training.network.readers import FIRST_NOISE, Readers
from radiograde.training.network.severity_network import NetworkOutput
from tests.training import samples

CPU = torch.device("cpu")
SIDE = 16
NO_COST = {"deviations"}
"""What is learned from graded films costs something even where they are graded right."""


def film(**facts: Any) -> Film:
    return samples.film(0, image=Path("film.png"), patient="P", **facts)


def output(
    zones: float = 1.0, extent: float = 2.0, count: int = 1, opacity: float = 2.0
) -> NetworkOutput:
    maps = (count, 1, SIDE, SIDE)
    return NetworkOutput(
        lungs=torch.zeros(count, 2, SIDE, SIDE),
        opacity=torch.zeros(maps),
        density=torch.zeros(maps),
        zones=torch.full((count, 6), zones),
        lung_extent=torch.full((count, 2), extent / 2),
        lung_opacity=torch.full((count, 2), opacity / 2),
        shares=torch.zeros(count, 2),
        deviations=torch.ones(count, DEVIATIONS),
        findings=torch.zeros(count, len(FINDINGS) + 2),
        summary=torch.zeros(count, 4),
    )


def batch(count: int = 1, **changed: torch.Tensor) -> AugmentedBatch:
    plain = samples.blank_batch(count, 4 * SIDE)
    return replace(plain, **changed)


def terms(
    graded: NetworkOutput, *films: Film, shown: AugmentedBatch | None = None
) -> dict[str, torch.Tensor]:
    targets = targets_of(films)
    return of(graded, targets, shown or batch(len(films)))


def of(graded: NetworkOutput, targets: Targets, shown: AugmentedBatch) -> dict[str, torch.Tensor]:
    return losses.averaged(losses.loss_terms(graded, shown, targets, Readers(targets.series)))


def costing(parts: dict[str, torch.Tensor]) -> set[str]:
    return {name for name, part in parts.items() if part.item()} - NO_COST


def test_a_film_without_labels_adds_nothing() -> None:
    assert losses.total_loss(terms(output(), film()), LossConfig()).item() == 0.0


def test_agreeing_with_every_reader_costs_nothing() -> None:
    parts = terms(output(zones=1.0), film(brixia={"S": (1,) * 6, "J": (1,) * 6}))
    assert parts["zones"].item() == pytest.approx(0.0, abs=1e-6)
    assert parts["brixia"].item() == pytest.approx(0.0, abs=1e-6)


def test_one_reader_alone_is_learned_from_too() -> None:
    parts = terms(output(zones=1.0), film(brixia={"J": (3,) * 6}))
    assert parts["zones"].item() > 1.0


@pytest.mark.parametrize(
    ("reading", "term"),
    [
        (Reading("geographic_extent", "CHIEF", "right", 3, 4), "extent"),
        (Reading("opacity", "R1", "left", 3, 4), "opacity"),
        (Reading("opacity", "", "", 6, 6), "opacity"),
        (Reading("extent6", "R", "", 5, 6), "extent6"),
        (Reading("mrale", "NIGHT", "", 20, 24), "other_scales"),
        (Reading("ours", "X", "", 90, 100), "other_scales"),
    ],
)
def test_every_reader_of_every_scale_counts_in_the_term_of_the_scale(
    reading: Reading, term: str
) -> None:
    parts = terms(output(), replace(film(), readings=(reading,)))
    assert costing(parts) - {"pneumonia"} == {term}


def test_what_a_reader_is_off_by_is_told_from_the_consensus() -> None:
    readers = Readers([Series("geographic_extent", "R1"), Series("geographic_extent", "R2")])
    with torch.no_grad():
        readers.offset.copy_(torch.tensor([0.1, -0.1]))
    one, other = readers(output(extent=4.0))[0, :, 8]
    assert one > 0.5 > other
    assert readers(output(extent=0.0))[0, :, 8].tolist() == [0.0, 0.0]


def test_a_noisy_reader_weighs_less_once_his_noise_is_known() -> None:
    readers = Readers([Series("opacity", "R1")])
    grades = torch.full((1, 1, 9), torch.nan)
    grades[0, 0, 8] = 1.0
    gradients = []
    for noise in (FIRST_NOISE, 3 * FIRST_NOISE):
        with torch.no_grad():
            readers.log_noise.fill_(noise).log_()
        scores = torch.full((1, 2), 1.0, requires_grad=True)
        surprise = readers.surprise(output()._replace(lung_opacity=scores), grades)
        surprise[0, 0, 8].backward()
        assert scores.grad is not None
        gradients.append(float(scores.grad.abs().sum()))
    assert gradients[1] < gradients[0] / 2


def pseudo_labelled(*grades: float) -> Targets:
    """Return the targets of an ungraded film that a teacher graded so."""
    return replace(targets_of([film()]), pseudo_labels=torch.tensor([grades]))


def pseudo_label_cost(graded: NetworkOutput, *grades: float) -> float:
    return of(graded, pseudo_labelled(*grades), batch())["pseudo_labels"].item()


def test_a_teachers_grades_are_learned_where_there_are_any() -> None:
    alike = (*(1.0,) * 6, 2.0, 2.0)
    assert pseudo_label_cost(output(), *alike) == 0.0
    for place in range(8):
        other = [grade + (place == number) for number, grade in enumerate(alike)]
        assert pseudo_label_cost(output(), *other) > 0.0
    assert terms(output(), film(brixia={"S": (3,) * 6}))["pseudo_labels"].item() == 0.0


CLEAR = film(read="normal")


def clear_cost(zones: float, scales: float, opacity_logit: float = -30.0) -> float:
    """Return what grading a film that was read as normal so costs."""
    graded = output(zones, scales, opacity=scales)
    graded = graded._replace(opacity=torch.full((1, 1, SIDE, SIDE), opacity_logit))
    return terms(graded, CLEAR)["clear"].item()


def test_a_film_that_was_read_as_clear_costs_by_its_scores_and_by_what_is_painted() -> None:
    assert clear_cost(0.0, 0.0) == pytest.approx(0.0, abs=1e-6)
    assert clear_cost(3 * losses.CLEAR_SHARE, 8 * losses.CLEAR_SHARE) == pytest.approx(0, abs=1e-6)
    assert clear_cost(0.2, 0.0) > 0.0
    assert clear_cost(0.0, 0.5) > 0.0
    assert clear_cost(0.0, 0.0, opacity_logit=0.0) > 0.1
    assert terms(output(), film(read="negative"))["clear"].item() > 0.0


def test_what_a_text_names_clear_counts_for_nothing() -> None:
    assert terms(output(), film(finding=("No Finding",)))["clear"].item() == 0.0


def test_a_clear_film_far_above_none_costs_no_more_than_its_grade_grows() -> None:
    """A read is wrong at times: a film that is anything but normal must not rule."""
    steps = [clear_cost(value, 0.0) for value in (1.0, 2.0, 3.0)]
    assert steps[2] - steps[1] == pytest.approx(steps[1] - steps[0], rel=1e-4)


def test_what_a_clear_film_costs_does_not_depend_on_the_films_beside_it() -> None:
    graded = film(brixia={"S": (2,) * 6})
    alone = terms(output(count=1), CLEAR)["clear"]
    beside = terms(output(count=4), CLEAR, graded, graded, film())["clear"]
    torch.testing.assert_close(alone, beside)
    assert float(terms(output(count=2), graded, film())["clear"]) == 0.0


def test_a_single_film_of_a_large_batch_does_not_weigh_like_a_batch() -> None:
    one = terms(output(count=32), CLEAR, *[film()] * 31)["clear"]
    assert float(one) == pytest.approx(float(terms(output(), CLEAR)["clear"]) / 4, rel=1e-5)


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        ({"read": "typical"}, 1.0),
        ({"geographic_extent": 2.0}, 1.0),
        ({"finding": ("Klebsiella pneumonia",)}, 1.0),
        ({"read": "negative"}, 0.0),
    ],
)
def test_any_pneumonia_is_learned_from_whoever_told(facts: dict[str, Any], seen: float) -> None:
    def cost(logit: float) -> float:
        told = output()
        told.findings[:, -1] = logit
        return terms(told, film(**facts))["pneumonia"].item()

    assert (cost(3.0) < cost(-3.0)) == bool(seen)
    assert terms(output(), film(finding=("COVID-19",)))["pneumonia"].item() == 0.0


def test_processes_together_average_over_the_films_that_any_of_them_has() -> None:
    """Two processes, one labelled film in one and three in the other: the mean is of four."""
    one = losses.loss_terms(
        output(2.0, count=4), batch(4), targets_of([CLEAR, film(), film(), film()]), Readers([])
    )
    other = losses.loss_terms(
        output(1.0, count=4), batch(4), targets_of([CLEAR, CLEAR, CLEAR, film()]), Readers([])
    )
    films = losses.label_counts(one) + losses.label_counts(other)
    shares = [losses.averaged(part, films)["clear"] for part in (one, other)]
    both = torch.cat([one["clear"].costs[:1], other["clear"].costs[:3]]).mean()
    torch.testing.assert_close(torch.stack(shares).sum(), both)


def test_of_films_whose_labels_are_hidden_lungs_are_left() -> None:
    masked = film(read="normal", view="PA", lung_mask=Path("mask.png"), brixia={"S": (1,) * 6})
    rows = targets_of([masked, film(read="negative")])
    alone = rows.lungs_alone(torch.tensor([True, False]))
    assert alone.has_mask.tolist() == [1.0, 0.0]
    assert alone.clear.tolist() == [0.0, 1.0]
    assert rows.clear.tolist() == [1.0, 1.0], "the targets of the fine-tunes stay"
    drawn = batch(2, lungs=torch.ones(2, 2, 4 * SIDE, 4 * SIDE))
    parts = of(output(count=2), alone.rows(torch.tensor([0, 0]), CPU), drawn)
    assert {name for name, part in parts.items() if part.item()} == {"lungs"}
