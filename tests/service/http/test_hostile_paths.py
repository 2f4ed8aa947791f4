"""What a route takes for an id reaches neither disk nor database unless it has the form of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from radiograde.service.http.routes.page_routes import Assets
from tests.service.fakes import png
from tests.service.http.test_guarded_routes import routes
from tests.service.http.test_scoring import assert_problem, send

KNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
HOSTILE = (
    "..",
    ".",
    "...",
    "\0",
    f"{KNOWN}\0",
    f"{KNOWN}\n",
    KNOWN.lower(),
    KNOWN[:-1],
    KNOWN + "0",
    KNOWN[:-1] + "U",
    KNOWN[:-1] + "٣",
    "..\\..\\films",
    "\\\\192.0.2.1\\share",
    "C:",
    "NUL",
    "\ud800",
    "%",
    "x" * 5000,
)


def with_ids(path: str) -> Iterator[str]:
    """Yield a route's path with each hostile id in each of its places, the others in order."""
    names = re.findall(r"\{[^}]*\}", path)
    for hostile in names:
        for id in HOSTILE:
            filled = path.replace(hostile, quote(id, safe="", errors="surrogatepass"))
            yield re.sub(r"\{[^}]*\}", KNOWN, filled.replace(".", "%2E"))


def test_no_route_takes_for_an_id_what_is_none(client: TestClient) -> None:
    asked = 0
    for method, path in routes(client):
        for url in with_ids(path):
            asked += 1
            answer = client.request(method, url)
            if path == "/dicom-web/studies/{study}":
                # A UID is compared alone, and may be of dots: then the body is what is wrong.
                assert answer.status_code in (400, 415), url
            else:
                assert_problem(answer, 404, "not_found")
    assert asked > 20 * len(HOSTILE)


@pytest.mark.parametrize("path", ["/v1/results", "/v1/jobs"])
@pytest.mark.parametrize("id", [one for one in HOSTILE if one != "\ud800"])
def test_no_page_begins_at_what_is_no_id(client: TestClient, path: str, id: str) -> None:
    assert_problem(client.get(path, params={"before": id}), 422, "invalid_parameters")


def test_a_file_above_the_archive_is_no_document(client: TestClient, tmp_path: Path) -> None:
    """The archive's folder of ``..`` would be the one above the data directory."""
    id = send(client, png()).json()["id"]
    (tmp_path / "film").write_bytes(png(grey=3))
    for name in ("sr", "overlay.png", "preview", "pixels", "thumbnail.jpg"):
        assert client.get(f"/v1/results/%2E%2E/{name}").status_code == 404
    assert client.get(f"/v1/results/{id}/thumbnail.jpg").status_code == 200


@pytest.mark.parametrize("folder", ["assets", "swagger"])
@pytest.mark.parametrize("name", [one for one in HOSTILE if one != "\ud800"])
def test_assets_are_found_by_plain_names_alone(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, folder: str, name: str
) -> None:
    def looked_up(self: Any, path: str) -> Any:
        raise AssertionError(path)

    if not re.fullmatch("[A-Za-z0-9]+", name):
        monkeypatch.setattr(Assets, "lookup_path", looked_up)
    for path in (name, f"{name}/app.js", f"x/{name}"):
        answer: Response = client.get(f"/{folder}/{quote(path, safe='').replace('.', '%2E')}")
        assert answer.status_code == 404, path
