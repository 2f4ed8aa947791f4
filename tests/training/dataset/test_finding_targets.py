"""A finding that all films of a source have, or none has, would teach the source."""

from __future__ import annotations

from torch import Tensor

from radiograde.data.film import Film
from radiograde.training.dataset.finding_targets import (
    FEWEST_OF_A_STATE,
    FINDINGS,
    finding_targets,
)
from tests.training.samples import film

ENOUGH = FEWEST_OF_A_STATE


def of_source(source: str, *words: str) -> list[Film]:
    return [film(n, source=source, finding=(word,)) for n, word in enumerate(words)]


def column(films: list[Film], finding: str) -> Tensor:
    return finding_targets(films)[:, FINDINGS.index(finding)]


def test_a_finding_is_learned_where_its_source_tells_films_with_and_without() -> None:
    films = of_source("nih", *["Pneumonia"] * ENOUGH, *["Effusion"] * ENOUGH)
    assert column(films, "Pneumonia").tolist() == [1.0] * ENOUGH + [0.0] * ENOUGH


def test_a_finding_that_marks_the_source_is_not_learned() -> None:
    all_covid = of_source("ward", *["COVID-19"] * 4 * ENOUGH)
    none_ill = of_source("screening", *["No Finding"] * 4 * ENOUGH)
    assert column(all_covid + none_ill, "COVID-19").isnan().all()
    assert column(all_covid + none_ill, "Pneumonia").isnan().all()


def test_a_few_films_of_the_other_kind_are_not_enough() -> None:
    words = ["Pneumonia"] * 3 * ENOUGH + ["Effusion"] * (ENOUGH - 1)
    assert column(of_source("nih", *words), "Pneumonia").isnan().all()


def test_one_sources_films_do_not_make_up_for_anothers() -> None:
    ill, well = of_source("east", *["Pneumonia"] * 9), of_source("west", *["Effusion"] * 9)
    assert column(ill + well, "Pneumonia").isnan().all()
    both = of_source("one", *["Pneumonia"] * 9, *["Effusion"] * 9)
    assert not column(both, "Pneumonia").isnan().any()
