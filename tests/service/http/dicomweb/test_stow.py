"""The store route with an intake in memory: every status and every failure reason."""

from __future__ import annotations

import asyncio
import functools
import json
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pydicom import Dataset
from starlette.types import Message

from radiograde.model.errors import TooLargeError
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.http.dicomweb.stow_endpoint import PLACES
from tests.service.documents.graded_films import SOP_UID, STUDY_UID, film_bytes
from tests.service.http.dicomweb.fakes import BOUNDARY, RELATED, FakeIntake, related, stow_app

STUDIES = "/dicom-web/studies"
DX = "1.2.840.10008.5.1.4.1.1.1.1"


@functools.cache
def instance(number: int, **changed: Any) -> bytes:
    return film_bytes(SOPInstanceUID=f"{SOP_UID}.{number}", **changed)


@pytest.fixture(scope="module")
def films() -> list[bytes]:
    """Return three instances of one study."""
    return [instance(number) for number in range(3)]


def nameless() -> bytes:
    """Return an instance whose SOP Instance UID stands in its file meta information alone."""
    return film_bytes().replace(b"\x08\x00\x18\x00UI", b"\x08\x00\x19\x00UI")


def send(
    intake: FakeIntake, body: bytes, path: str = STUDIES, kind: str = RELATED, **limits: Any
) -> Response:
    with TestClient(stow_app(intake, **limits), base_url="http://localhost") as client:
        return client.post(path, content=body, headers={"Content-Type": kind})


def module(answer: Response) -> Dataset:
    assert answer.headers["content-type"] == "application/dicom+json"
    return Dataset.from_json(answer.json())


def failures(answer: Response) -> list[tuple[str, int]]:
    items = module(answer).get("FailedSOPSequence", [])
    return [(item.ReferencedSOPInstanceUID, item.FailureReason) for item in items]


def others(answer: Response) -> list[int]:
    return [item.FailureReason for item in module(answer).get("OtherFailuresSequence", [])]


def stored(answer: Response) -> list[str]:
    items = module(answer).get("ReferencedSOPSequence", [])
    return [item.ReferencedSOPInstanceUID for item in items]


def assert_problem(answer: Response, status: int, code: str, stored: int = 0) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == code
    assert document["stored"] == stored


def test_every_instance_is_stored_and_referenced(films: list[bytes]) -> None:
    intake = FakeIntake()
    answer = send(intake, related(films))
    assert answer.status_code == 200
    assert intake.taken == films
    assert intake.sources == ["dicomweb"] * 3
    assert answer.json() == {
        "00081190": {"vr": "UR"},
        "00081199": {
            "vr": "SQ",
            "Value": [
                {
                    "00081150": {"vr": "UI", "Value": [DX]},
                    "00081155": {"vr": "UI", "Value": [f"{SOP_UID}.{number}"]},
                    "00081190": {"vr": "UR"},
                }
                for number in range(3)
            ],
        },
    }


