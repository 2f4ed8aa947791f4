"""Transactions posted to FHIR servers that take them, refuse them, or are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from radiograde.service.config.site import FhirDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.documents.document import Document
from radiograde.service.errors import DeliveryError, RefusedError, UnreachableError
from tests.orthanc import free_port
from tests.service.delivery.objects import RESULT_ID, tells_of_a_patient
from tests.service.delivery.web import Reply, Request, running_web

CONTENT = b'{"resourceType": "Bundle", "type": "transaction"}'
BUNDLE = Document("fhir", "fhir.json", "application/fhir+json", CONTENT)


def target(url: str, **keys: Any) -> FhirDestination:
    table = {"name": "fhir", "type": "fhir", "url": url, "timeout_s": 5.0} | keys
    return FhirDestination(FhirDestinationConfig.model_validate(table))


def failure(kind: type[DeliveryError], reply: Reply) -> str:
    """Return the message that sending ends with; it holds no patient."""
    with running_web(reply) as web, pytest.raises(kind) as caught:
        target(web.url).send([BUNDLE], RESULT_ID)
    assert caught.value.__class__ is kind
    assert not tells_of_a_patient(caught.value.message)
    return caught.value.message


def bundle(*statuses: str) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": {"status": status}} for status in statuses],
    }


def outcome(*codes: str) -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "text": {"div": "NAMELESS^ANN"},
        "issue": [
            {
                "severity": "error",
                "code": code,
                "diagnostics": "NAMELESS^ANN, born 19600102, is P-4711",
                "details": {"text": "NAMELESS^ANN"},
            }
            for code in codes
        ],
    }


def server(
    *, version: str = "4.0.1", interactions: tuple[str, ...] = ("transaction",), devices: int = 200
) -> Callable[[Request], Reply]:
    """Return the answers of a FHIR server to a self-test."""
    statement = {
        "resourceType": "CapabilityStatement",
        "fhirVersion": version,
        "rest": [{"mode": "server", "interaction": [{"code": code} for code in interactions]}],
    }

    def answer(request: Request) -> Reply:
        if request.path == "/fhir/metadata":
            return Reply(200, statement)
        assert request.path == "/fhir/Device?_summary=count"
        return Reply(devices, {"resourceType": "Bundle", "type": "searchset", "total": 0})

    return answer


def found(answer: Callable[[Request], Reply] | Reply, **keys: Any) -> list[Finding]:
    with running_web(answer) as web:
        findings = target(f"{web.url}/fhir", **keys).check()
    assert {request.method for request in web.requests} <= {"GET"}
    return findings


def test_the_bundle_is_posted_to_the_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_TOKEN", "abc")
    with running_web(Reply(200, bundle("201 Created", "200"))) as web:
        target(f"{web.url}/fhir/", token_env="FHIR_TOKEN").send([BUNDLE], RESULT_ID)  # noqa: S106
    (request,) = web.requests
    assert (request.method, request.path, request.body) == ("POST", "/fhir", CONTENT)
    assert request.headers["Content-Type"] == request.headers["Accept"] == "application/fhir+json"
    assert request.headers["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("status", [400, 412, 422])
def test_a_bundle_not_understood_is_refused_with_codes_alone(status: int) -> None:
    message = failure(RefusedError, Reply(status, outcome("invalid", "code-invalid", "invalid")))
    assert f"answers {status}" in message
    assert ": invalid, code-invalid." in message


def test_a_code_that_is_none_is_not_told() -> None:
    message = failure(RefusedError, Reply(422, outcome("NAMELESS^ANN", "NAMELESS", "structure")))
    assert message.endswith("answers 422 Unprocessable Entity: structure. Its log may say why.")


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429, 500, 503])
def test_what_the_bundle_cannot_help_is_tried_later(status: int) -> None:
    failure(UnreachableError, Reply(status, outcome("security")))


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        (("201 Created", "422 Unprocessable"), RefusedError),
        (("201 Created", "503"), UnreachableError),
        (("201 Created", "409 Conflict"), UnreachableError),
    ],
)
def test_a_bundle_taken_in_part_has_not_arrived(
    entries: tuple[str, ...], kind: type[DeliveryError]
) -> None:
    failure(kind, Reply(200, bundle(*entries)))


@pytest.mark.parametrize(
    "body", [b"<html>NAMELESS</html>", b"", [], {"resourceType": "Patient"}, b"[" * 100_000]
)
def test_what_is_no_fhir_server_has_taken_nothing(body: Any) -> None:
    assert "no FHIR server" in failure(UnreachableError, Reply(200, body))


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Bundle", "entry": "NAMELESS"},
        {"resourceType": "Bundle", "entry": [None, {"response": []}, {"response": {}}]},
    ],
)
def test_entries_without_a_status_say_nothing(body: Any) -> None:
    with running_web(Reply(200, body)) as web:
        target(web.url).send([BUNDLE], RESULT_ID)


def test_nobody_there_is_reported() -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{port} accepts no connection"):
        target(f"http://127.0.0.1:{port}").send([BUNDLE], RESULT_ID)


@pytest.mark.parametrize(("version", "number"), [("R4", "4.0.1"), ("R5", "5.0.0")])
def test_a_server_of_the_version_passes(version: str, number: str) -> None:
    findings = found(server(version=number), version=version)
    assert [one.level for one in findings] == ["ok"] * 5
    assert [one.what for one in findings[2:]] == [
        f"speaks FHIR {version}",
        "takes transactions",
        "lets this user in",
    ]


@pytest.mark.parametrize(("version", "number"), [("R4", "4.3.0"), ("R4", "5.0.0"), ("R5", "4.0.1")])
def test_another_version_fails(version: str, number: str) -> None:
    finding = found(server(version=number), version=version)[-1]
    assert (finding.what, finding.level) == (f"speaks FHIR {version}", "fail")
    assert f"speaks FHIR {number}" in finding.advice


def test_a_server_that_names_no_transactions_is_doubtful() -> None:
    findings = found(server(interactions=("batch",)))
    assert [one.what for one in findings if one.level == "warn"] == ["takes transactions"]


@pytest.mark.parametrize(("status", "level"), [(401, "fail"), (403, "warn"), (500, "fail")])
def test_the_sign_in_is_tried(status: int, level: str) -> None:
    finding = found(server(devices=status))[-1]
    assert (finding.what, finding.level) == ("lets this user in", level)


def test_a_sign_in_in_clear_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_TOKEN", "abc")
    findings = found(server(), token_env="FHIR_TOKEN")  # noqa: S106
    assert findings[0].level == "warn"
    assert "https" in findings[0].advice


def test_what_is_no_fhir_server_fails() -> None:
    finding = found(Reply(200, b"<html>"))[-1]
    assert (finding.level, "no FHIR server" in finding.advice) == ("fail", True)
