"""STOW-RS to an Orthanc, and to servers that answer anything else."""

from __future__ import annotations

import base64
import email
import io
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from structlog.testing import capture_logs

from radiograde.service.config.site import ClientTls, DicomWebDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.destinations.dicomweb_destination import DicomWebDestination
from radiograde.service.documents.document import Document
from radiograde.service.documents.lossless_jpeg import uncompressed
from radiograde.service.documents.secondary_capture import secondary_capture
from radiograde.service.errors import DeliveryError, RefusedError, SiteError, UnreachableError
from tests.orthanc import Orthanc, free_port, running_orthanc
from tests.service.certificates import Certificates
from tests.service.delivery.nodes import listening
from tests.service.delivery.objects import PATIENT, RESULT_ID, dicom_document, tells_of_a_patient
from tests.service.delivery.web import Reply, Request, reset, running_web, trickle
from tests.service.documents.graded_films import graded_film

SR, SC = dicom_document(1, kind="sr"), dicom_document(2)
SECRET = "päss:word"  # noqa: S105


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path / "orthanc", user=("radiograde", "secret")) as running:
        yield running


def target(url: str, **keys: Any) -> DicomWebDestination:
    table = {"name": "web", "type": "dicomweb", "url": url, "timeout_s": 5.0} | keys
    return DicomWebDestination(DicomWebDestinationConfig.model_validate(table))


def failure(
    kind: type[DeliveryError], url: str, documents: Sequence[Document] = (SC,), **keys: Any
) -> str:
    """Return the message that sending ends with; it holds no patient and no secret."""
    with pytest.raises(kind) as caught:
        target(url, **keys).send(documents, RESULT_ID)
    assert caught.value.__class__ is kind
    assert not tells_of_a_patient(caught.value.message)
    assert SECRET not in caught.value.message
    return caught.value.message


def account(
    stored: Sequence[Document] = (),
    failed: Sequence[tuple[Document, int]] = (),
    warning: int | None = None,
) -> dict[str, Any]:
    """Return a Store Instances Response in DICOM JSON."""

    def item(document: Document, **reason: int | None) -> dict[str, Any]:
        codes = {tag[1:]: {"vr": "US", "Value": [code]} for tag, code in reason.items() if code}
        return {"00081155": {"vr": "UI", "Value": [document.sop_instance_uid]}} | codes

    return {
        "00081199": {"vr": "SQ", "Value": [item(one, _00081196=warning) for one in stored]},
        "00081198": {"vr": "SQ", "Value": [item(one, _00081197=code) for one, code in failed]},
    }


