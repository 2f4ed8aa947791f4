"""Agreement of readers, held against statistics libraries and a published table."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from radiograde.model.agreement import (
    intraclass_correlation,
    limits_of_agreement,
    quadratic_kappa,
)
from radiograde.service.labelling.reader_agreement import agreements, readers_together
from radiograde.service.reviews.reading_set import ReadingSlot

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
"""Six subjects, four judges: table 2 of Psychol Bull 1979;86:420, whose ICC(2,1) is .29."""


def icc_by_anova(grades: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Return ICC(2,1) from the mean squares of statsmodels' two-way analysis of variance."""
    films, graders = grades.shape
    table = pd.DataFrame(
        {
            "grade": grades.ravel(),
            "film": np.repeat(np.arange(films), graders),
            "grader": np.tile(np.arange(graders), films),
        }
    )
    squares = anova_lm(ols("grade ~ C(film) + C(grader)", table).fit())
    mean = squares["sum_sq"] / squares["df"]
    between, apart, error = mean["C(film)"], mean["C(grader)"], mean["Residual"]
    whole = between + (graders - 1) * error + graders * (apart - error) / films
    return float((between - error) / whole)


def test_the_published_table_gives_what_it_gave() -> None:
    assert intraclass_correlation(SHROUT_FLEISS) == pytest.approx(0.29, abs=0.005)


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_those_of_statistics_libraries(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 60)
    a, b = (np.clip(truth + rng.integers(-1, 2, 60), 0, 3).astype(float) for _ in range(2))
    assert quadratic_kappa(a, b, 3) == pytest.approx(
        cohen_kappa_score(a, b, labels=[0, 1, 2, 3], weights="quadratic")
    )
    grades = truth[:, None] + rng.normal(0, 1, (60, 3)) + np.array([0.0, 0.5, -0.5])
    assert intraclass_correlation(grades) == pytest.approx(icc_by_anova(grades))
    limits = limits_of_agreement(grades[:, 0], grades[:, 1])
    differences = pd.Series(grades[:, 1] - grades[:, 0])
    assert limits is not None
    assert limits.bias == pytest.approx(differences.mean())
    assert limits.high - limits.low == pytest.approx(2 * 1.96 * differences.std())


def test_what_cannot_be_told_is_none() -> None:
    same = np.ones((5, 2))
    assert intraclass_correlation(same) is None
    assert intraclass_correlation(np.ones((1, 2))) is None
    assert quadratic_kappa(np.ones(5), np.ones(5), 3) is None
    assert limits_of_agreement(np.ones(1), np.ones(1)) is None


def slot(reader: str, film: int, grade: int | None, *, again: bool = False) -> ReadingSlot:
    zones = None if grade is None else {"A": grade, **dict.fromkeys("BCDEF", 0)}
    position = film + 100 * again
    return ReadingSlot("s", reader, position, f"f{film}", again, datetime.now(UTC), zones)


def test_who_found_no_film_gradable_the_first_time_is_compared_with_nothing() -> None:
    assert agreements([slot("kim", 0, None), slot("kim", 0, 1, again=True)], {}) == []


def test_readers_themselves_and_the_model_are_compared_on_what_both_graded() -> None:
    kim = [slot("kim", film, film % 4) for film in range(8)]
    lee = [slot("lee", film, (film + 1) % 4 if film else None) for film in range(8)]
    twice = [slot("kim", film, film % 4, again=True) for film in range(3)]
    model = {f"f{film}": {"A": film % 4 + 0.4, **dict.fromkeys("BCDEF", 0.0)} for film in range(6)}
    found = {(one.between, one.a, one.b): one for one in agreements([*kim, *lee, *twice], model)}
    assert set(found) == {
        ("readers", "kim", "lee"),
        ("same_reader", "kim", "kim"),
        ("model", "kim", "model"),
        ("model", "lee", "model"),
    }
    assert found["readers", "kim", "lee"].films == 7
    same = found["same_reader", "kim", "kim"]
    assert (same.films, same.kappa, same.icc) == (3, 1.0, 1.0)
    ours = found["model", "kim", "model"]
    assert (ours.films, ours.kappa) == (6, 1.0)
    assert ours.limits is not None
    assert ours.limits.bias == pytest.approx(0.4)
    assert readers_together([*kim, *lee, *twice]) == pytest.approx(
        icc_by_anova(np.array([[film % 4, (film + 1) % 4] for film in range(1, 8)], float))
    )
