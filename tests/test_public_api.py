"""``import radiograde``: what it offers, and that it is there at once."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import radiograde
from radiograde import api
from tests.model.reading.films import film
from tests.service.fakes import FakeScorer, png

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "film.dcm"
    path.write_bytes(film())
    return path


def test_reads_a_path_and_bytes(path: Path) -> None:
    for source in (path, str(path), film(), bytearray(film()), memoryview(film())):
        radiograph = radiograde.read(source)
        assert isinstance(radiograph, radiograde.Radiograph)
        assert radiograph.source == "dicom"
        assert radiograph.pixels.dtype == np.float32


def test_reading_raises_errors_of_the_family(tmp_path: Path) -> None:
    with pytest.raises(radiograde.UnreadableError):
        radiograde.read(tmp_path / "absent.dcm")
    with pytest.raises(radiograde.TooLargeError):
        radiograde.read(film(), limits=radiograde.Limits(max_bytes=10))
    for error in (radiograde.UnreadableError, radiograde.UnsupportedSyntaxError):
        assert issubclass(error, radiograde.RadiogradeError)


def test_grades_with_the_bundled_model_loaded_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def load() -> radiograde.Scorer:
        loaded.append(1)
        return radiograde.Scorer(threads=1)

    monkeypatch.setattr(api, "Scorer", load)
    api._bundled.cache_clear()
    results = [radiograde.grade(source) for source in (path, str(path), film())]
    results.append(radiograde.grade(radiograde.read(path)))
    api._bundled.cache_clear()
    assert loaded == [1]
    for result in results:
        assert isinstance(result, radiograde.SeverityResult)
        assert result.status == "scored"
        assert result.scores == results[0].scores
        assert result.timing_ms["total"] > 0
        assert result.to_json()["schema"] == "radiograde.result/1"


def test_grades_with_a_scorer_of_ones_own() -> None:
    result = radiograde.grade(png(), scorer=FakeScorer())
    assert (result.status, result.model.name) == ("scored", "fake")


@pytest.mark.parametrize(
    ("content", "limits", "code"),
    [
        (b"no image at all", None, "unknown_format"),
        (film()[:-100], None, "truncated"),
        (film(), radiograde.Limits(max_bytes=10), "too_large"),
        ("absent.dcm", None, "unreadable"),
    ],
)
def test_what_cannot_be_read_is_a_failed_result(
    content: bytes | str, limits: radiograde.Limits | None, code: str
) -> None:
    result = radiograde.grade(content, scorer=FakeScorer(), limits=limits)
    assert result.status == "failed"
    assert result.error is not None
    assert result.error.code == code


def test_every_public_name_is_there() -> None:
    for name in radiograde.__all__:
        assert getattr(radiograde, name) is getattr(radiograde, name)
        assert name in dir(radiograde)
    assert radiograde.__version__.count(".") == 2
    absent = "score"
    with pytest.raises(AttributeError, match="no attribute 'score'"):
        getattr(radiograde, absent)


def test_everything_that_a_result_is_made_of_is_public() -> None:
    public = {getattr(radiograde, name) for name in radiograde.__all__}
    module = sys.modules[radiograde.SeverityResult.__module__]
    parts = [each for each in vars(module).values() if dataclasses.is_dataclass(each)]
    assert len(parts) == 11
    assert public.issuperset(parts)


def test_importing_loads_nothing_and_keeps_telemetry_off() -> None:
    code = (
        "import os, sys, radiograde\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'],"
        " [n for n in ('numpy', 'pydicom', 'onnxruntime', 'radiograde.api') if n in sys.modules])\n"
        "radiograde.Scorer\n"
        "print('onnxruntime' in sys.modules, 'radiograde.api' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 []\nTrue False\n"
