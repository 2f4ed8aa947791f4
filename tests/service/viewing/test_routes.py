"""What the viewer gets over HTTP is what was graded."""

from __future__ import annotations

import base64
import io
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from radiograde.data.storage import Storage
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film, read
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import NOT_CHEST
from radiograde.model.scoring.result import GateVerdict, SeverityResult
from radiograde.model.scoring.result_json import parse_result
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.viewing.view import View
from tests.model.reading.films import film, negative
from tests.model.reading.test_radiograph_grey import lut
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer, maps, png
from tests.service.worklist.stock import records_of

DICOM = {"Content-Type": "application/dicom"}
OF_A_FILM = ("view", "preview", "pixels", "thumbnail.jpg")


def graded(client: TestClient, content: bytes) -> str:
    answer = client.post("/v1/score", content=content, headers=DICOM).json()
    return str(answer.get("id") or answer["result_id"])


def view_of(client: TestClient, id: str) -> dict[str, Any]:
    answer = client.get(f"/v1/results/{id}/view")
    assert answer.status_code == 200, answer.text
    view: dict[str, Any] = answer.json()
    View.model_validate(view)
    return view


def pixels_of(client: TestClient, id: str, view: dict[str, Any]) -> NDArray[np.uint16]:
    answer = client.get(f"/v1/results/{id}/pixels")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    return np.frombuffer(answer.content, "<u2").reshape(view["rows"], view["columns"])


