"""The store route behind a real server: dicomweb-client, Orthanc, real files, bare sockets."""

from __future__ import annotations

import functools
import http.client
import io
import logging
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import uvicorn
from dicomweb_client import DICOMwebClient
from pydicom import Dataset, dcmread

from radiograde.service.http.server import base_url, listen
from tests.orthanc import running_orthanc
from tests.service.documents.graded_films import SOP_UID, STUDY_UID, film_bytes
from tests.service.http.dicomweb.fakes import BOUNDARY, RELATED, FakeIntake, related, stow_app

NAMES = ("Yamada", "Tarou", "Hong", "Gildong", "山田", "洪吉洞", "CompressedSamples", "1CT1")
NAMELESS = ("no_rows", "no_transfer_syntax_three_elements")
"""Files without a SOP Class UID, or without a preamble."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running store route, and what is behind it."""

    url: str
    intake: FakeIntake

    @property
    def studies(self) -> str:
        return f"{self.url}/dicom-web/studies"

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.url.removeprefix("http://").split(":")
        return host, int(port)


@contextmanager
def serving(intake: FakeIntake) -> Iterator[Served]:
    """Serve the route on a free port of this computer."""
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(stow_app(intake), log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Served(base_url(listener), intake)
        finally:
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive()


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(FakeIntake()) as it:
        yield it


@functools.cache
def instance(number: int) -> bytes:
    return film_bytes(SOPInstanceUID=f"{SOP_UID}.{number}")


def open_request(served: Served, head: str) -> socket.socket:
    sender = socket.create_connection(served.address, timeout=60)
    sender.sendall(f"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n{head}\r\n".encode())
    return sender


def until_taken(intake: FakeIntake, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(intake.taken) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(intake.taken) == count


def test_dicomweb_client_stores(served: Served) -> None:
    client = DICOMwebClient(f"{served.url}/dicom-web")
    films = [dcmread(io.BytesIO(instance(number))) for number in range(3)]
    answer = client.store_instances(films)
    stored = [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence]
    assert stored == [film.SOPInstanceUID for film in films]
    assert "FailedSOPSequence" not in answer
    assert len(served.intake.taken) == 3
    answer = client.store_instances(films, study_instance_uid=STUDY_UID)
    assert len(answer.ReferencedSOPSequence) == 3
    assert len(served.intake.taken) == 3
    with pytest.raises(requests.HTTPError) as refused:
        client.store_instances(films[:1], study_instance_uid=STUDY_UID + ".9")
    response = refused.value.response
    assert response is not None
    assert response.status_code == 409
    failed = Dataset.from_json(response.json()).FailedSOPSequence
    assert [item.FailureReason for item in failed] == [0xA901]


def test_dicomweb_client_stores_in_chunks(served: Served) -> None:
    """Beyond its chunk size the client sends no Content-Length."""
    client = DICOMwebClient(f"{served.url}/dicom-web", chunk_size=5000)
    films = [dcmread(io.BytesIO(instance(number))) for number in range(3)]
    assert len(client.store_instances(films).ReferencedSOPSequence) == 3
    assert [dcmread(io.BytesIO(taken)) for taken in served.intake.taken] == films


def test_real_files_are_stored_as_they_are(
    served: Served,
    shared: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    paths = sorted((shared / "dicom").glob("*/*.dcm"))
    assert len(paths) > 35
    contents = [path.read_bytes() for path in paths]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        answers = [
            requests.post(served.studies, content, headers={"Content-Type": kind}, timeout=60)
            for kind, content in (
                (RELATED, related(contents)),
                *(("application/dicom", content) for content in contents),
            )
        ]
    named = [path.stem not in NAMELESS for path in paths]
    assert answers[0].status_code == 202
    module = Dataset.from_json(answers[0].json())
    assert len(module.ReferencedSOPSequence) == sum(named)
    assert sorted(item.FailureReason for item in module.OtherFailuresSequence) == [0xA900, 0xC000]
    assert [answer.status_code for answer in answers[1:]] == [200 if it else 409 for it in named]
    distinct = {content for content, it in zip(contents, named, strict=True) if it}
    assert set(served.intake.taken) == distinct
    told = "".join([*capsys.readouterr(), *map(str, warned)])
    told += "".join(record.getMessage() for record in caplog.records)
    told += "".join(answer.text for answer in answers)
    assert not any(name in told for name in NAMES)


def test_a_body_of_unknown_length_is_taken(served: Served) -> None:
    connection = http.client.HTTPConnection(*served.address, timeout=60)
    body = related([instance(0)])
    pieces = (body[start : start + 777] for start in range(0, len(body), 777))
    headers = {"Content-Type": RELATED, "Transfer-Encoding": "chunked"}
    connection.request("POST", "/dicom-web/studies", pieces, headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_a_sender_who_breaks_off_leaves_what_was_whole(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    films = [instance(number) for number in range(3)]
    body = related(films)
    whole = body[: body.rindex(b"DICM")]
    for _ in range(2):
        sender = open_request(served, f"Content-Type: {RELATED}\r\nContent-Length: {len(body)}\r\n")
        sender.sendall(whole)
        until_taken(served.intake, 2)
        sender.close()
    assert served.intake.taken == films[:2]
    answer = requests.post(served.studies, body, headers={"Content-Type": RELATED}, timeout=30)
    assert answer.status_code == 200
    assert served.intake.taken == films
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_an_instance_is_taken_before_the_next_one_arrives(served: Served) -> None:
    films = [instance(number) for number in range(2)]
    body = related(films)
    second = body.rindex(f"--{BOUNDARY}\r\n".encode()) + len(BOUNDARY) + 10
    with open_request(
        served, f"Content-Type: {RELATED}\r\nContent-Length: {len(body)}\r\n"
    ) as sender:
        sender.sendall(body[:second])
        until_taken(served.intake, 1)
        sender.sendall(body[second:])
        assert sender.recv(4096).startswith(b"HTTP/1.1 200")


def test_two_senders_do_not_wait_for_each_other() -> None:
    held, go = threading.Event(), threading.Event()

    def hold(call: int) -> None:
        if call == 1:
            held.set()
            assert go.wait(30)

    with serving(FakeIntake(hold)) as served:
        headers = {"Content-Type": "application/dicom"}
        first = threading.Thread(
            target=requests.post, args=(served.studies, instance(0)), kwargs={"headers": headers}
        )
        first.start()
        assert held.wait(30)
        try:
            second = requests.post(served.studies, instance(1), headers=headers, timeout=30)
        finally:
            go.set()
            first.join(30)
    assert second.status_code == 200
    assert len(served.intake.taken) == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_orthanc_sends_here(served: Served, tmp_path: Path, chunked: bool) -> None:
    server = {"Url": f"{served.url}/dicom-web/", "ChunkedTransfers": chunked}
    web = {"Enable": True, "Root": "/dicom-web/", "Servers": {"radiograde": server}}
    settings = {"DicomWeb": web}
    with running_orthanc(tmp_path, settings=settings) as orthanc:
        keys = [orthanc.post("/instances", instance(number))["ID"] for number in range(3)]
        resources = "[" + ",".join(f'"{key}"' for key in keys) + "]"
        body = f'{{"Resources": {resources}, "Synchronous": true}}'
        orthanc.post("/dicom-web/servers/radiograde/stow", body)
    assert len(served.intake.taken) == 3
