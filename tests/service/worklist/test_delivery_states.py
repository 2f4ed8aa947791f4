"""What a row says of a film's deliveries."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from radiograde.service.config.site import FolderDestinationConfig
from radiograde.service.database.tables import DeliveryState, deliveries
from tests.service.conftest import Start
from tests.service.worklist.stock import Stock, records_of


def delivery(client: TestClient, id: str) -> str | None:
    found: str | None = client.get(f"/v1/worklist/{id}").json()["delivery"]
    return found


def plan(stock: Stock, id: str, *states: DeliveryState) -> None:
    """Record deliveries of a film, each to a destination of its own."""
    names = [f"share{number}" for number in range(len(states))]
    with stock.records.database.write() as connection:
        stock.records.deliveries.plan(connection, id, names)
        for name, state in zip(names, states, strict=True):
            of_name = deliveries.c.destination == name
            connection.execute(sa.update(deliveries).where(of_name).values(state=state))


@pytest.fixture
def client(start: Start, tmp_path: Path) -> TestClient:
    """Return a client of a service that has a destination."""
    return start(destination=(FolderDestinationConfig(name="share", type="folder", path=tmp_path),))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), "not_sent"),
        (("delivered",), "sent"),
        (("delivered", "waiting"), "waiting"),
        (("delivered", "waiting", "parked"), "parked"),
    ],
)
def test_a_graded_film_says_the_state_that_needs_a_person_most(
    client: TestClient, stock: Stock, states: tuple[DeliveryState, ...], expected: str
) -> None:
    other, id = stock.scored(), stock.scored()
    plan(stock, id, *states)
    assert delivery(client, id) == expected
    assert delivery(client, other) == "not_sent"
    rows = {row["id"]: row for row in client.get("/v1/worklist").json()["films"]}
    assert rows[id]["delivery"] == expected


def test_a_film_without_a_result_says_nothing(client: TestClient, stock: Stock) -> None:
    assert delivery(client, stock.film()) is None
    assert delivery(client, stock.failed()) is None
    assert delivery(client, stock.rejected()) == "not_sent"


def test_without_a_destination_only_what_was_sent_before_is_said(start: Start) -> None:
    client = start()
    stock = Stock(records_of(client))
    never, once = stock.scored(), stock.scored()
    plan(stock, once, "delivered")
    assert (delivery(client, never), delivery(client, once)) == (None, "sent")
