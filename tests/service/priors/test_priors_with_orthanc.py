"""Three earlier films in Orthanc, a new one sent: a course of four, by DICOM and DICOMweb."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from radiograde.service.config.settings import Settings
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading.records import open_records
from radiograde.service.worklist.history import History, HistoryFilm
from tests.orthanc import Orthanc, free_port, running_orthanc
from tests.service.pacs.archives import (
    ROOT_UID,
    course,
    film_of_day,
    orthanc_by_dicom,
    running_dcmqrscp,
    store,
)
from tests.service.processes import running, waited

PROMISED_S = 10.0
"""Within which the course is whole; a loaded machine may take longer, and the test only tells."""

READY_S = 200.0
"""In which a process starts on a machine that does much else."""

NEW = film_of_day("20260304", 1)


def course_in(data: Path) -> list[HistoryFilm]:
    """Return the scored films of the new film's patient."""
    with closing(open_records(Settings(data_dir=data), create=False)) as records:
        film = records.films.known(f"sop:{ROOT_UID}.1.1.1")
        if film is None:
            return []
        limit = RepeatabilityLimit("", None)
        history = History(records.database, records.reviews, lambda: limit).of(film.id)
        return [one for one in history.films if one.brixia]


def await_course(data: Path, way: str) -> list[HistoryFilm]:
    began = time.monotonic()
    assert waited(lambda: len(course_in(data)) == 4, 90, every=0.2)
    took = time.monotonic() - began
    print(f"\ncourse of four by {way}: {took:.2f} s (promised within {PROMISED_S:g} s)")
    return course_in(data)


def check_course(data: Path, way: str, archive: Orthanc | None = None) -> None:
    found = await_course(data, way)
    assert [(one.taken or "")[:10] for one in found] == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
        "2026-03-04",
    ]
    assert [one.prior for one in found] == [True, True, True, False]
    if archive is not None:
        # Results of the new film alone came back.
        assert waited(lambda: len(archive.get("/instances")) == 3 + 3, 30)
        time.sleep(1)
        assert len(archive.get("/instances")) == 3 + 3


def site(data: Path, text: str) -> None:
    data.mkdir(exist_ok=True)
    (data / "radiograde.toml").write_text(text)


@pytest.mark.parametrize("retrieve", ["move", "get"])
def test_a_course_of_four_by_dicom(tmp_path: Path, retrieve: str) -> None:
    port, data = free_port(), tmp_path / "data"
    known = {"radiograde": ("RADIOGRADE", "127.0.0.1", port)}
    with ExitStack() as stack:
        orthanc = stack.enter_context(running_orthanc(tmp_path / "orthanc", modalities=known))
        site(
            data,
            f'[[destination]]\nname = "pacs"\ntype = "dicom"\naet = "{orthanc.aet}"\n'
            f'host = "127.0.0.1"\nport = {orthanc.dicom_port}\nretrieve = "{retrieve}"\n'
            '[priors]\npacs = ["pacs"]\n',
        )
        for film in course():
            orthanc.post("/instances", film)
        log = data / "listen.log"
        command = ("listen", "--port", str(port), "--data-dir", str(data))
        stack.enter_context(running(*command, log=log))
        assert waited(lambda: b"worker_ready" in log.read_bytes(), READY_S), log.read_text()
        node = orthanc_by_dicom(orthanc, aet="RADIOGRADE", port=port)
        store(node, NEW)
        check_course(data, f"C-FIND and C-{retrieve.upper()}", orthanc)
    assert b"P-1" not in log.read_bytes()


def test_a_course_of_four_by_dicomweb(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    with ExitStack() as stack:
        orthanc = stack.enter_context(running_orthanc(tmp_path / "orthanc"))
        site(
            data,
            f'[[destination]]\nname = "pacs"\ntype = "dicomweb"\nurl = "{orthanc.dicomweb}"\n'
            '[priors]\npacs = ["pacs"]\n',
        )
        for film in course():
            orthanc.post("/instances", film)
        log = data / "listen.log"
        command = ("listen", "--port", str(port), "--data-dir", str(data))
        stack.enter_context(running(*command, log=log))
        assert waited(lambda: b"worker_ready" in log.read_bytes(), READY_S), log.read_text()
        store(orthanc_by_dicom(orthanc, aet="RADIOGRADE", port=port), NEW)
        check_course(data, "QIDO-RS and WADO-RS", orthanc)


def test_a_course_of_four_from_a_second_archive(tmp_path: Path) -> None:
    """DCMTK's dcmqrscp by C-MOVE: it sends to the node, which marks what it was asked for."""
    port, data = free_port(), tmp_path / "data"
    with ExitStack() as stack:
        archive = stack.enter_context(running_dcmqrscp(tmp_path / "qrscp", ("RADIOGRADE", port)))
        store(archive, *course())
        site(
            data,
            f'[[destination]]\nname = "pacs"\ntype = "dicom"\naet = "{archive.aet}"\n'
            f'host = "127.0.0.1"\nport = {archive.port}\nsources = []\n'
            '[priors]\npacs = ["pacs"]\n',
        )
        log = data / "listen.log"
        command = ("listen", "--port", str(port), "--data-dir", str(data))
        stack.enter_context(running(*command, log=log))
        assert waited(lambda: b"worker_ready" in log.read_bytes(), READY_S), log.read_text()
        store(archive.model_copy(update={"aet": "RADIOGRADE", "port": port}), NEW)
        check_course(data, "C-FIND and C-MOVE of dcmqrscp")
