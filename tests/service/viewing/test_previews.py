"""The preview of a film is the film in small, with what the page needs to show it."""

from __future__ import annotations

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydicom.dataset import Dataset

from radiograde.data.storage import Storage
from radiograde.service.viewing import previews
from radiograde.service.viewing.previews import NAME, reach_for
from tests.model.reading.films import film, negative
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer
from tests.service.processes import waited
from tests.service.viewing.preview_parts import means, view_and_planes
from tests.service.viewing.test_routes import SeesNoChest, graded
from tests.service.worklist.stock import records_of

ROWS, COLUMNS = 1403, 999
STORED = np.random.default_rng(0).integers(0, 4096, (ROWS, COLUMNS), dtype=np.uint16)


def large(ds: Dataset) -> None:
    ds.Rows, ds.Columns = STORED.shape
    ds.PixelData = STORED.tobytes() + b"\0" * (STORED.nbytes % 2)


LARGE = film(Storage(12, windowed=False), change=large)


def preview_of(client: TestClient, id: str) -> bytes:
    answer = client.get(f"/v1/results/{id}/preview")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/octet-stream"
    return answer.content


def test_a_small_film_is_its_own_preview(client: TestClient) -> None:
    id = graded(client, film_bytes())
    view, planes = view_and_planes(preview_of(client, id))
    assert view == client.get(f"/v1/results/{id}/view").json()
    assert planes == client.get(f"/v1/results/{id}/maps").content
    reach, pixels = means(preview_of(client, id))
    assert reach == 1
    assert pixels.astype("<u2").tobytes() == client.get(f"/v1/results/{id}/pixels").content
    assert records_of(client).archive.document(id, NAME) is None


def test_pixels_of_a_large_film_are_means(client: TestClient) -> None:
    id = graded(client, LARGE)
    content = preview_of(client, id)
    view, _ = view_and_planes(content)
    assert (view["rows"], view["columns"]) == (ROWS, COLUMNS)
    assert view == client.get(f"/v1/results/{id}/view").json()
    reach, pixels = means(content)
    assert reach == 2
    for row, column in ((0, 0), (350, 250), (701, 499), (701, 3), (5, 499)):
        box = STORED[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        assert abs(pixels[row, column] - box.mean()) <= 0.5


def test_it_is_made_once_and_anew_by_another_version(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = graded(client, LARGE)
    archive = records_of(client).archive
    archive.keep_document(id, "0.1.preview", b"of another version")
    first = preview_of(client, id)
    assert archive.document(id, "0.1.preview") is None
    monkeypatch.setattr(previews, "decode_film", None)
    assert archive.document(id, NAME) is not None
    assert preview_of(client, id) == first


def test_a_browser_that_has_it_is_not_sent_it_again(client: TestClient) -> None:
    id = graded(client, film_bytes())
    path = f"/v1/results/{id}/preview"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"


def test_a_film_without_scores_has_no_maps(start: Start) -> None:
    client = start(FakeScorer(rejects=True))
    view, planes = view_and_planes(preview_of(client, graded(client, film_bytes())))
    assert (view["maps"], planes) == (None, b"")


def test_what_is_no_chest_is_shown_as_it_is_stored(start: Start) -> None:
    client = start(SeesNoChest(rejects=True))
    id = graded(client, film(of=negative()))
    view, _ = view_and_planes(preview_of(client, id))
    assert view == client.get(f"/v1/results/{id}/view").json()


def test_previews_of_listed_films_are_made_ahead(client: TestClient) -> None:
    large, small = graded(client, LARGE), graded(client, film_bytes())
    archive = records_of(client).archive
    assert archive.document(large, NAME) is None
    assert client.get("/v1/worklist").status_code == 200
    assert waited(lambda: archive.document(large, NAME) is not None)
    assert archive.document(small, NAME) is None


@pytest.mark.parametrize(
    ("shape", "reach"), [((1280, 900), 1), ((900, 1281), 2), ((3056, 2544), 4), ((60, 80), 1)]
)
def test_the_longest_side_is_at_most_that_of_a_screen(shape: tuple[int, int], reach: int) -> None:
    assert reach_for(shape) == reach
