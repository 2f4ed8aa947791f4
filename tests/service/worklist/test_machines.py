"""Which machine took a film: by maker, model and station."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.model.limits import Limits
from radiograde.service.films.archive import Archive
from radiograde.service.worklist.machines import Machines
from tests.service.documents.graded_films import film_bytes
from tests.service.worklist.stock import records_of

ID = "01KAY5S1M7Q3ZC5H8V0YB2N4TD"
ROOM = {"Manufacturer": "Maker", "ManufacturerModelName": "Flat 3", "StationName": "ROOM1"}


@pytest.fixture
def machines(client: TestClient) -> Machines:
    return Machines(records_of(client).archive, Limits())


def label(client: TestClient, number: int, **changed: Any) -> str | None:
    archive: Archive = records_of(client).archive
    id = f"{ID[:-1]}{number}"
    archive.keep(id, film_bytes(**changed))
    return Machines(archive, Limits()).of(id)


def test_films_of_one_machine_have_one_label_that_names_nobody(client: TestClient) -> None:
    first = label(client, 1, **ROOM)
    assert first is not None
    assert len(first) == 8
    assert "room" not in first.casefold()
    assert label(client, 2, **{**ROOM, "StationName": "room1 "}) == first
    for number, name in enumerate(ROOM):
        assert label(client, 3 + number, **{**ROOM, name: "another"}) != first


def test_without_a_name_or_a_film_there_is_no_machine(
    client: TestClient, machines: Machines
) -> None:
    assert label(client, 1, Manufacturer=None) is None
    assert machines.of(ID) is None


def test_the_history_says_which_films_one_machine_took(client: TestClient) -> None:
    head = {"Content-Type": "application/dicom"}
    content = film_bytes(**ROOM)
    id = client.post("/v1/score", content=content, headers=head).json()["id"]
    (film,) = client.get(f"/v1/results/{id}/history").json()["films"]
    assert film["machine"] == label(client, 1, **ROOM)
