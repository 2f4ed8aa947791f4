"""``radiograde withdraw``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records
from radiograde.service.reviews.withdrawal import Withdrawal
from tests.service.fakes import FakeScorer, png


@pytest.fixture
def id(tmp_path: Path) -> str:
    settings = Settings(data_dir=tmp_path)
    with closing(open_records(settings)) as records:
        return str(FilmGrader(records, FakeScorer(), settings.limits).answer(png(300, 320)).id)


def run(data_dir: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["withdraw", *words, "--data-dir", str(data_dir)])


def standing(data_dir: Path, id: str) -> Withdrawal | None:
    with closing(open_records(Settings(data_dir=data_dir))) as records:
        return records.withdrawals.standing(id)


def test_it_says_why_and_by_whom(tmp_path: Path, id: str) -> None:
    done = run(tmp_path, id, "--reason", "Wrong patient", "--code", "patient_safety")
    assert (done.exit_code, done.stdout) == (0, "1 withdrawn.\n")
    found = standing(tmp_path, id)
    assert found is not None
    assert (found.reason, found.code) == ("Wrong patient", "patient_safety")


def test_a_user_without_a_name_withdraws_too(
    tmp_path: Path, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert run(tmp_path, id, "--reason", "Wrong patient").exit_code == 0
    found = standing(tmp_path, id)
    assert found is not None
    assert found.by == "command line"


@pytest.mark.parametrize("reason", ["", "x" * 501])
def test_a_reason_is_told_whole_or_not_taken(tmp_path: Path, id: str, reason: str) -> None:
    assert run(tmp_path, id, "--reason", reason).exit_code == 2
    assert standing(tmp_path, id) is None


def test_what_is_not_there_is_told(tmp_path: Path, id: str) -> None:
    assert run(tmp_path, "01JARADMZ00000000000000000", "--reason", "Wrong").exit_code == 1
    assert standing(tmp_path, id) is None
