"""A kept film graded again: the same to the digit, or the part that changed is named."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import numpy_helper

from radiograde.command import main
from radiograde.model.limits import Limits
from radiograde.model.reading.pixel_data import read_native
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading import origin
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.replayer import Replay, Replayer
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer, png
from tests.service.grading.conftest import MakeFilm

MOST_BYTES = 4096
FILMS = 3


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=1)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("replayed"))


@pytest.fixture(scope="module")
def graded(installation: Settings, scorer: Scorer) -> list[str]:
    """Return the ids of films that were graded and kept by an installation now at rest."""
    sizes = [(320, 288), (300, 300), (288, 320)]
    contents = [film_bytes(SOPInstanceUID=f"1.2.3.{rows}.{columns}") for rows, columns in sizes]
    with closing(open_records(installation)) as records:
        grader = FilmGrader(records, scorer, installation.limits)
        return [str(grader.answer(content).id) for content in contents]


@pytest.fixture
def reopened(installation: Settings, graded: list[str]) -> Iterator[Records]:
    assert len(graded) == FILMS
    with closing(open_records(installation)) as records:
        yield records


def replay(records: Records, scorer: Scorer, id: str, limits: Limits | None = None) -> Replay:
    return Replayer(records, scorer, (limits or Limits(),)).replay(id)


def names_of(found: Replay) -> set[str]:
    assert found.comparison is not None
    return {part.name for part in found.comparison.parts}


def test_after_a_restart_every_digit_is_the_same_and_no_part_has_changed(
    reopened: Records, graded: list[str]
) -> None:
    anew = Scorer(threads=1)
    for id in graded:
        found = replay(reopened, anew, id)
        assert found.outcome == "same"
        assert found.comparison is not None
        assert (found.comparison.parts, found.comparison.stage) == ((), None)


def test_another_number_of_threads_is_named_and_moves_no_digit(
    reopened: Records, graded: list[str]
) -> None:
    anew = Scorer(threads=2)
    for id in graded:
        found = replay(reopened, anew, id)
        assert (found.outcome, names_of(found)) == ("same", {"threads"})


def test_a_changed_decoder_is_named(
    reopened: Records, graded: list[str], scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = origin.computing()

    def blurred(*arguments: Any) -> Any:
        samples = read_native(*arguments)
        return samples // 64 * 64

    monkeypatch.setattr("radiograde.model.reading.dicom_frame.read_native", blurred)
    changed = {**now, "libraries": {**now["libraries"], "imagecodecs": "9999.1"}}
    monkeypatch.setattr(origin, "computing", lambda: changed)
    found = replay(reopened, scorer, graded[0])
    assert found.comparison is not None
    assert found.outcome == "differs"
    assert found.comparison.stage == "decoding"
    assert found.comparison.suspects == ("libraries.imagecodecs",)
    assert any(one.name == "scores.brixia.value" and one.by for one in found.comparison.digits)


def test_changed_code_is_named(
    reopened: Records, graded: list[str], scorer: Scorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {**origin.computing(), "code": "0" * 64}
    monkeypatch.setattr(origin, "computing", lambda: changed)
    found = replay(reopened, scorer, graded[0])
    assert (found.outcome, names_of(found)) == ("same", {"code"})


def test_the_digest_of_the_code_is_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "scale.py").write_text("HIGH = 18\n")
    before = origin.code_digest(tmp_path)
    assert origin.code_digest(tmp_path) == before
    (tmp_path / "scale.py").write_text("HIGH = 24\n")
    assert origin.code_digest(tmp_path) != before


def other_model(folder: Path) -> Path:
    """Write the model with one of its weights a little larger."""
    model = onnx.load(str(BUNDLED))
    largest = max(
        (one for one in model.graph.initializer if one.data_type == onnx.TensorProto.FLOAT),
        key=lambda one: int(np.prod(one.dims)),
    )
    largest.CopyFrom(
        numpy_helper.from_array(numpy_helper.to_array(largest) * np.float32(1.05), largest.name)
    )
    path = folder / "other.onnx"
    onnx.save(model, str(path))
    return path


def test_a_changed_model_is_named(reopened: Records, graded: list[str], tmp_path: Path) -> None:
    found = replay(reopened, Scorer(other_model(tmp_path), threads=1), graded[0])
    assert found.comparison is not None
    assert found.outcome == "differs"
    assert found.comparison.stage == "network"
    assert found.comparison.suspects == ("model.sha256",)


def test_a_changed_setting_is_named(reopened: Records, graded: list[str], scorer: Scorer) -> None:
    limits = dataclasses.replace(Limits(), max_pixels=1000)
    found = replay(reopened, scorer, graded[0], limits)
    assert found.comparison is not None
    assert found.outcome == "differs"
    assert found.comparison.stage == "decoding"
    assert found.comparison.suspects == ("settings.max_pixels",)
    assert ("status", "scored", "failed") in [
        (one.name, one.before, one.now) for one in found.comparison.digits
    ]


def test_a_film_that_would_be_too_large_today_is_a_changed_setting(
    reopened: Records, graded: list[str], scorer: Scorer
) -> None:
    found = replay(reopened, scorer, graded[0], dataclasses.replace(Limits(), max_bytes=2**10))
    assert found.comparison is not None
    assert found.comparison.suspects == ("settings.max_object_mb",)


def test_a_film_that_was_changed_on_disk_is_named(
    records: Records, scorer: Scorer, make_film: MakeFilm
) -> None:
    id = str(FilmGrader(records, scorer, Limits()).answer(make_film(1)).id)
    records.archive.keep(id, film_bytes(PatientAge="070Y"))
    assert "film" in names_of(replay(records, scorer, id))


def test_a_film_that_is_no_longer_kept_cannot_be_replayed(records: Records) -> None:
    id = str(FilmGrader(records, FakeScorer(), Limits()).answer(png()).id)
    records.archive.drop(id)
    found = replay(records, FakeScorer(), id)
    assert (found.outcome, found.comparison) == ("gone", None)


@pytest.mark.parametrize("content", [film_bytes(), png(), b"neither", film_bytes(Modality="CT")])
def test_a_trace_is_small_and_goes_with_its_result(
    records: Records, scorer: Scorer, content: bytes
) -> None:
    id = str(FilmGrader(records, scorer, Limits()).answer(content).id)
    trace = records.traces.get(id)
    assert len(json.dumps(trace)) < MOST_BYTES
    assert replay(records, scorer, id).outcome == "same"
    with records.database.write() as connection:
        records.films.start_over(connection, id)
    assert records.traces.find(id) is None


def test_a_result_of_an_earlier_version_is_compared_by_its_digits(
    records: Records, make_film: MakeFilm
) -> None:
    id = str(FilmGrader(records, FakeScorer(), Limits()).answer(make_film(2)).id)
    with records.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM traces")
    found = replay(records, FakeScorer(), id)
    assert found.comparison is not None
    assert (found.outcome, found.comparison.traced) == ("same", False)


def test_the_command_replays_what_was_graded_since(
    installation: Settings, graded: list[str]
) -> None:
    place = ["--data-dir", str(installation.data_dir)]
    run = CliRunner().invoke(main, ["replay", "--since", "2020-01-01", "--threads", "1", *place])
    assert run.exit_code == 0
    assert f"{FILMS} the same to the digit, 0 differ, 0 no longer kept." in run.output
    told = CliRunner().invoke(main, ["replay", graded[0], "--json", "--threads", "2", *place])
    document = json.loads(told.stdout)
    assert (document["outcome"], document["same"]) == ("same", True)
    assert [part["name"] for part in document["parts"]] == ["threads"]


def test_the_command_says_by_its_exit_code_and_words_what_differs(
    installation: Settings, graded: list[str], tmp_path: Path
) -> None:
    model = ["--model", str(other_model(tmp_path)), "--data-dir", str(installation.data_dir)]
    run = CliRunner().invoke(main, ["replay", graded[0], *model])
    assert run.exit_code == 1
    assert "It began in: network" in run.output
    assert "Changed part: model.sha256" in run.output
    assert "  scores.brixia." in run.output


def test_the_command_wants_results_or_a_moment() -> None:
    assert CliRunner().invoke(main, ["replay"]).exit_code == 2
