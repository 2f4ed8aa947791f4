from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.result import NOTICE
from radiograde.service.config.settings import Settings
from radiograde.service.http import schemas
from tests.service.fakes import FACTS, FakeScorer, png


@pytest.fixture
def scorer(monkeypatch: pytest.MonkeyPatch) -> FakeScorer:
    """Let the commands use a fake model."""
    fake = FakeScorer()
    monkeypatch.setattr("radiograde.service.grading.load_scorer.load_scorer", lambda _: fake)
    return fake


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.png"
    path.write_bytes(png())
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_teaches_with_an_example() -> None:
    for command in ("serve", "score", "info"):
        shown = run(command, "--help")
        assert shown.exit_code == 0
        assert f"Example:\n    radiograde {command}" in shown.stdout


@pytest.mark.parametrize("group", ["", "users", "keys", "jobs", "data"])
def test_help_lists_each_command_with_a_whole_sentence(group: str) -> None:
    shown = run(*group.split(), "--help")
    assert shown.exit_code == 0
    commands = shown.stdout.partition("Commands:\n")[2]
    assert commands
    assert "..." not in commands
    words = " ".join(commands.split())
    assert words.count(". ") + 1 == len(re.findall(r"^  \w", commands, re.MULTILINE))
    assert words.endswith(".")


@pytest.mark.usefixtures("scorer")
def test_a_scored_film_is_shown_in_words(film: Path) -> None:
    shown = run("score", film)
    assert shown.exit_code == 0
    for text in (
        "film.png",
        "6.7 R 0.2 0.9 2.4 3.1 2.4 35 moderate",
        "5.7-7.7 L 0.3 1.0 1.9",
        "moderate",
        NOTICE,
    ):
        assert text in " ".join(shown.stdout.split())
    assert shown.stderr == ""


@pytest.mark.usefixtures("scorer")
def test_json_is_the_schema_and_the_file(film: Path) -> None:
    shown = run("score", "--json", film, film.parent)
    (line,) = shown.stdout.splitlines()
    document = json.loads(line)
    assert document.pop("file") == str(film)
    schemas.Result.model_validate(document)


@pytest.mark.usefixtures("scorer")
def test_a_film_that_fails_does_not_stop_the_others(film: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.dcm").write_bytes(b"x")
    (tmp_path / "notes.txt").touch()
    shown = run("score", "--json", tmp_path)
    assert shown.exit_code == 3
    statuses = [json.loads(line)["status"] for line in shown.stdout.splitlines()]
    assert statuses == ["failed", "scored"]
    assert "1 other file" in shown.stderr


@pytest.mark.usefixtures("scorer")
def test_a_file_that_may_not_be_read_fails_alone(film: Path, tmp_path: Path) -> None:
    lost = tmp_path / "lost.dcm"
    lost.symlink_to(tmp_path / "nothing.dcm")
    shown = run("score", "--json", tmp_path)
    assert shown.exit_code == 3
    failed = json.loads(shown.stdout.splitlines()[1])
    assert failed["error"]["code"] == "unreadable"


def test_a_rejected_film_gives_exit_code_3(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "radiograde.service.grading.load_scorer.load_scorer", lambda _: FakeScorer(rejects=True)
    )
    shown = run("score", film)
    assert shown.exit_code == 3
    assert "rejected" in shown.stdout
    assert "lateral" in shown.stdout


@pytest.mark.parametrize("arguments", [[], ["nowhere.dcm"], ["."], [".", "--device", "abacus"]])
def test_wrong_usage_gives_exit_code_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("score", *arguments).exit_code == 2


def test_a_bad_variable_is_named(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_WORKERS", "many")
    shown = run("score", film)
    assert shown.exit_code == 2
    assert "RADIOGRADE_WORKERS" in shown.stderr


def test_a_missing_model_is_said_in_a_line(film: Path) -> None:
    shown = run("score", film, "--model", film.parent / "none.onnx")
    assert shown.exit_code == 1
    assert "none.onnx" in shown.stderr
    assert "Traceback" not in shown.output


@pytest.mark.usefixtures("scorer")
def test_documents_mirror_the_folder(film: Path, tmp_path: Path) -> None:
    (tmp_path / "films" / "deep").mkdir(parents=True)
    film.rename(tmp_path / "films" / "deep" / "film.png")
    (tmp_path / "films" / "broken.dcm").write_bytes(b"x")
    out = tmp_path / "out"
    assert run("score", tmp_path / "films", "--out", out).exit_code == 3
    written = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    assert written == ["broken.dcm.json", "deep/film.png.json", "deep/film.png.overlay.png"]
    assert json.loads((out / "deep/film.png.json").read_text())["status"] == "scored"


@pytest.mark.usefixtures("scorer")
@pytest.mark.parametrize("out", ["graded", "."])
def test_grading_a_folder_again_grades_the_same_films(film: Path, out: str) -> None:
    def graded() -> list[str]:
        shown = run("score", "--json", film.parent, "--out", film.parent / out)
        return [json.loads(line)["file"] for line in shown.stdout.splitlines()]

    assert graded() == graded() == [str(film)]


@pytest.mark.usefixtures("scorer")
def test_a_folder_that_cannot_be_written_is_said(film: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shown = run("score", film, "--out", tmp_path / "file" / "out")
    assert shown.exit_code == 1
    assert "cannot be written" in shown.stderr


def test_serve_keeps_to_this_computer(tmp_path: Path) -> None:
    shown = run("serve", "--host", "0.0.0.0", "--data-dir", tmp_path)  # noqa: S104
    assert shown.exit_code == 1
    assert "--allow-insecure" in shown.stderr


def test_info_shows_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radiograde.model.scoring.scorer.Scorer", lambda _: FakeScorer())
    facts = json.loads(run("info", "--json").stdout)
    assert facts["model"]["sha256"] == FACTS.sha256
    assert facts["schema"] == "radiograde.result/1"
    assert "1.2.840.10008.1.2.4.90" in {syntax["uid"] for syntax in facts["transfer_syntaxes"]}
    assert FACTS.version in run("info").stdout


def test_info_shows_the_rest_without_a_model(tmp_path: Path) -> None:
    shown = run("info", "--json", "--model", tmp_path / "none.onnx")
    assert shown.exit_code == 0
    facts = json.loads(shown.stdout)
    assert facts["model"]["error"]["code"] == ModelFileError.code
    assert facts["libraries"]["pydicom"]


def test_serve_takes_its_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[Settings] = []

    def run_server(settings: Settings, announce: object) -> None:
        started.append(settings)

    monkeypatch.setattr("radiograde.service.http.server.run_server", run_server)
    monkeypatch.setenv("RADIOGRADE_ALLOW_INSECURE", "true")
    assert run("serve", "--port", "0", "--data-dir", tmp_path, "--device", "cpu").exit_code == 0
    (settings,) = started
    assert (settings.port, settings.data_dir, settings.device) == (0, tmp_path, "cpu")
    assert settings.allow_insecure
