from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiograde.command import main

SHARE = '[[destination]]\nname = "share"\ntype = "folder"\npath = "{}"\n'


def check(data: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["check", "--data-dir", str(data), *more])
    return done.exit_code, done.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_all_is_well(data: Path, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    (data / "radiograde.toml").write_text(SHARE.format(share))
    code, shown = check(data)
    assert code == 0, shown
    assert "share" in shown
    assert list(share.iterdir()) == []


def test_what_does_not_work_is_said_with_advice(data: Path, tmp_path: Path) -> None:
    (data / "radiograde.toml").write_text(SHARE.format(tmp_path / "missing"))
    code, shown = check(data, "share", "--json")
    assert code == 1
    found = json.loads(shown)["share"]
    assert any(one["level"] == "fail" and one["advice"] for one in found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[destination]", "is no TOML"),
        ("[node]\nport = 99999\n", "node.port"),
        ("[node]\ncolour = 1\n", "node.colour"),
        (SHARE.format("a") + SHARE.format("b"), "two destinations"),
    ],
)
def test_a_site_file_that_cannot_be_used_is_said(data: Path, text: str, reason: str) -> None:
    (data / "radiograde.toml").write_text(text)
    code, shown = check(data)
    assert code == 1
    assert reason in shown


def test_a_destination_that_is_not_there_is_said(data: Path) -> None:
    code, shown = check(data, "nowhere")
    assert code == 1
    assert "no destination nowhere" in shown
