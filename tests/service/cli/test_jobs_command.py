from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import Outbox, work_with


def jobs(data: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["jobs", "--data-dir", str(data), *more])
    return done.exit_code, done.output


def test_jobs_are_shown_and_tried_again(tmp_path: Path) -> None:
    records = open_records(Settings(data_dir=tmp_path))
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work = work_with(records, Outbox(error=RuntimeError()))
    work.grade(film)
    for _ in range(4):
        work.deliver(film, "pacs")
    records.close()

    code, shown = jobs(tmp_path)
    assert code == 0
    assert film in shown
    assert "parked" in shown
    lines = jobs(tmp_path, "--state", "parked", "--json")[1].splitlines()
    assert json.loads(lines[0])["deliveries"][0]["attempts"] == 4
    assert "1 set going again" in jobs(tmp_path, "retry", "--all")[1]
    assert jobs(tmp_path, "--state", "parked", "--json")[1] == ""
    place = f"Data directory: {tmp_path}\n"
    assert jobs(tmp_path, "retry", "--all")[1] == f"{place}0 set going again.\n"


def test_an_unknown_job_is_said(tmp_path: Path) -> None:
    code, shown = jobs(tmp_path, "retry", "none")
    assert code == 1
    assert "no database" in shown
    open_records(Settings(data_dir=tmp_path)).close()
    code, shown = jobs(tmp_path, "retry", "none")
    assert code == 1
    assert "No film has this id" in shown
    assert jobs(tmp_path, "retry")[0] == 2
