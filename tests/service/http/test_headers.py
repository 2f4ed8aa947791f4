from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.service.conftest import Start


def policy(client: TestClient, path: str) -> dict[str, str]:
    """Return the directives of the content security policy of a page."""
    header = client.get(path).headers["Content-Security-Policy"]
    return {
        name: value for name, _, value in (one.strip().partition(" ") for one in header.split(";"))
    }


def test_the_page_may_load_and_run_nothing_but_its_own(client: TestClient) -> None:
    directives = policy(client, "/")
    assert directives["default-src"] == "'none'"
    for name in ("script-src", "worker-src", "style-src", "connect-src"):
        assert directives[name] == "'self'", name
    assert directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert "object-src" not in directives


def test_the_documentation_sets_styles_and_html_as_swagger_needs(client: TestClient) -> None:
    directives = policy(client, "/docs")
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self' 'unsafe-inline'"
    assert "require-trusted-types-for" not in directives


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/results", "/nowhere"])
def test_every_answer_keeps_to_itself(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_by_tls_it_stays_tls(start: Start) -> None:
    client = start(behind_proxy=True)
    by_tls = client.get("/", headers={"X-Forwarded-Proto": "https"}).headers
    assert by_tls["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/").headers


@pytest.mark.parametrize("path", ["/assets/docs.js", "/swagger/swagger-ui.css"])
def test_assets_are_kept_but_asked_about(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["//evil.example", "/assets//evil.example/..", "/docs/", "/v1/results/"]
)
def test_nothing_leads_elsewhere(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    location = answer.headers.get("location", "http://localhost/")
    assert location.startswith("http://localhost/")
    assert not location.startswith("http://localhost//")
