import numpy as np
import pytest

from radiograde.data.film import Film
from radiograde.training.evaluation.comparators import OURS, ComparatorRow, comparator_table
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from tests.training.samples import film, predictions, random_zones, whole

COUNT = 24
ZONES = random_zones(COUNT)
TOTAL = ZONES.sum(1)
PATIENTS = [f"P{n}" for n in range(COUNT)]


def table(films: list[Film]) -> dict[tuple[str, str], ComparatorRow]:
    standard = ReferenceStandard.of(films)
    rows = comparator_table(predictions(ZONES), standard, PATIENTS)
    return {(row.reference, row.grader): row for row in rows}


def test_a_comparator_and_ourselves_are_measured_on_the_same_films() -> None:
    films = [
        film(
            n,
            brixia={"S": whole(zones)} if n < 18 else {},
            peers={"bsnet_brixia": float(zones.sum()) - 2} if n >= 6 else {},
        )
        for n, zones in enumerate(ZONES)
    ]
    rows = table(films)
    reference = "Brixia, readers' mean"
    assert rows[reference, OURS].agreement.films == 18
    assert rows[reference, "BS-Net"].agreement.films == 12
    assert rows[reference, "BS-Net"].agreement.bias == pytest.approx(-2.0)
    assert rows[reference, f"{OURS}, films of BS-Net"].agreement.films == 12
    assert rows[reference, f"{OURS}, films of BS-Net"].agreement.mae == pytest.approx(0.0)
    gain = rows[reference, f"{OURS}, films of BS-Net"].gain
    assert gain == Estimate(2.0, 2.0, 2.0), "paired: 2 points nearer on every film"
    assert rows[reference, "BS-Net"].gain is None


def test_each_reader_is_a_reference_and_the_other_a_grader() -> None:
    films = [
        film(n, brixia={"S": whole(zones), "J": whole(np.minimum(zones + 1, 3))})
        for n, zones in enumerate(ZONES)
    ]
    rows = table(films)
    gap = float((np.minimum(ZONES + 1, 3) - ZONES).sum(1).mean())
    assert rows["Brixia, reader S", OURS].agreement.bias == pytest.approx(0.0)
    assert rows["Brixia, reader J", OURS].agreement.bias == pytest.approx(-gap)
    assert rows["Brixia, reader S", "reader J"].agreement.bias == pytest.approx(gap)
    assert rows["Brixia, reader J", "reader S"].agreement.bias == pytest.approx(-gap)
    assert rows["Brixia, readers' mean", OURS].agreement.bias == pytest.approx(-gap / 2)


def test_who_grades_on_another_scale_is_brought_over_by_a_line() -> None:
    films = [
        film(n, brixia={"S": whole(zones)}, geographic_extent=float(8 - zones.sum() * 8 / 18))
        for n, zones in enumerate(ZONES)
    ]
    rows = table(films)
    reference = "Brixia, readers' mean"
    line = "other readers' extent (line)"
    assert rows[reference, line].agreement.mae == pytest.approx(0.0, abs=1e-6)
    assert rows[reference, f"{OURS}, films of {line}"].agreement.films == COUNT
    assert rows["extent", OURS].agreement.films == COUNT


def test_cohens_films_are_graded_on_their_own_scale() -> None:
    films = [
        film(
            n,
            geographic_extent=float(total * 8 / 18),
            opacity=float(total * 6 / 18) if n % 2 else float(total * 8 / 18),
            opacity_max=6.0 if n % 2 else 8.0,
            cohen94=bool(n % 2),
            peers={"covidnet_geo": float(total), "covidnet_opacity": float(total % 5)},
        )
        for n, total in enumerate(TOTAL)
    ]
    rows = table(films)
    for reference in ("extent, Cohen films", "opacity 0-6, Cohen films"):
        assert rows[reference, OURS].agreement.films == COUNT // 2
        assert rows[reference, OURS].agreement.mae == pytest.approx(0.0, abs=1e-5)
        assert rows[reference, "COVID-Net-S (line)"].agreement.films == COUNT // 2
    assert rows["extent, Cohen films", "COVID-Net-S (line)"].agreement.mae < 1e-5
    assert rows["opacity 0-6, Cohen films", "COVID-Net-S (line)"].agreement.mae > 0.1
    assert rows["opacity", OURS].agreement.films == COUNT


@pytest.mark.parametrize(("graded", "shown"), [(0, False), (1, False), (2, True)])
def test_a_row_needs_two_films(graded: int, shown: bool) -> None:
    films = [film(n, geographic_extent=2.0 if n < graded else None) for n in range(COUNT)]
    assert (("extent", OURS) in table(films)) is shown