def test_storing_again_is_success(films: list[bytes]) -> None:
    intake = FakeIntake()
    answers = [send(intake, related(films)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert intake.taken == films


def test_the_intake_never_runs_on_the_event_loop(films: list[bytes]) -> None:
    intake = FakeIntake()
    loop_thread: list[int] = []
    app = stow_app(intake)

    @app.get("/loop")
    async def loop() -> None:
        loop_thread.append(threading.get_ident())

    with TestClient(app, base_url="http://localhost") as client:
        client.get("/loop")
        client.post(STUDIES, content=related(films), headers={"Content-Type": RELATED})
    assert intake.threads
    assert not intake.threads & set(loop_thread)


def test_one_instance_may_be_the_body(films: list[bytes]) -> None:
    intake = FakeIntake()
    for kind in ("application/dicom", 'Application/DICOM; transfer-syntax="1.2.840.10008.1.2.1"'):
        answer = send(intake, films[0], kind=kind)
        assert answer.status_code == 200
        assert stored(answer) == [f"{SOP_UID}.0"]
    assert intake.taken == films[:1]


def test_an_empty_body_is_a_bad_request() -> None:
    assert_problem(send(FakeIntake(), b"", kind="application/dicom"), 400, "bad_request")
    assert_problem(send(FakeIntake(), b""), 400, "bad_request")


def test_of_a_study_in_the_url_others_are_refused(films: list[bytes]) -> None:
    intake = FakeIntake()
    foreign = instance(9, StudyInstanceUID=STUDY_UID + ".9")
    none = instance(8, StudyInstanceUID=None)
    answer = send(intake, related([films[0], foreign, none]), f"{STUDIES}/{STUDY_UID}")
    assert answer.status_code == 202
    assert stored(answer) == [f"{SOP_UID}.0"]
    assert failures(answer) == [(f"{SOP_UID}.9", 0xA901), (f"{SOP_UID}.8", 0xA901)]
    assert intake.taken == films[:1]
    alone = send(intake, related([foreign]), f"{STUDIES}/{STUDY_UID}")
    assert alone.status_code == 409
    assert failures(alone) == [(f"{SOP_UID}.9", 0xA901)]
    assert stored(alone) == []


@pytest.mark.parametrize("study", ["DOE^JANE", "1.2.x", "1" * 65, "..%2f"])
def test_a_study_that_is_no_uid_is_a_bad_request(study: str, films: list[bytes]) -> None:
    intake = FakeIntake()
    answer = send(intake, related(films), f"{STUDIES}/{study}")
    assert answer.status_code in (400, 404)
    assert "JANE" not in answer.text
    assert intake.calls == 0


def test_parts_that_are_no_instances_fail_alone(films: list[bytes]) -> None:
    intake = FakeIntake()
    broken = bytes(128) + b"DICM" + b"\xff" * 200
    sloppy = film_bytes(SOPInstanceUID="DOE.JANE")
    body = related([broken, films[0], b"hello", nameless(), sloppy, films[1][128:]])
    answer = send(intake, body)
    assert answer.status_code == 202
    assert stored(answer) == [f"{SOP_UID}.0"]
    assert others(answer) == [0xC000, 0xC000, 0xA900, 0xA900, 0xC000]
    assert failures(answer) == []
    assert "JANE" not in answer.text
    assert intake.taken == films[:1]


def test_none_stored_for_a_mixture_of_reasons_is_a_conflict() -> None:
    answer = send(FakeIntake(), related([b"hello", nameless()]))
    assert answer.status_code == 409
    assert others(answer) == [0xC000, 0xA900]
    assert stored(answer) == []


def test_parts_of_another_type_are_refused(films: list[bytes]) -> None:
    jpeg = related([b"\xff\xd8\xff"], "Content-Type: image/jpeg\r\n")
    assert_problem(send(FakeIntake(), jpeg), 415, "unsupported_media_type")
    base64 = "Content-Type: application/dicom\r\nContent-Transfer-Encoding: base64\r\n"
    assert_problem(send(FakeIntake(), related(films, base64)), 415, "unsupported_media_type")
    first = related(films[:1]).removesuffix(b"--\r\n")
    mixed = first + jpeg.removeprefix(f"\r\n--{BOUNDARY}".encode())
    answer = send(FakeIntake(), mixed)
    assert answer.status_code == 202
    assert others(answer) == [0xC000]


@pytest.mark.parametrize(
    "kind",
    [
        "application/dicom+json",
        "image/jpeg",
        "multipart/form-data; boundary=bOuNdArY",
        'multipart/related; type="application/dicom+json"; boundary=bOuNdArY',
        'multipart/related; type="application/dicom+xml"; boundary=bOuNdArY',
        "",
        "; boundary",
    ],
)
def test_other_content_types_are_refused(kind: str, films: list[bytes]) -> None:
    intake = FakeIntake()
    assert_problem(send(intake, related(films), kind=kind), 415, "unsupported_media_type")
    assert intake.calls == 0


@pytest.mark.parametrize(
    "kind",
    [
        f"multipart/related; type=application/dicom; boundary={BOUNDARY}",
        f'Multipart/Related;boundary="{BOUNDARY}";TYPE="APPLICATION/DICOM"',
        f"multipart/related; boundary={BOUNDARY}",
    ],
)
def test_the_content_type_may_be_written_otherwise(kind: str, films: list[bytes]) -> None:
    assert send(FakeIntake(), related(films), kind=kind).status_code == 200


def test_a_quoted_boundary_may_hold_what_a_plain_one_cannot(films: list[bytes]) -> None:
    boundary = "a b:c=d,e;f(g)?/'+_."
    body = related(films, boundary=boundary)
    kind = f'multipart/related; type="application/dicom"; boundary="{boundary}"'
    assert send(FakeIntake(), body, kind=kind).status_code == 200


@pytest.mark.parametrize(
    "boundary", ["", ";boundary=", ";boundary=wrong", ";boundary=" + "b" * 300]
)
def test_a_boundary_that_does_not_fit_is_a_bad_request(boundary: str, films: list[bytes]) -> None:
    kind = f'multipart/related; type="application/dicom"{boundary}'
    assert_problem(send(FakeIntake(), related(films), kind=kind), 400, "bad_request")


def test_a_compressed_body_is_refused(films: list[bytes]) -> None:
    app = stow_app(FakeIntake())
    headers = {"Content-Type": RELATED, "Content-Encoding": "gzip"}
    with TestClient(app, base_url="http://localhost") as client:
        answer = client.post(STUDIES, content=zlib.compress(related(films)), headers=headers)
        assert_problem(answer, 415, "unsupported_media_type")
        headers["Content-Encoding"] = "Identity"
        answer = client.post(STUDIES, content=related(films), headers=headers)
    assert answer.status_code == 200


def test_a_body_cut_short_says_how_many_were_stored(films: list[bytes]) -> None:
    intake = FakeIntake()
    body = related(films)
    answer = send(intake, body[: body.rindex(b"DICM")])
    assert_problem(answer, 400, "bad_request", stored=2)
    assert intake.taken == films[:2]
    assert send(intake, body).status_code == 200
    assert intake.taken == films


def test_an_instance_too_large_fails_alone_and_is_named(films: list[bytes]) -> None:
    intake = FakeIntake()
    large = films[1] + bytes(2**20)
    limit = len(films[0])
    answer = send(intake, related([films[0], large, films[2]]), max_part_bytes=limit)
    assert answer.status_code == 202
    assert failures(answer) == [(f"{SOP_UID}.1", 0xA700)]
    assert intake.taken == [films[0], films[2]]
    alone = send(intake, related([large]), max_part_bytes=limit)
    assert_problem(alone, 413, "too_large")
    alone = send(intake, large, kind="application/dicom", max_part_bytes=limit)
    assert_problem(alone, 413, "too_large")
    assert send(intake, films[0], kind="application/dicom", max_part_bytes=limit).status_code == 200


def test_too_many_parts_are_refused(films: list[bytes]) -> None:
    answer = send(FakeIntake(), related(films), max_parts=2)
    assert_problem(answer, 413, "too_large", stored=2)


def test_the_uids_are_found_behind_a_large_header() -> None:
    padding = Dataset()
    padding.TextValue = "x" * 2_000_000
    early = film_bytes(ReferencedImageSequence=[padding])  # before the study's UID
    late = film_bytes(RequestAttributesSequence=[padding])
    for film in (early, late):
        assert stored(send(FakeIntake(), related([film]), f"{STUDIES}/{STUDY_UID}")) == [SOP_UID]


@pytest.mark.parametrize(
    "error", [NoSpaceError("No space. Make room."), StoreError("No answer. Start it.")]
)
def test_no_room_for_any_instance_says_when_to_come_back(
    error: Exception, films: list[bytes]
) -> None:
    intake = FakeIntake(lambda _: error)
    answer = send(intake, related(films))
    assert_problem(answer, 503, getattr(error, "code"))  # noqa: B009
    assert int(answer.headers["Retry-After"]) > 0
    assert intake.calls == 1


def test_room_that_ends_half_way_fails_the_rest(films: list[bytes]) -> None:
    intake = FakeIntake(lambda call: NoSpaceError("full") if call == 2 else None)
    answer = send(intake, related(films))
    assert answer.status_code == 202
    assert stored(answer) == [f"{SOP_UID}.0"]
    assert failures(answer) == [(f"{SOP_UID}.1", 0xA700), (f"{SOP_UID}.2", 0xA700)]


def test_an_intake_that_breaks_fails_one_instance(films: list[bytes]) -> None:
    intake = FakeIntake(lambda call: RuntimeError("DOE^JANE") if call == 1 else None)
    answer = send(intake, related(films))
    assert answer.status_code == 202
    assert failures(answer) == [(f"{SOP_UID}.0", 0x0110)]
    assert "JANE" not in answer.text
    alone = send(FakeIntake(lambda _: RuntimeError()), related(films))
    assert alone.status_code == 409


def test_what_the_intake_finds_too_large_is_answered_as_such(films: list[bytes]) -> None:
    intake = FakeIntake(lambda _: TooLargeError("too large"))
    assert_problem(send(intake, related(films)), 413, "too_large")


def test_every_place_taken_is_said_at_once(films: list[bytes]) -> None:
    app = stow_app(FakeIntake())
    release = [app.state.stow.places.take() for _ in range(PLACES)]
    with TestClient(app, base_url="http://localhost") as client:
        headers = {"Content-Type": RELATED}
        answer = client.post(STUDIES, content=related(films), headers=headers)
        assert_problem(answer, 503, "overloaded")
        assert int(answer.headers["Retry-After"]) > 0
        release.pop()()
        for _ in range(3):
            answer = client.post(STUDIES, content=related(films), headers=headers)
            assert answer.status_code == 200


@pytest.mark.parametrize("path", [STUDIES, f"{STUDIES}/{STUDY_UID}"])
def test_nothing_else_is_offered(path: str) -> None:
    with TestClient(stow_app(FakeIntake()), base_url="http://localhost") as client:
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            answer = client.request(method, path)
            assert answer.status_code == 405
            assert answer.headers["allow"] == "POST"
            assert answer.json()["code"] == "method_not_allowed"
        assert client.post(f"{path}/1/2").status_code == 404


def test_the_description_tells_dicom_json_from_problems() -> None:
    with TestClient(stow_app(FakeIntake()), base_url="http://localhost") as client:
        document = client.get("/openapi.json").json()
    answers = document["paths"][STUDIES]["post"]["responses"]
    assert set(answers["409"]["content"]) == {"application/dicom+json"}
    assert set(answers["503"]["content"]) == {"application/problem+json"}


def test_the_log_counts_and_names_nobody(
    films: list[bytes], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    send(FakeIntake(), related([*films, b"hello"]), f"{STUDIES}/{STUDY_UID}")
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx2"]
    told = "".join([*capsys.readouterr(), *ours])
    assert "stored" in told
    assert "C000" in told
    for secret in ("민준", "P-1", "ACC-7", SOP_UID, STUDY_UID, "1960"):
        assert secret not in told


class Sender:
    """A request whose body comes in pieces, as a server hands them on."""

    def __init__(self, pieces: Iterator[bytes], kind: str = RELATED, *, ends: bool = True) -> None:
        self._pieces = pieces
        self._kind = kind
        self._ends = ends
        self.answer: list[Message] = []

    async def receive(self) -> Message:
        piece = next(self._pieces, None)
        if piece is not None:
            return {"type": "http.request", "body": piece, "more_body": True}
        if self._ends:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Message) -> None:
        self.answer.append(message)

    def post(self, intake: FakeIntake, **limits: Any) -> tuple[int, Any]:
        scope = {
            "type": "http",
            "method": "POST",
            "path": STUDIES,
            "raw_path": STUDIES.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"content-type", self._kind.encode())],
        }
        asyncio.run(stow_app(intake, **limits)(scope, self.receive, self.send))
        body = b"".join(message.get("body", b"") for message in self.answer)
        return self.answer[0]["status"], json.loads(body)


