from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
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


def test_sender_study_and_a_shared_uid_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_records(Settings(data_dir=tmp_path))) as records:
        first = records.intake.accept(film_bytes(), "dicom", "XRAY1").film_id
        records.intake.accept(film_bytes()[:-1000], "dicom", "XRAY2")
    for identifiers in ("none", "id"):
        monkeypatch.setenv("RADIOGRADE_IDENTIFIERS", identifiers)
        shown = " ".join(jobs(tmp_path)[1].split())
        assert "XRAY1" in shown
        assert "XRAY2" in shown
        assert "other content" in shown
        assert ("ACC-7" in shown) == (identifiers == "id")
        lines = [json.loads(line) for line in jobs(tmp_path, "--json")[1].splitlines()]
        assert [line["sender"] for line in lines] == ["XRAY2", "XRAY1"]
        assert lines[0]["shares_uid_with"] == first
        assert lines[0]["study"] == lines[1]["study"] is not None
        assert (lines[1]["study_instance_uid"] is not None) == (identifiers == "id")


def test_an_unknown_job_is_said(tmp_path: Path) -> None:
    code, shown = jobs(tmp_path, "retry", "none")
    assert code == 1
    assert "no database" in shown
    open_records(Settings(data_dir=tmp_path)).close()
    code, shown = jobs(tmp_path, "retry", "none")
    assert code == 1
    assert "No film has this id" in shown
    assert jobs(tmp_path, "retry")[0] == 2
