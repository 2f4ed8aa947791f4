"""Ways to ask that differ from the documented one in form alone, and what cannot be parsed."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import png
from tests.service.http.test_guarded_routes import routes
from tests.service.http.test_scoring import assert_problem, send

STOW = {"Content-Type": "application/dicom"}


def test_a_slash_at_the_end_changes_nothing(client: TestClient) -> None:
    """A redirect would have the sender send its films twice, or lose them."""
    id = send(client, png()).json()["id"]
    for method, path in routes(client):
        if path in ("/", "/assets", "/swagger", "/v1/events"):
            continue
        url = path.replace("{study}", "1.2.3").replace("{review_id}", id).replace("{id}", id)
        plain = client.request(method, url, follow_redirects=False)
        slashed = client.request(method, f"{url}/", follow_redirects=False)
        assert slashed.status_code == plain.status_code, path
        assert slashed.status_code not in range(300, 400), path
    stored = client.post("/dicom-web/studies/", content=film_bytes(), headers=STOW)
    assert stored.status_code == 200


def test_two_slashes_are_another_path(client: TestClient) -> None:
    for path in ("/healthz//", "/v1//results", "/assets/app.js/"):
        assert client.get(path, follow_redirects=False).status_code == 404, path


@pytest.mark.parametrize(
    "body", [b"\xff\xfe{", b"[" * 30_000, b'{"name": ' + b"9" * 5000 + b"}", b'"\xed\xa0\x80"']
)
@pytest.mark.parametrize("path", ["/v1/session", "/v1/results/{}/reviews", "/v1/jobs/{}/deliver"])
def test_a_body_that_cannot_be_parsed_is_a_bad_request(
    client: TestClient, path: str, body: bytes
) -> None:
    id = send(client, png()).json()["id"]
    headers = {"Content-Type": "application/json"}
    answer = client.post(path.format(id), content=body, headers=headers)
    assert answer.status_code in (400, 422)
    code = {400: "bad_request", 422: "invalid_parameters"}[answer.status_code]
    assert_problem(answer, answer.status_code, code)


def test_every_route_with_a_json_body_says_what_it_answers_to_nonsense(client: TestClient) -> None:
    described = 0
    for operations in client.get("/openapi.json").json()["paths"].values():
        for operation in operations.values():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                described += 1
                assert {"400", "408", "413", "422"} <= set(operation["responses"])
    assert described == 25
