from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from radiograde.data.film import Film, Reading
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate
from radiograde.training.evaluation.figures.real_pictures import picture_kinds
from radiograde.training.evaluation.figures.source_figures import SourceFigures, source_figures
from radiograde.training.evaluation.served.served_grading import ServedGrading
from radiograde.training.input_check.picture_kind import (
    CHILDREN,
    CROSS_SECTIONS,
    LATERALS,
    ORDINARY,
    OTHERS,
    SPINE,
)
from tests.training.evaluation.served.samples import graded, turned_away
from tests.training.samples import film

SEVERITY = (1.0, 6.5, 12.5)
COUNT = 60


def by_source(films: Sequence[Film], gradings: Sequence[ServedGrading]) -> dict[str, SourceFigures]:
    found = source_figures(GradedFilms.served(films, gradings), [()] * len(films), SEVERITY)
    return {one.source: one for one in found}


def value(found: Estimate) -> float:
    assert found.value is not None
    return found.value


def of_lungs(reader: str, extent: float, opacity: float) -> tuple[Reading, ...]:
    """Return a reader's grades of each lung, half of the film's each."""
    return tuple(
        Reading(scale, reader, side, total / 2, 4.0)
        for scale, total in (("geographic_extent", extent), ("opacity", opacity))
        for side in ("right", "left")
    )


def read_by_two(number: int, source: str, extent: float, opacity: float) -> Film:
    """Return a film that R1 graded so, and R2 a point higher on extent."""
    readings = of_lungs("R1", extent, opacity) + of_lungs("R2", extent + 1, opacity)
    return film(number, source=source, readings=readings)


@pytest.fixture
def extents() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(4).uniform(0, 5, COUNT)


def test_sources_are_not_mixed(extents: Sequence[float]) -> None:
    films = [
        read_by_two(n, "near" if n % 2 else "far", one, one / 2) for n, one in enumerate(extents)
    ]
    gradings = [
        graded(9, extent=one + (0.5 if n % 2 else 2.5), opacity=one / 2)
        for n, one in enumerate(extents)
    ]
    found = by_source(films, gradings)
    for source, off in (("near", 0.0), ("far", 2.0)):
        ours = {(row.scale, row.reference, row.grader): row for row in found[source].agreement}
        row = ours["geographic_extent", "readers' mean", "Radiograde"]
        assert value(row.mae) == pytest.approx(off, abs=1e-6)
        assert value(row.bias) == pytest.approx(off, abs=1e-6)
        assert value(row.r) == pytest.approx(1.0)
        assert row.films == row.patients == COUNT // 2
        readers = ours["geographic_extent", "R1", "R2"]
        assert value(readers.bias) == pytest.approx(1.0)
        assert value(ours["geographic_extent", "R1", "Radiograde"].bias) == pytest.approx(off + 0.5)


def test_opacity_that_follows_extent_has_no_opinion_of_its_own(extents: Sequence[float]) -> None:
    density = np.random.default_rng(5).normal(size=COUNT) * 0.5
    films = [
        read_by_two(n, "a", one, max(0.0, one / 2 + more + 1))
        for n, (one, more) in enumerate(zip(extents, density, strict=True))
    ]
    gradings = [graded(9, extent=one, opacity=0.8 * one) for one in extents]
    ours, readers = by_source(films, gradings)["a"].two_scales
    assert value(ours.opacity_beyond_extent) == 0.0
    assert value(ours.together) == pytest.approx(1.0)
    assert value(readers.opacity_beyond_extent) > 0.9
    assert (readers.reference, readers.grader) == ("R1", "R2")


def test_intervals_are_counted_with_their_own_interval(extents: Sequence[float]) -> None:
    """Intervals that are wide where the error is large follow it, and hold what they hold."""
    hard = np.arange(COUNT) % 4 == 0
    films = [film(n, source="a", geographic_extent=float(one)) for n, one in enumerate(extents)]
    gradings = [
        graded(9, extent=one + (0.9 if far else 0.2), half=1.0 if far else 0.1)
        for one, far in zip(extents, hard, strict=True)
    ]
    (found,) = by_source(films, gradings)["a"].intervals
    assert value(found.coverage) == pytest.approx(hard.mean())
    assert found.coverage.low is not None
    assert found.coverage.low < hard.mean()
    assert value(found.width_and_error) == pytest.approx(1.0)
    assert value(found.width) == pytest.approx(2.0 * hard.mean() + 0.2 * (1 - hard.mean()))


def test_clear_films_that_are_called_ill_lower_the_specificity() -> None:
    films = [film(n, source="a", read="negative") for n in range(20)]
    films += [film(20 + n, source="a", read="typical") for n in range(20)]
    gradings = [graded(0.5 if n < 15 else 8.0, painted=0.1) for n in range(20)]
    gradings += [graded(9.0) for _ in range(20)]
    found = by_source(films, gradings)["a"]
    (clear,) = found.clear
    assert value(clear.specificity) == 0.75
    assert value(clear.moderate) == 0.25
    assert value(clear.mean) == pytest.approx(0.75 * 0.5 + 0.25 * 8)
    assert value(clear.painted) == pytest.approx(0.1)
    assert [(one.read, value(one.auc)) for one in found.separation] == [("typical", 1.0)]


def test_films_turned_away_count_in_no_figure_but_their_own() -> None:
    films = [film(n, source="a", read="normal") for n in range(20)]
    gradings = [graded(0.0)] * 16 + [turned_away("child")] * 4
    found = by_source(films, gradings)["a"]
    assert (found.films, found.scored, found.clear[0].films) == (20, 16, 16)
    (kind,) = picture_kinds(GradedFilms.served(films, gradings))
    assert (kind.kind, value(kind.turned_away)) == (ORDINARY, 0.2)
    assert kind.reasons == {"child": 4}


def test_pictures_out_of_scope_are_counted_by_kind_and_in_no_figure_of_films() -> None:
    films = [
        film(0, source="a"),
        film(1, source="a", view="L"),
        film(2, source="a", read="child"),
        film(3, source="a", age=5.0),
        film(4, source="b", read="out of scope: spine_xray"),
        film(5, source="b", read="out of scope: mr_knee"),
        film(6, source="b", read="out of scope: ct"),
        film(7, source="b", read="out of scope: wrist_mosaic"),
    ]
    away = turned_away("not_chest")
    gradings = [graded(1.0), away, away, graded(1.0), graded(1.0), away, away, away]
    kinds = picture_kinds(GradedFilms.served(films, gradings))
    assert [(one.kind, one.source, one.pictures, value(one.turned_away)) for one in kinds] == [
        (ORDINARY, "a", 1, 0.0),
        (CHILDREN, "a", 2, 0.5),
        (LATERALS, "a", 1, 1.0),
        (SPINE, "b", 1, 0.0),
        (CROSS_SECTIONS, "b", 2, 1.0),
        (OTHERS, "b", 1, 1.0),
    ]
    assert list(by_source(films, gradings)) == ["a"]
    assert by_source(films, gradings)["a"].films == 1


def test_grades_read_on_another_top_are_brought_onto_the_scale() -> None:
    films = [film(n, opacity=3.0, opacity_max=6.0) for n in range(6)]
    found = by_source(films, [graded(0, opacity=4.0)] * 6)["not named"]
    assert value(found.agreement[0].mae) == 0.0