def parts(request: Request) -> list[Message]:
    """Return the parts of a multipart request."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    return email.message_from_bytes(head + request.body).get_payload()  # type: ignore[return-value]


def test_sending_twice_leaves_one_of_each_at_a_pacs(
    orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACS_PASSWORD", "secret")
    web = target(orthanc.dicomweb, user="radiograde", password_env="PACS_PASSWORD")  # noqa: S106
    for _ in range(2):
        web.send([SR, SC], RESULT_ID)
    kept = [orthanc.file(instance) for instance in orthanc.get("/instances")]
    assert sorted(kept) == sorted([SR.content, SC.content])
    assert [one.level for one in web.check()] == ["warn", "ok", "ok", "ok"]
    assert len(orthanc.get("/instances")) == 2


def test_a_wrong_password_is_tried_later(orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACS_PASSWORD", SECRET)
    keys: dict[str, Any] = {"user": "radiograde", "password_env": "PACS_PASSWORD"}
    message = failure(UnreachableError, orthanc.dicomweb, **keys)
    assert f"127.0.0.1:{orthanc.http_port} answers 401" in message
    assert "password_env" in message
    finding = target(orthanc.dicomweb, **keys).check()[-1]
    assert (finding.what, finding.level) == ("takes STOW-RS", "fail")
    assert orthanc.get("/instances") == []


def test_what_an_orthanc_cannot_understand_is_refused(tmp_path: Path) -> None:
    junk = Document("sc", "sc.dcm", "application/dicom", b"junk", "1.2", "1.2.3")
    with running_orthanc(tmp_path) as orthanc:
        failure(RefusedError, orthanc.dicomweb, [junk])
        message = failure(RefusedError, orthanc.dicomweb, [SC, junk])
        assert len(orthanc.get("/instances")) == 1
    assert "not accounted for (400 Bad Request)" in message


def test_the_request_is_as_the_standard_says() -> None:
    with running_web(Reply(200, account([SR, SC]))) as web:
        target(f"{web.url}/dicom-web/").send([SR, SC], RESULT_ID)
    (request,) = web.requests
    assert (request.method, request.path) == ("POST", "/dicom-web/studies")
    assert request.headers["Accept"] == "application/dicom+json"
    assert request.headers.get_all("Authorization") is None
    assert request.headers.get_content_type() == "multipart/related"
    assert request.headers.get_param("type") == "application/dicom"
    files = parts(request)
    assert [one.get_content_type() for one in files] == ["application/dicom"] * 2
    assert [one.get_payload(decode=True) for one in files] == [SR.content, SC.content]


def test_nothing_to_send_asks_nothing() -> None:
    with running_web(Reply(500)) as web:
        target(web.url).send([], RESULT_ID)
    assert web.requests == []


@pytest.mark.parametrize("reply", [account([SR, SC]), [account([SR, SC])]])
def test_an_account_of_all_documents_is_enough(reply: Any) -> None:
    with running_web(Reply(200, reply)) as web:
        target(web.url).send([SR, SC], RESULT_ID)


def test_a_warning_counts_as_stored_and_is_logged() -> None:
    with running_web(Reply(202, account([SC], warning=0xB006))) as web, capture_logs() as logs:
        target(web.url).send([SC], RESULT_ID)
    (line,) = logs
    assert (line["event"], line["kind"], line["status"]) == ("stored_with_warning", "sc", "B006")


@pytest.mark.parametrize("reason", [0x0111, 0xB00E])
def test_a_duplicate_is_what_an_earlier_try_stored(reason: int) -> None:
    with running_web(Reply(409, account([], [(SC, reason)]))) as web:
        target(web.url).send([SC], RESULT_ID)


@pytest.mark.parametrize(
    ("status", "reply", "kind", "message"),
    [
        (409, account([], [(SR, 0xC000), (SC, 0x0122)]), RefusedError, "sr: status C000"),
        (202, account([SR], [(SC, 0xA900)]), RefusedError, "sc: status A900"),
        (202, account([SR], [(SC, 0xA700)]), UnreachableError, "sc: status A700"),
        (409, account([], [(SR, 0xC000), (SC, 0xA701)]), UnreachableError, "sr: status C000"),
        (200, account([SR]), UnreachableError, "sc: not accounted for (200 OK)"),
        (200, account(), UnreachableError, "does not say"),
        (200, b"<html>Welcome</html>", UnreachableError, "does not say"),
        (200, b"", UnreachableError, "does not say"),
        (200, {"00081199": "NAMELESS"}, UnreachableError, "does not say"),
        (200, {"00081199": {"Value": ["NAMELESS", {"00081155": []}]}}, UnreachableError, "does"),
        (200, b"[" * 100_000, UnreachableError, "does not say"),
    ],
)
def test_an_account_decides_what_became_of_each(
    status: int, reply: Any, kind: type[DeliveryError], message: str
) -> None:
    with running_web(Reply(status, reply)) as web:
        assert message in failure(kind, web.url, [SR, SC])


@pytest.fixture(scope="module")
def capture() -> Document:
    """Return the capture of a graded film, compressed as all are."""
    return secondary_capture(graded_film())


@pytest.mark.parametrize(
    "refusal",
    [
        lambda sc: Reply(202, account([SR], [(sc, 0xC122)])),
        lambda sc: Reply(409, account([], [(SR, 0xC122), (sc, 0xC122)])),
        lambda _: Reply(415, b"What is this?"),
    ],
)
def test_a_server_that_does_not_take_the_compression_gets_the_same_pixels_without(
    capture: Document, refusal: Callable[[Document], Reply]
) -> None:
    replies = iter([refusal(capture), Reply(200, account([SR, capture]))])
    with running_web(lambda _: next(replies)) as web:
        target(web.url).send([SR, capture], RESULT_ID)
    first, second = (
        [part.get_payload(decode=True) for part in parts(request)] for request in web.requests
    )
    assert first == [SR.content, capture.content]
    assert second[0] == SR.content
    expected = uncompressed(dcmread(io.BytesIO(capture.content)))
    assert isinstance(second[1], bytes)
    assert dcmread(io.BytesIO(second[1])) == expected


def test_what_is_refused_without_compression_too_is_refused(capture: Document) -> None:
    with running_web(Reply(409, account([], [(capture, 0xC122)]))) as web:
        message = failure(RefusedError, web.url, [capture])
    assert "sc: status C122, the transfer syntax is not supported" in message
    assert len(web.requests) == 2


@pytest.mark.parametrize("status", [400, 406, 409, 413, 415, 422])
def test_a_status_that_blames_the_documents_is_a_refusal(status: int) -> None:
    with running_web(Reply(status, b"NAMELESS^ANN is not welcome")) as web:
        message = failure(RefusedError, web.url)
    assert f"localhost:{web.port} answers {status}" in message


@pytest.mark.parametrize("status", [401, 403, 404, 405, 408, 429, 500, 502, 503, 504, 599])
def test_a_status_that_blames_something_else_is_tried_later(status: int) -> None:
    with running_web(Reply(status, b"NAMELESS^ANN is not welcome")) as web:
        message = failure(UnreachableError, web.url)
    assert f"localhost:{web.port} answers {status}" in message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_sign_in_is_never_taken_elsewhere(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACS_TOKEN", "abc.def")
    with running_web(Reply(200, account([SC]))) as elsewhere:
        there = Reply(status, headers={"Location": f"{elsewhere.url}/studies"})
        with running_web(there) as web:
            message = failure(UnreachableError, web.url, token_env="PACS_TOKEN")  # noqa: S106
    assert "points to another address" in message
    assert "abc.def" not in message
    assert elsewhere.requests == []


def test_a_token_and_a_password_are_sent_as_they_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACS_SECRET", SECRET)
    with running_web(Reply(200, account([SC]))) as web:
        target(web.url, user="jürgen", password_env="PACS_SECRET").send([SC], RESULT_ID)  # noqa: S106
        monkeypatch.setenv("PACS_SECRET", "abc.def\n")
        target(web.url, token_env="PACS_SECRET").send([SC], RESULT_ID)  # noqa: S106
    basic, bearer = (request.headers["Authorization"] for request in web.requests)
    assert base64.b64decode(basic.removeprefix("Basic ")).decode() == f"jürgen:{SECRET}"
    assert bearer == "Bearer abc.def"


def test_an_empty_secret_is_found_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PACS_TOKEN", raising=False)
    with pytest.raises(SiteError, match="PACS_TOKEN"):
        target("http://localhost", token_env="PACS_TOKEN")  # noqa: S106


@pytest.mark.parametrize("token", [f"{SECRET}\n{SECRET}", "two words", "schlüssel"])
def test_what_is_no_token_is_found_before_anything_is_sent(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACS_TOKEN", token)
    with pytest.raises(SiteError, match="PACS_TOKEN") as caught:
        target("http://localhost", token_env="PACS_TOKEN")  # noqa: S106
    assert token not in caught.value.message


def test_no_sign_in_is_found_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with running_web(Reply(200, account([SC]))) as web:
        target(web.url).send([SC], RESULT_ID)
    assert web.requests[0].headers["Authorization"] is None


def test_nobody_there_is_reported() -> None:
    port = free_port()
    message = failure(UnreachableError, f"http://127.0.0.1:{port}")
    assert f"127.0.0.1:{port} accepts no connection" in message


def test_an_unknown_name_is_reported() -> None:
    assert "pacs.invalid is not known" in failure(UnreachableError, "http://pacs.invalid/dicom-web")


def test_a_server_that_does_not_answer_is_left_in_time() -> None:
    with listening(lambda connection: time.sleep(300)) as port:
        began = time.monotonic()
        message = failure(UnreachableError, f"http://127.0.0.1:{port}", timeout_s=0.5)
    assert "within 0.5 s" in message
    assert time.monotonic() - began < 60


def test_a_server_that_answers_by_drips_is_left_in_time() -> None:
    with listening(trickle) as port:
        began = time.monotonic()
        message = failure(UnreachableError, f"http://127.0.0.1:{port}", timeout_s=0.5)
    assert "within 0.5 s" in message
    assert time.monotonic() - began < 60


def test_a_server_that_answers_without_end_is_left() -> None:
    with running_web(Reply(200, bytes(17 * 1024 * 1024))) as web:
        assert "without end" in failure(UnreachableError, web.url)


def test_a_broken_connection_is_tried_later() -> None:
    with listening(reset) as port:
        message = failure(UnreachableError, f"http://127.0.0.1:{port}")
    assert "ended the connection" in message


def test_what_is_no_http_is_tried_later() -> None:
    with listening(lambda connection: connection.sendall(b"NAMELESS\r\n")) as port:
        failure(UnreachableError, f"http://127.0.0.1:{port}")


def test_documents_travel_in_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificates = Certificates(tmp_path)
    certificate, key = certificates.of("client")
    monkeypatch.setenv("PACS_TOKEN", "abc")
    reply, context = Reply(200, account([SC])), certificates.server_context(ask_client=True)
    with running_web(reply, tls=context) as web:
        tls = ClientTls(ca=certificates.ca, certificate=certificate, key=key)
        trusting = target(web.url, tls=tls, token_env="PACS_TOKEN")  # noqa: S106
        trusting.send([SC], RESULT_ID)
        assert [one.level for one in trusting.check()] == ["ok", "ok", "ok"]
    assert len(web.requests) == 2


def test_a_certificate_that_nobody_vouches_for_gets_no_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = Certificates(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.ca))
    with running_web(Reply(200, account([SC])), tls=certificates.server_context()) as web:
        assert "is not trusted" in failure(UnreachableError, web.url)
        assert "is not trusted" in target(web.url).check()[-1].advice
    assert web.requests == []


def test_a_proxy_is_used_and_its_failing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_web(Reply(200, account([SC]))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        behind = target("http://pacs.invalid/dicom-web")
        behind.send([SC], RESULT_ID)
        assert [one.what for one in behind.check()] == ["takes STOW-RS"]
    assert proxy.requests[0].path == "http://pacs.invalid/dicom-web/studies"
    assert "proxy" in failure(UnreachableError, "http://pacs.invalid/dicom-web")


@pytest.mark.parametrize(
    ("reply", "level", "message"),
    [
        (Reply(200, account()), "ok", ""),
        (Reply(204), "ok", ""),
        (Reply(400), "ok", ""),
        (Reply(409), "ok", ""),
        (Reply(401), "fail", "token_env"),
        (Reply(403), "fail", "leave to store"),
        (Reply(404), "fail", "nothing at this path"),
        (Reply(415), "fail", "415"),
        (Reply(503), "fail", "503"),
        (Reply(200, b"<html>"), "fail", "no DICOMweb server"),
    ],
)
def test_a_store_of_nothing_says_enough(reply: Reply, level: str, message: str) -> None:
    with running_web(reply) as web:
        finding = target(web.url).check()[-1]
    assert finding.level == level
    assert message in finding.advice
    assert web.requests[0].body.count(b"application/dicom") == 0
    assert not any(part.encode() in web.requests[0].body for part in PATIENT)


def test_findings_stop_where_nobody_is_there() -> None:
    port = free_port()
    findings = target(f"http://127.0.0.1:{port}").check()
    assert findings[0] == Finding("127.0.0.1 is found", "ok")
    assert [one.level for one in findings] == ["ok", "fail"]
