"""The whole way of a model at a site, on drawn films: trained, released, watched, left, adapted."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner
from onnx import helper

from radiograde.command import main
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.metadata import KEY
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.grading.model_stop import ModelStop
from radiograde.service.grading.records import open_records
from radiograde.service.grading.shadow_grader import ShadowGrader
from radiograde.service.grading.site_models import model_follower
from radiograde.service.processes.runner import INLINE
from radiograde.service.programme.model_files import MODELS, ModelFiles
from radiograde.service.programme_errors import ModelStoppedError
from tests.service.monitoring.made_films import brighter, made_rows, record
from tests.training.acceptance.test_release_walk import LOOSE

LOCAL = 60
"""Films of the site, with readers' scores, that the model is adapted to."""

SITE = '[monitor]\nfirst_days = 1\nfilms = "stop"\n'


def run(*words: object, exit_code: int = 0) -> str:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == exit_code, done.output
    return done.output


@pytest.fixture
def trained(exported: Path, tmp_path: Path) -> Path:
    """Return the trained file, whose input check lets drawn films pass, as they are on trial."""
    model = onnx.load(exported)
    said = {one.key: json.loads(one.value) for one in model.metadata_props}
    said[KEY]["thresholds"] |= {"frontal": 0.0, "least_lung": 0.0}
    helper.set_model_props(model, {name: json.dumps(value) for name, value in said.items()})
    onnx.save(model, tmp_path / "mine.onnx")
    return tmp_path / "mine.onnx"


def test_a_model_is_trained_released_watched_taken_back_and_adapted(
    trained: Path, tmp_path: Path
) -> None:
    films, report, data = (tmp_path / name for name in ("films", "report", "data"))
    films.mkdir()
    write_dataset(films, count=16, seed=5)
    (tmp_path / "limits.toml").write_text(LOOSE)
    options = ("--data", films, "--limits", tmp_path / "limits.toml", "--report", report)
    run("accept", "--model", trained, *options, "--threads", 1)
    sha256 = Scorer(trained, threads=1).facts.sha256
    place = ("--data-dir", data)
    run("models", "add", trained, *place)
    run("models", "record", report / "acceptance.json", *place)
    (data / "radiograde.toml").write_text(SITE)
    settings = Settings(data_dir=data)
    files = sorted(path for path in films.rglob("*.png") if "lung" not in path.name)[:5]
    with closing(open_records(settings)) as records:
        grader = FilmGrader(records, load_scorer(settings, threads=1), settings.limits)
        follower = model_follower(settings, records.database, grader)
        run("models", "shadow", sha256[:8], "--share", 100, *place)
        shadow = ShadowGrader(
            records, ModelFiles(data / MODELS, records.archive.storage), settings.limits, INLINE
        )
        for path in files[:3]:
            shadow.grade(str(grader.answer(path.read_bytes()).id), sha256)
        assert "3 films" in run("models", "compare", *place)

        run("models", "promote", sha256[:8], *place)
        follower.follow()
        assert grader.answer(files[3].read_bytes()).model.sha256 == sha256

        record(records.database, made_rows(300, model=sha256))
        record(records.database, brighter(made_rows(120, seed=2, model=sha256, first=300)))
        assert "ALARM" in run("monitor", *place, exit_code=3)
        with pytest.raises(ModelStoppedError):
            grader.answer(files[4].read_bytes())

        run("models", "rollback", *place)
        follower.follow()
        assert ModelStop(records).go_on(grader.scorer.facts.sha256) == 1
        result = grader.answer(files[4].read_bytes())
        assert result.model.sha256 == Scorer(BUNDLED, threads=1).facts.sha256

    local, more = tmp_path / "local.onnx", tmp_path / "more"
    more.mkdir()
    write_dataset(more, count=LOCAL, seed=9)
    run("adapt", "--model", trained, "--data", more, "--out", local)
    run("models", "add", local, *place)
    adapted = Scorer(local, threads=1)
    assert adapted.metadata.raw["adapted"]["base"]["sha256"] == sha256
    states = [line for line in run("models", "list", *place).splitlines() if "+local." in line]
    assert [adapted.facts.sha256[:8] in line for line in states] == [True]
