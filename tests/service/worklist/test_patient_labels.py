"""Who the patient is: as far as the setting goes, read from the film itself."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.worklist.stock import records_of

DICOM = {"Content-Type": "application/dicom"}


def patient(client: TestClient, content: bytes) -> dict[str, Any]:
    answer = client.post("/v1/score", content=content, headers=DICOM).json()
    id = answer.get("id") or answer["result_id"]
    shown: dict[str, Any] = client.get(f"/v1/worklist/{id}").json()["patient"]
    assert shown is None or len(shown.pop("label")) == 6
    return shown


def test_nothing_is_told_by_default(client: TestClient) -> None:
    assert patient(client, film_bytes()) == {}


def test_the_identifier_alone(start: Start) -> None:
    assert patient(start(identifiers="id"), film_bytes()) == {"id": "P-1"}


def test_all_of_it(start: Start) -> None:
    expected = {"id": "P-1", "name": "김 민준", "birth_date": "1960-01-02"}
    assert patient(start(identifiers="full"), film_bytes()) == expected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Kim^Minjun=金^敏俊=김^민준", "Kim Minjun (金 敏俊)"),
        ("Doe^Jane^^Dr", "Doe Jane Dr"),
        ("=山田^太郎", "山田 太郎"),
        ("", None),
    ],
)
def test_names_are_readable(start: Start, written: str, read: str | None) -> None:
    assert patient(start(identifiers="full"), film_bytes(PatientName=written))["name"] == read


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_what_the_film_does_not_say_is_null(start: Start) -> None:
    shown = patient(
        start(identifiers="full"), film_bytes(PatientName=None, PatientBirthDate="1960")
    )
    assert shown == {"id": "P-1", "name": None, "birth_date": None}


def test_korean_and_japanese_films(start: Start, shared: Path) -> None:
    client = start(identifiers="full")
    for name in ("chrKoreanMulti", "chrJapMulti"):
        content = (shared / "dicom" / "charsets" / f"{name}.dcm").read_bytes()
        shown = patient(client, content)
        if shown is not None:
            assert shown["name"].isprintable()


def test_a_film_let_go_tells_nothing_more(start: Start) -> None:
    client = start(identifiers="full")
    id = client.post("/v1/score", content=film_bytes(), headers=DICOM).json()["id"]
    records = records_of(client)
    assert client.get(f"/v1/worklist/{id}").json()["patient"]["name"] == "김 민준"
    records.archive.drop(id)
    records.films.let_go([id], lambda _: None)
    assert list(client.get(f"/v1/worklist/{id}").json()["patient"]) == ["label"]


def test_a_film_lost_from_disk_is_no_error(start: Start) -> None:
    client = start(identifiers="full")
    id = client.post("/v1/score", content=film_bytes(), headers=DICOM).json()["id"]
    records_of(client).archive.drop(id)
    shown = client.get(f"/v1/worklist/{id}").json()["patient"]
    assert (shown["id"], shown["name"], shown["birth_date"]) == (None, None, None)


@pytest.mark.parametrize("end", [140, 200, 600])
def test_a_film_damaged_on_disk_says_nothing_of_the_patient_in_warnings(
    start: Start, end: int
) -> None:
    client = start(identifiers="full")
    content = film_bytes(PatientName="Hong^Gildong")
    id = client.post("/v1/score", content=content, headers=DICOM).json()["id"]
    records_of(client).archive.keep(id, content[:end] + b"\xff" * 400)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert client.get(f"/v1/worklist/{id}").status_code == 200
    assert not [one for one in caught if "Hong" in str(one.message)]


def test_no_identity_is_in_database_or_log(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = start(identifiers="full")
    patient(client, film_bytes(PatientName="Hong^Gildong", PatientID="SECRET-77"))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*.sqlite*"))
    for word in ("Hong", "SECRET-77", "19600102"):
        assert word.encode() not in kept
        assert word not in caplog.text
