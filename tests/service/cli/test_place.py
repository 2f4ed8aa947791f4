"""One data directory: wherever ``--data-dir`` stands, said by each command, made by few."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from radiograde.command import COMMANDS, main
from radiograde.service.config.settings import Settings
from tests.service.accounts import PASSWORD, QUICK

ROOT = Path(__file__).resolve().parents[3]
ADD = ("users", "add", "kim", "--role", "administrator", "--password-stdin")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radiograde.service.auth.credentials.PasswordHasher", lambda: QUICK)


@pytest.fixture(autouse=True)
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory where none is named; the user's own is left alone."""
    monkeypatch.delenv("RADIOGRADE_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "radiograde"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        main, [str(argument) for argument in arguments], input=f"{PASSWORD}\n"
    )


def placed(line: tuple[str, ...], place: Path) -> list[list[str]]:
    """Return a line with the option at every position that it may have."""
    option = ["--data-dir", str(place)]
    words = [index for index, word in enumerate(line) if not word.startswith("-")][:2]
    return [
        [*line[:index], *option, *line[index:]] for index in (0, *(one + 1 for one in words))
    ] + [[*line, *option]]


@pytest.mark.parametrize(
    "line",
    [("users", "list"), ("keys", "list"), ("jobs",), ("jobs", "retry", "--all"), ("check",)],
)
def test_the_option_is_taken_everywhere(line: tuple[str, ...], tmp_path: Path) -> None:
    place = tmp_path / "place"
    run(*ADD, "--data-dir", place)
    for arguments in placed(line, place):
        shown = run(*arguments)
        assert f"Data directory: {place}" in shown.stderr, (arguments, shown.output)
        assert "Usage" not in shown.output
    assert not (tmp_path / "home").exists()


def test_a_user_goes_where_every_position_says(tmp_path: Path) -> None:
    for number, arguments in enumerate(placed(ADD, tmp_path / "place")):
        line = [word if word != "kim" else f"kim{number}" for word in arguments]
        assert run(*line).exit_code == 0
    listed = run("users", "list", "--data-dir", tmp_path / "place").stdout
    assert len(re.findall(r"kim\d", listed)) == 4


def test_two_places_are_one_too_many(tmp_path: Path) -> None:
    for line in (("--data-dir", "a", "users", "list"), ("users", "--data-dir", "a", "list")):
        shown = run(*line, "--data-dir", "b")
        assert shown.exit_code == 2
        assert "given twice: a and b" in shown.stderr
    assert run("--data-dir", tmp_path, "users", "list", "--data-dir", tmp_path).exit_code == 0


@pytest.mark.parametrize("command", ["train", "evaluate", "export"])
def test_a_command_without_use_for_it_says_so(command: str, tmp_path: Path) -> None:
    shown = run("--data-dir", tmp_path, command)
    assert shown.exit_code == 2
    assert "without a data directory" in shown.stderr


def test_a_command_that_reads_goes_by_the_site_file_there(tmp_path: Path) -> None:
    (tmp_path / "radiograde.toml").write_text("colour = 1\n")
    (tmp_path / "film.png").touch()
    for line in (("score", tmp_path / "film.png"), ("info",)):
        shown = run("--data-dir", tmp_path, *line)
        assert "colour" in shown.stderr


@pytest.mark.parametrize(
    "line",
    [
        ("users", "list"),
        ("users", "password", "kim", "--password-stdin"),
        ("users", "remove", "kim"),
        ("keys", "list"),
        ("keys", "remove", "orthanc"),
        ("jobs",),
        ("jobs", "--json"),
        ("jobs", "retry", "--all"),
        ("check",),
        ("info",),
        ("data", "reviews", "--out", "out"),
    ],
)
def test_who_only_reads_makes_nothing(
    line: tuple[str, ...], default: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run(*line)
    assert "Traceback" not in shown.output
    assert list(tmp_path.iterdir()) == []
    if line[0] not in ("info", "check") and "--json" not in line:
        assert str(default) in shown.stderr


def test_the_first_user_and_the_service_are_in_one_place(
    default: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a newcomer types, by the examples in ``--help`` and by ``make run``."""
    started: list[Settings] = []
    monkeypatch.setattr(
        "radiograde.service.http.server.run_server", lambda settings, _: started.append(settings)
    )
    assert run(*ADD).exit_code == 0
    (command,) = re.findall(r"^\t\$\(BIN\)/radiograde (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert run(*command.split()).exit_code == 0
    assert started[0].data_dir == default
    assert "kim" in run("users", "list").stdout


@pytest.mark.parametrize("command", ["serve", "listen"])
def test_who_serves_says_where(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "radiograde.service.http.server.run_server", lambda _, announce: announce("http://here")
    )
    monkeypatch.setattr(
        "radiograde.service.dimse.listener.run_listener", lambda _, announce: announce("here")
    )
    shown = run(command, "--data-dir", tmp_path)
    assert shown.stdout.splitlines()[-1] == f"Data directory: {tmp_path}"


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_what_is_kept_is_for_this_user_alone(tmp_path: Path) -> None:
    place = tmp_path / "place"
    before = os.umask(0o022)
    try:
        assert run(*ADD, "--data-dir", place).exit_code == 0
        assert run("keys", "add", "orthanc", "--role", "sender", "--data-dir", place).exit_code == 0
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    kept = [place, *place.rglob("*")]
    assert len(kept) > 1
    assert {path: oct(path.stat().st_mode & 0o077) for path in kept} == dict.fromkeys(kept, "0o0")


@pytest.mark.parametrize("command", ["serve", "listen", "work"])
def test_what_runs_keeps_it_for_this_user_alone(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks: list[int] = []

    def look(*_: object, **__: object) -> None:
        masks.append(os.umask(0o077))

    monkeypatch.setattr("radiograde.service.http.server.run_server", look)
    monkeypatch.setattr("radiograde.service.dimse.listener.run_listener", look)
    monkeypatch.setattr("radiograde.service.grading.worker.run_worker", look)
    assert run(command, "--data-dir", tmp_path).exit_code == 0
    assert masks == [0o077]


def test_no_message_points_at_a_file_that_is_not_installed() -> None:
    """Neither the image nor a wheel holds ``docs/``."""
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        for one in (command, *getattr(command, "commands", {}).values()):
            assert "docs/" not in one.get_help(click.Context(one)), name
    for folder in ("model", "data", "training", "service", "radiograde"):
        for path in (ROOT / folder).rglob("*.py"):
            for text in messages(path):
                assert not re.search(r"docs/|README|\w\.md\b", text), (path, text)


def messages(path: Path) -> list[str]:
    """Return the texts of a module's exceptions, findings and echoes."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if is_said(node)]
    return [
        one.value
        for call in calls
        for one in ast.walk(call)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def is_said(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = str(getattr(node.func, "id", None) or getattr(node.func, "attr", ""))
    return name.endswith("Error") or name in ("Finding", "echo", "ClickException", "option")