def test_a_sender_who_falls_silent_is_given_up(films: list[bytes]) -> None:
    intake = FakeIntake()
    body = related(films)
    silent = Sender(iter([body[: body.rindex(b"DICM")]]), ends=False)
    status, problem = silent.post(intake, idle_s=0.05)
    assert (status, problem["code"], problem["stored"]) == (408, "upload_timeout", 2)
    assert intake.taken == films[:2]


def test_memory_holds_one_instance_at_a_time(films: list[bytes]) -> None:
    size, count = 8 * 2**20, 6
    film = films[0] + bytes(size - len(films[0]))
    head = f"\r\n--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()

    def pieces() -> Iterator[bytes]:
        for _ in range(count):
            yield head
            for start in range(0, size, 2**16):
                yield film[start : start + 2**16]
        yield f"\r\n--{BOUNDARY}--".encode()

    class Forgetful(FakeIntake):
        def accept(self, content: Any, source: Any, sender: Any = None) -> Any:
            receipt = super().accept(content.content[:1000] + str(self.calls).encode(), source)
            assert len(content.content) == size
            return receipt

    intake = Forgetful()
    with peak_memory() as peak:
        status, _ = Sender(pieces()).post(intake)
    assert (status, intake.calls) == (200, count)
    assert peak[0] < 1.8 * size


def test_memory_holds_no_more_of_a_body_than_is_taken() -> None:
    intake = FakeIntake()
    pieces = (bytes(2**16) for _ in range(400))
    with peak_memory() as peak:
        status, problem = Sender(pieces, "application/dicom").post(intake, max_part_bytes=2**20)
    assert (status, problem["code"]) == (413, "too_large")
    assert peak[0] < 6 * 2**20


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Give a list that holds the bytes allocated at most, once the block has ended."""
    peak: list[int] = []
    tracemalloc.start()
    try:
        yield peak
        peak.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def test_one_that_is_kept_beside_another_of_its_uid_has_a_warning(films: list[bytes]) -> None:
    intake = FakeIntake()
    intake.shared_uids = {films[1]}
    answer = send(intake, related(films))
    assert answer.status_code == 202
    assert failures(answer) == []
    stored = module(answer).ReferencedSOPSequence
    assert [item.get("WarningReason") for item in stored] == [None, 0xB000, None]
    assert len(intake.taken) == 3
