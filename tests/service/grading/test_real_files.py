"""Every real file through intake and grading: an end for each, and no patient in any log."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.grading.records import Records
from tests.service.grading.graders import Outbox, work_with


def names_in(path: Path) -> set[str]:
    """Return the parts of the patient's name and id that are long enough to be found."""
    try:
        ds = dcmread(path, stop_before_pixels=True, force=True)
        texts = f"{ds.get('PatientName', '')}^{ds.get('PatientID', '')}"
    except (InvalidDicomError, ValueError, LookupError, AttributeError):
        return set()
    return {part for part in texts.replace("=", "^").split("^") if len(part) > 3}


def test_every_file_comes_to_an_end(
    shared: Path, records: Records, capfd: pytest.CaptureFixture[str]
) -> None:
    outbox = Outbox()
    work = work_with(records, outbox, scorer=Scorer())
    files = sorted(path for path in (shared / "dicom").rglob("*") if path.is_file())
    files = [path for path in files if path.suffix != ".md"]
    states: Counter[str] = Counter()
    written, names = "", set[str]()
    for path in files:
        names |= names_in(path)
        film = records.intake.accept(path.read_bytes(), "dicom").film_id
        work.grade(film)
        job = records.jobs.get(film)
        states[f"{job.state} {job.reason or ''}".strip()] += 1
        written += json.dumps(job.to_json())
        if job.deliveries:
            work.deliver(film, "pacs")
            documents = records.document_store.documents(
                film, ("sr", "seg", "sc", "fhir", "pdf", "json")
            )
            assert len(documents) in (4, 6)
    captured = capfd.readouterr()
    written += captured.out + captured.err
    print(dict(states))
    assert not [name for name in names if name in written]
    assert states["waiting"] == 0
    assert states["graded"] >= 12
    assert sum(count for state, count in states.items() if state.startswith("failed")) >= 2
