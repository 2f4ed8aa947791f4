"""From a test on local films to production and back, by the commands alone."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.scorer import BUNDLED, Scorer

LOOSE = """
least_films = 10
lost = 1.0
[brixia]
beyond_second_reader = 18.0
bias = 18.0
coverage = 0.0
[geographic_extent]
beyond_second_reader = 8.0
second_reader = 1.0
bias = 8.0
coverage = 0.0
[opacity]
beyond_second_reader = 8.0
second_reader = 1.0
bias = 8.0
coverage = 0.0
"""
"""Drawn films say nothing of a model: what is walked here is the way, not the verdict."""


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """Return a file with another sha256 than the bundled one's."""
    path = tmp_path / "candidate.onnx"
    model = onnx.load(BUNDLED)
    model.doc_string = "the same network in another file"
    onnx.save(model, path)
    return path


def run(*words: object) -> str:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_model_is_tested_compared_promoted_and_taken_back(
    candidate: Path, tmp_path: Path
) -> None:
    films, report, data = (tmp_path / name for name in ("films", "report", "data"))
    films.mkdir()
    write_dataset(films, count=12, seed=5)
    limits = tmp_path / "limits.toml"
    limits.write_text(LOOSE)
    tested = ("--data", films, "--limits", limits, "--report", report, "--threads", 1)
    assert "accepted" in run("accept", "--model", candidate, *tested)
    assert "not worse" in run("compare", BUNDLED, candidate, *tested)
    run("models", "add", candidate, "--data-dir", data)
    assert "accepted" in run("models", "record", report / "acceptance.json", "--data-dir", data)
    assert "not worse" in run("models", "record", report / "comparison.json", "--data-dir", data)
    name = Scorer(candidate, threads=1).facts.sha256[:12]
    assert "is in production" in run("models", "promote", name, "--data-dir", data)
    listed = run("models", "list", "--data-dir", data)
    assert all(word in listed for word in (name, "compared: not worse", "tested: accepted"))
    assert f"{name} is retired" in run("models", "rollback", "--data-dir", data)
