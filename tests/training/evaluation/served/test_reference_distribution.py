"""``radiograde reference``: what it writes is what the monitor of a service reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.data.manifest import load
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.service.monitoring.film_sample import NUMBERS
from radiograde.service.monitoring.model_reference import model_reference
from radiograde.training.errors import UnfitDataError
from radiograde.training.evaluation.served import reference_distribution as reference
from radiograde.training.evaluation.served.reference_distribution import (
    add_reference,
    reference_distribution,
)
from tests.training import conftest

FILMS = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("films")
    write_dataset(made, count=FILMS, seed=3)
    return made


def test_a_monitor_reads_what_the_command_wrote(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "FEWEST", FILMS)
    out = tmp_path / "out.onnx"
    asked = ("reference", "--model", BUNDLED, "--data", folder, "--out", out)
    done = CliRunner().invoke(main, [*map(str, asked)])
    assert done.exit_code == 0, done.output
    written = Scorer(out, threads=1)
    found = model_reference(written.metadata.raw)
    assert found is not None
    assert found.films == FILMS
    assert set(found.numbers) == set(NUMBERS)
    assert sum(found.counts["outcome"].values()) == sum(found.counts["view"].values()) == FILMS
    assert found.numbers["bright"].size == FILMS
    assert np.all(np.diff(found.numbers["bright"]) >= 0)


def test_ages_stop_where_those_of_a_site_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "FEWEST", FILMS)
    manifest = load(folder)
    old = replace(manifest, films=tuple(replace(film, age=97.0) for film in manifest.films))
    found = reference_distribution(Scorer(threads=1), old)
    assert found["numbers"]["age"] == [90.0] * FILMS


def test_of_many_films_some_of_all_places_are_graded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "FEWEST", 2)
    monkeypatch.setattr(reference, "MOST_FILMS", 2)
    manifest = load(folder)
    ages = (30.0, 40.0, 50.0, 60.0)
    aged = (replace(film, age=age) for film, age in zip(manifest.films, ages, strict=True))
    found = reference_distribution(Scorer(threads=1), replace(manifest, films=tuple(aged)))
    assert found["films"] == 2
    assert found["numbers"]["age"] == [37.5, 52.5]


def test_an_exported_file_has_its_reference(exported: Path, measured: object) -> None:
    found = model_reference(Scorer(exported, threads=1).metadata.raw)
    assert found is not None
    assert found.films == conftest.FILMS
    assert found.numbers["bright"].size == conftest.FILMS


def test_a_file_of_few_films_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.onnx"
    out.write_bytes(BUNDLED.read_bytes())
    assert not add_reference(out, load(folder))
    assert out.read_bytes() == BUNDLED.read_bytes()


def test_few_films_are_no_reference(folder: Path) -> None:
    with pytest.raises(UnfitDataError):
        reference_distribution(Scorer(threads=1), load(folder))
