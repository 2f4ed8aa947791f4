"""A probe names sources that can be read off, and guesses where nothing tells them apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.training.evaluation.figures.film_sample import SampleFilm
from radiograde.training.evaluation.served.film_summaries import (
    FilmSummary,
    film_summaries,
    picture_facts,
)
from radiograde.training.evaluation.source_probe import source_probe
from tests.training.evaluation.served.samples import graded, write_film
from tests.training.samples import film

COUNT = 120
SOURCES = ("east", "north", "west")


def sample(patients: int = COUNT) -> list[SampleFilm]:
    return [
        SampleFilm(film(n, patient=f"P{n % patients}", source=SOURCES[n % 3]), graded(1.0))
        for n in range(COUNT)
    ]


def told(films: list[SampleFilm], strength: float) -> list[FilmSummary]:
    """Return summaries of which the network's tell the source so strongly, the picture's not."""
    rng = np.random.default_rng(5)
    marks = np.array([SOURCES.index(one.source) for one in films])
    return [
        FilmSummary(rng.normal(0, 1, 12) + strength * np.eye(12)[mark], rng.normal(0, 1, 6))
        for mark in marks
    ]


def test_a_source_that_is_marked_is_named_and_one_that_is_not_is_guessed() -> None:
    films = sample()
    found = source_probe(films, told(films, 6.0))
    assert found is not None
    assert (found.films, found.sources) == (COUNT, sorted(SOURCES))
    assert found.chance == pytest.approx(1 / 3)
    assert found.network.value is not None
    assert found.network.value > 0.95
    assert found.picture.value == pytest.approx(1 / 3, abs=0.12)
    assert found.picture.ends is not None


def test_a_patients_films_are_not_named_by_each_other() -> None:
    """Every patient has a mark of their own: of use only where a film of theirs was learned."""
    films = sample(patients=30)
    rng = np.random.default_rng(6)
    own = rng.normal(0, 1, (30, 40))
    summaries = [FilmSummary(own[n % 30], own[n % 30]) for n in range(COUNT)]
    found = source_probe(films, summaries)
    assert found is not None
    assert found.network.value == pytest.approx(1 / 3, abs=0.25)


def test_one_source_has_nothing_to_be_told_from() -> None:
    films = [SampleFilm(film(n, source="east"), graded(1.0)) for n in range(6)]
    assert source_probe(films, told(films, 1.0)) is None


def test_a_small_source_weighs_as_much_as_a_large_one() -> None:
    films = sample()[::3] + sample()[1::3][:8]
    summaries = told(films, 0.0)
    found = source_probe(films, [FilmSummary(one.network * 0, one.picture) for one in summaries])
    assert found is not None
    assert found.network.value == 0.5, "who always names the larger source is right half the time"


def test_the_summary_is_what_the_files_input_check_reads(tmp_path: Path) -> None:
    pixels = draw(PhantomSpec(rows=256, columns=200, seed=1)).pixels
    drawn = film(0, image=write_film(tmp_path / "film.png", pixels))
    scorer = Scorer(threads=1)
    (found,) = film_summaries(BUNDLED, [drawn], scorer.metadata.preprocessing)
    assert found.network.ndim == 1
    assert len(found.network) > 100
    assert found.network.std() > 0
    assert found.picture[0] == pytest.approx(256 / 200, abs=0.01)


def test_what_is_plain_to_see_is_seen() -> None:
    dark = np.full((100, 100), 0.2, np.float32)
    bordered = dark.copy()
    bordered[:5] = 1.0
    plain, marked = picture_facts(dark), picture_facts(bordered)
    assert np.isfinite(plain).all()
    assert plain[1] == pytest.approx(0.2)
    assert marked[8] == pytest.approx(1.0), "the upper edge"
    assert plain[-4:].tolist() == [0.0] * 4
    assert marked[-4] > 0


def test_a_file_without_an_input_check_is_refused(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Identity", ["image"], ["scope"])
    info = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 1, 8, 8])
    graph = onnx.helper.make_graph([node], "g", [info], [onnx.ValueInfoProto(name="scope")])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(ModelFileError, match="no input check"):
        film_summaries(tmp_path / "other.onnx", [], Scorer(threads=1).metadata.preprocessing)
