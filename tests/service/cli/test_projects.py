"""``radiograde projects``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.service.worklist.stock import Stock


@pytest.fixture
def films(tmp_path: Path) -> list[str]:
    """Return the ids of three films of an installation."""
    records = open_records(Settings(data_dir=tmp_path))
    stock = Stock(records)
    made = [stock.scored() for _ in range(3)]
    records.close()
    return made


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data-dir", str(folder)])


def lines(folder: Path, *words: str) -> str:
    result = run(folder, *words)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_project_from_its_making_to_its_end(tmp_path: Path, films: list[str]) -> None:
    line = ["users", "add", "kim", "--role", "member", "--password-stdin"]
    first = ["users", "add", "root", "--role", "administrator", "--password-stdin"]
    for words in (first, line):
        typed = [*words, "--data-dir", str(tmp_path)]
        assert CliRunner().invoke(main, typed, input="a long sentence\n").exit_code == 0
    assert "no project" in lines(tmp_path, "projects", "list")
    lines(tmp_path, "projects", "create", "Spring")
    assert "Nobody" in lines(tmp_path, "projects", "members", "Spring")
    lines(tmp_path, "projects", "add-member", "Spring", "kim", "--role", "researcher")
    assert "researcher" in lines(tmp_path, "projects", "members", "Spring")
    assert "1 films" in lines(tmp_path, "projects", "add-films", "Spring", films[0])
    by_day = ("projects", "add-films", "Spring", "--since", "2026-01-01")
    assert "2 films" in lines(tmp_path, *by_day)
    assert "0 films" in lines(tmp_path, *by_day, "--until", "2026-01-02")
    assert "1 films" in lines(tmp_path, "projects", "remove-films", "Spring", films[0])
    key = ("keys", "add", "notebook", "--role", "reader", "--project", "Spring")
    assert "rg_" in lines(tmp_path, *key)
    assert "reader in Spring" in lines(tmp_path, "keys", "list")
    lines(tmp_path, "projects", "rename", "Spring", "--to", "Summer")
    lines(tmp_path, "projects", "remove-member", "Summer", "kim")
    lines(tmp_path, "projects", "close", "Summer")
    listed = lines(tmp_path, "projects", "list")
    assert "Summer" in listed
    assert "closed" in listed


@pytest.mark.parametrize(
    "words",
    [
        ("create", ""),
        ("rename", "None", "--to", "Other"),
        ("close", "None"),
        ("members", "None"),
        ("add-member", "None", "kim", "--role", "reader"),
        ("remove-member", "None", "kim"),
        ("add-films", "None", "--since", "2026-01-01"),
        ("add-films", "None"),
        ("remove-films", "None", "x"),
    ],
)
def test_what_is_not_there_is_said(
    tmp_path: Path, films: list[str], words: tuple[str, ...]
) -> None:
    result = run(tmp_path, "projects", *words)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
