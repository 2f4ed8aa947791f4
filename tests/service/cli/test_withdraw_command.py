from __future__ import annotations

from contextlib import closing
from pathlib import Path

from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import Outbox, work_with

NOBODY = "01M00000000000000000000000"


def withdraw(data: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["withdraw", "--data-dir", str(data), *more])


def graded_in(data: Path) -> str:
    """Return a film that was graded in an installation, and is not delivered yet."""
    with closing(open_records(Settings(data_dir=data))) as records:
        film = records.intake.accept(film_bytes(), "dicom").film_id
        work_with(records, Outbox()).grade(film)
        return film


def test_a_result_is_withdrawn_under_the_users_name(tmp_path: Path) -> None:
    film = graded_in(tmp_path)
    done = withdraw(tmp_path, film, "--reason", "Wrong patient", "--code", "patient_safety")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "1 withdrawn.")
    with closing(open_records(Settings(data_dir=tmp_path))) as records:
        found = records.withdrawals.standing(film)
        assert found is not None
        assert (found.code, found.reason) == ("patient_safety", "Wrong patient")
        assert found.by
        outbox = Outbox()
        work_with(records, outbox).deliver(film, outbox.name)
        assert records.jobs.get(film).deliveries[0].state == "delivered"
        assert outbox.sent == []


def test_what_cannot_be_withdrawn_is_said(tmp_path: Path) -> None:
    missing = withdraw(tmp_path, NOBODY, "--reason", "x")
    assert missing.exit_code == 1
    assert "database" in missing.output
    graded_in(tmp_path)
    unknown = withdraw(tmp_path, NOBODY, "--reason", "x")
    assert unknown.exit_code == 1
    assert "No result has this id" in unknown.output
    assert "withdrawn." not in unknown.output
    for faulty in (["--reason", "x", "--code", "bored"], []):
        assert withdraw(tmp_path, NOBODY, *faulty).exit_code == 2