def shown(view: dict[str, Any], pixels: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Return the film as a page shows it first, by the formulas of PS3.3 C.11.2.1."""
    values: NDArray[np.float64] = pixels * view["slope"] + view["intercept"]
    grey: NDArray[np.float64]
    if view["lut"] is not None:
        table = np.frombuffer(base64.b64decode(view["lut"]["values"]), np.uint8)
        places = np.rint(values).astype(np.int64) - view["lut"]["first"]
        grey = table[np.clip(places, 0, table.size - 1)] / 255
    else:
        window = view["windows"][0]
        center, width = window["center"], window["width"]
        if window["function"] == "SIGMOID":
            grey = 1 / (1 + np.exp(-4 * (values - center) / width))
        elif window["function"] == "LINEAR":
            grey = np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)
        else:
            grey = np.clip((values - center) / width + 0.5, 0, 1)
    return 1 - grey if view["inverted"] else grey


SQUARE = lut(0, (np.arange(4096) ** 2 // 4096).astype(np.uint16), 12)
FILMS: dict[str, bytes] = {
    "plain": film_bytes(),
    "inverted": film(Storage(12, "MONOCHROME1")),
    "signed": film(Storage(16, signed=True)),
    "mirrored": film(PatientOrientation=["R", "F"]),
    "sigmoid": film(Storage(12), VOILUTFunction="SIGMOID"),
    "a narrow window": film(Storage(12), WindowCenter=2000, WindowWidth=1),
    "an odd function": film(Storage(12), VOILUTFunction="LINEAR_ISH"),
    "table": film(Storage(12), VOILUTSequence=[SQUARE]),
    "no window": film(Storage(10, windowed=False)),
    "picture": png(),
}


@pytest.mark.parametrize("name", FILMS)
def test_the_first_display_is_what_was_graded(client: TestClient, name: str) -> None:
    id = graded(client, FILMS[name])
    view = view_of(client, id)
    grey = shown(view, pixels_of(client, id, view))
    expected = read(FILMS[name])
    assert np.abs(grey - expected.pixels).max() < 1 / 255
    assert view["orientation"]["flipped"] == list(expected.flipped)


def test_a_browser_that_has_the_pixels_is_not_sent_them_again(client: TestClient) -> None:
    id = graded(client, film_bytes())
    path = f"/v1/results/{id}/pixels"
    plain, packed = client.get(path), client.get(path, params={"packed": True})
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for answer in (plain, packed):
        known = {"If-None-Match": f'"other", W/{answer.headers["ETag"]}'}
        again = client.get(str(answer.url), headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == answer.headers["ETag"]
        assert again.headers["Cache-Control"] == "private, no-cache"
        assert client.get(str(answer.url), headers={"If-None-Match": '"other"'}).content
    records_of(client).archive.drop(id)
    gone = client.get(path, headers={"If-None-Match": plain.headers["ETag"]})
    assert (gone.status_code, gone.headers["Cache-Control"]) == (409, "no-store")


def test_what_is_known_is_written(client: TestClient) -> None:
    view = view_of(client, graded(client, film_bytes(PatientOrientation=["R", "F"])))
    assert (view["rows"], view["columns"]) == (320, 288)
    assert view["spacing_mm"] == [0.5, 0.5]
    assert view["orientation"] == {"known": True, "flipped": [False, True]}
    assert view["windows"] == [{"name": "", "center": 2048, "width": 4096, "function": "LINEAR"}]
    assert view["lut"] is None
    bare = film_bytes(ImagerPixelSpacing=None, PatientOrientation=None)
    view = view_of(client, graded(client, bare))
    assert (view["spacing_mm"], view["orientation"]["known"]) == (None, False)


def test_nothing_in_it_names_the_patient(client: TestClient) -> None:
    id = graded(client, film_bytes(PatientName="Hong^Gildong"))
    assert "Hong" not in client.get(f"/v1/results/{id}/view").text


def test_maps(client: TestClient) -> None:
    id = graded(client, film_bytes())
    shape = view_of(client, id)["maps"]
    assert shape == {
        "rows": 80,
        "columns": 60,
        "borders": [pytest.approx(1 / 3), pytest.approx(2 / 3)],
        "involved": 0.25,
    }
    content = client.get(f"/v1/results/{id}/maps").content
    planes = np.frombuffer(content, np.uint8).reshape(3, shape["rows"], shape["columns"])
    expected = maps()
    assert np.array_equal(planes[0], np.rint(255 * expected.opacity))
    assert np.array_equal(planes[1:], np.rint(255 * expected.lungs))


def test_a_thumbnail_is_the_film_in_small(client: TestClient) -> None:
    content = film_bytes()
    id = graded(client, content)
    answer = client.get(f"/v1/results/{id}/thumbnail.jpg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    small = Image.open(io.BytesIO(answer.content))
    rows, columns = read(content).pixels.shape
    assert small.size == (round(144 * columns / rows), 144)
    whole = Image.fromarray((255 * read(content).pixels).astype(np.uint8)).resize(small.size)
    assert np.abs(np.asarray(small, np.float32) - np.asarray(whole, np.float32)).mean() < 6
    again = client.get(f"/v1/results/{id}/thumbnail.jpg")
    assert again.content == answer.content
    assert records_of(client).archive.document(id, "thumbnail.jpg") == answer.content


def test_a_rejected_film_is_shown_without_maps(start: Start) -> None:
    client = start(FakeScorer(rejects=True))
    id = graded(client, film_bytes())
    view = view_of(client, id)
    assert view["maps"] is None
    assert pixels_of(client, id, view).shape == (320, 288)
    answer = client.get(f"/v1/results/{id}/maps")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_document")


class SeesNoChest(FakeScorer):
    """Turns every film away as the network does: after the polarity was settled as a chest's."""

    def score(self, radiograph: Radiograph) -> SeverityResult:
        return replace(super().score(radiograph), gate=GateVerdict((NOT_CHEST,)))


def test_what_is_no_chest_is_shown_as_it_is_stored(start: Start) -> None:
    client, content = start(SeesNoChest(rejects=True)), film(of=negative())
    id = graded(client, content)
    stored = 1 - read(content).pixels
    view = view_of(client, id)
    assert np.abs(shown(view, pixels_of(client, id, view)) - stored).max() < 1 / 255
    small = Image.open(io.BytesIO(client.get(f"/v1/results/{id}/thumbnail.jpg").content))
    assert np.asarray(small).mean() == pytest.approx(255 * stored.mean(), abs=6)
    result = parse_result(records_of(client).results.get(id))
    documented = GradedFilm.of(open_film(content, Limits()), result, datetime.now(UTC))
    assert np.array_equal(documented.film.pixels, stored)


def test_what_could_not_be_read_is_not_shown(client: TestClient) -> None:
    id = graded(client, film_bytes()[:-900])
    for part in (*OF_A_FILM, "maps"):
        answer = client.get(f"/v1/results/{id}/{part}")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_document")


def test_a_film_let_go_is_not_shown(client: TestClient) -> None:
    id = graded(client, film_bytes())
    records_of(client).archive.drop(id)
    for part in (*OF_A_FILM, "maps"):
        answer = client.get(f"/v1/results/{id}/{part}")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_document")


@pytest.mark.parametrize("id", ["none", "..", "%2e%2e%2fradiograde.sqlite"])
def test_no_such_result(client: TestClient, id: str) -> None:
    for part in (*OF_A_FILM, "maps"):
        assert client.get(f"/v1/results/{id}/{part}").status_code == 404


def test_a_waiting_film_has_no_result(client: TestClient) -> None:
    id = records_of(client).intake.accept(film_bytes(), "dicom").film_id
    assert client.get(f"/v1/results/{id}/view").status_code == 404


def test_a_large_film_is_quick(client: TestClient) -> None:
    """Seven megapixels; the bound is loose, for machines that are busy."""
    stored = np.random.default_rng(0).integers(0, 4096, (3052, 2300), dtype=np.uint16)

    def enlarge(ds: Dataset) -> None:
        ds.Rows, ds.Columns = stored.shape
        ds.PixelData = stored.tobytes()

    id = graded(client, film(Storage(12, windowed=False), change=enlarge))
    began = time.process_time()
    content = client.get(f"/v1/results/{id}/pixels").content
    assert time.process_time() - began < 6
    assert content == stored.tobytes()
