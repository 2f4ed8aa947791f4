"""Every operation of the OpenAPI document, asked for what the document allows and for what not.

schemathesis makes the requests and compares each answer with the document: status, type and body,
what is accepted, what is refused, and that nothing is answered by a fault of the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import positive_data_acceptance

from radiograde.service.auth.credentials import Passwords
from tests.service.accounts import QUICK
from tests.service.documents.graded_films import film_bytes
from tests.service.http.live import listening
from tests.service.http.test_guarded_routes import ENDLESS
from tests.service.http.test_openapi import PROMISED

Case = schemathesis.Case[Any]

OPERATIONS = sorted(PROMISED["operations"])
EXAMPLES = 8

UNSAID = frozenset(
    {
        "POST /v1/erasures",
        "POST /v1/score",
        "POST /dicom-web/studies",
        "POST /dicom-web/studies/{study}",
        "POST /v1/jobs/{id}/deliver",
        "POST /v1/worklist/{id}/assignment",
        "POST /v1/settings",
        "POST /v1/settings/trial",
        "POST /v1/users",
        "POST /v1/users/password",
        "POST /v1/users/role",
        "POST /v1/keys",
        "POST /v1/projects",
        "POST /v1/projects/{id}/name",
        "POST /v1/projects/{id}/members",
        "POST /v1/projects/{id}/films",
        "DELETE /v1/keys",
        "DELETE /v1/sessions",
        "DELETE /v1/users",
    }
)
"""What they accept no schema can say: one of three, the bytes of a film, the site file, users."""


@schemathesis.serializer("application/dicom", "multipart/related")
def _as_bytes(_: object, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass(frozen=True)
class Service:
    """A service that listens, its document, a key to everything, and a film that it graded.

    ``known``: the document for whoever has the key, of which no request is about the lack.
    """

    schema: Any
    known: Any
    headers: dict[str, str]
    film: str


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with listening(tmp_path_factory.mktemp("service")) as (app, port):
        url = f"http://127.0.0.1:{port}"
        app.state.access.password_sign_in._passwords = Passwords(QUICK)
        headers = {"Authorization": f"Bearer {app.state.access.keys.add('all', 'administrator')}"}
        graded = requests.post(f"{url}/v1/score", film_bytes(), headers=headers, timeout=30)
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        document = requests.get(f"{url}/openapi.json", timeout=30).json()
        for operations in document["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
        known = schemathesis.openapi.from_dict(document)
        known.config.update(base_url=url)
        yield Service(schema, known, headers, graded.json()["id"])


def each_case(
    schema: Any, operation: str, mode: GenerationMode, ask: Callable[[Case], object]
) -> None:
    """Ask with generated cases of an operation; without parameters or JSON nothing is wrong."""
    method, path = operation.split(" ")
    described, promised = schema[path][method], PROMISED["operations"][operation]
    may_be_wrong = promised["parameters"] or "application/json" in promised["takes"]
    if mode is GenerationMode.NEGATIVE and not may_be_wrong:
        return

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described.as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        ask(case)

    run()


def release(service: Service) -> None:
    """Let the model go on, whose stop others would meet."""
    url, headers = f"{service.known.config.base_url}/v1/monitor", service.headers
    for alarm in requests.get(url, headers=headers, timeout=30).json()["alarms"]:
        clear = f"{url}/alarms/{alarm['id']}/clear"
        requests.post(clear, json={}, headers=headers, timeout=30)


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_stranger_is_answered_as_documented(
    service: Service, operation: str, mode: GenerationMode
) -> None:
    each_case(service.schema, operation, mode, lambda case: case.call_and_validate(timeout=30))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_document_allows_is_accepted(service: Service, operation: str) -> None:
    excluded: list[CheckFunction] = [positive_data_acceptance] if operation in UNSAID else []

    def ask(case: Case) -> None:
        if "id" in case.path_parameters:
            case.path_parameters["id"] = service.film
        case.query.pop("after", None)  # only the service knows where its pages end
        case.call_and_validate(headers=service.headers, excluded_checks=excluded, timeout=30)
        if operation == "POST /v1/monitor/stop":
            release(service)

    if operation != ENDLESS:
        each_case(service.known, operation, GenerationMode.POSITIVE, ask)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_document_forbids_is_refused(service: Service, operation: str) -> None:
    if operation != ENDLESS:
        each_case(
            service.known,
            operation,
            GenerationMode.NEGATIVE,
            lambda case: case.call_and_validate(headers=service.headers, timeout=30),
        )
