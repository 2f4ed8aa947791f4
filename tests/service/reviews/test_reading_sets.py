"""Films that several readers grade: in orders of their own, and blinded until the end."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from radiograde.command import main
from radiograde.data.manifest import load
from radiograde.service.errors import CommittedError
from radiograde.service.reviews.reading_set import drawn_order
from radiograde.service.reviews.reading_set_repository import ReadingSetRepository
from tests.service.accounts import add_user, sign_in, under
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.conftest import MakeFilm, make_film
from tests.service.worklist.stock import Stock, records_of

__all__ = ["make_film"]

ZONES = dict.fromkeys("ABCDEF", 1)


def test_films_are_in_random_order_and_some_come_again_at_the_end() -> None:
    films = [f"f{number}" for number in range(20)]
    orders = [drawn_order(films, 4, random.Random(seed)) for seed in range(40)]  # noqa: S311
    assert len({tuple(order) for order in orders}) == 40
    for order in orders:
        first = [film for film, again in order if not again]
        again = [film for film, again in order if again]
        assert sorted(first) == sorted(films)
        assert len(set(again)) == 4
        places = [(order.index((film, False)), order.index((film, True))) for film in again]
        assert all(later - earlier >= 5 for earlier, later in places)


def test_what_a_reader_said_stays_and_the_order_is_kept(client: TestClient) -> None:
    records = records_of(client)
    stock = Stock(records)
    films = [stock.scored() for _ in range(2)]
    sets = ReadingSetRepository(records.database)
    id = sets.give_out("Spring", "kim", films, ["lee", "sato"], 1)
    assert [(one.reader, one.films, one.read) for one in sets.progress()] == [
        ("lee", 3, 0),
        ("sato", 3, 0),
    ]
    sets.commit(id, "lee", 0, ZONES, None)
    for position in (0, 2):
        with pytest.raises(CommittedError):
            sets.commit(id, "lee", position, dict.fromkeys("ABCDEF", 3), None)
    sets.commit(id, "lee", 1, None, "Rotated.")
    said = [(slot.zones, slot.comment) for slot in sets.slots(id) if slot.read]
    assert said == [(ZONES, None), (None, "Rotated.")]
    assert sets.unread_films("lee") == sets.unread_films("sato") == frozenset(films)
    sets.commit(id, "lee", 2, ZONES, None)
    assert sets.unread_films("lee") == frozenset()


@pytest.fixture
def reader(client: TestClient) -> tuple[TestClient, str, list[str]]:
    """Return the client of a reader who has a set of two films, its id and the films'."""
    films = [score(client, film_bytes(SOPInstanceUID=f"1.2.3.{n}")) for n in range(3)]
    sets = ReadingSetRepository(records_of(client).database)
    id = sets.give_out("Spring", "boss", films[:2], ["kim", "lee"], 0)
    for name in ("kim", "lee"):
        add_user(client, name)
    client.headers.update(under(sign_in(client, "kim")))
    return client, id, films


def score(client: TestClient, film: bytes) -> str:
    answer = client.post("/v1/score", content=film, headers={"Content-Type": "application/dicom"})
    return str(answer.json()["id"])


def commit(client: TestClient, id: str, position: int) -> Any:
    body = {"position": position, "zones": ZONES}
    return client.post(f"/v1/reading-sets/{id}/readings", json=body)


def test_what_shows_no_score_asks_for_no_sets(
    reader: tuple[TestClient, str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _, films = reader
    asked: list[str] = []
    unread = ReadingSetRepository.unread_films

    def counted(sets: ReadingSetRepository, name: str) -> frozenset[str]:
        asked.append(name)
        return unread(sets, name)

    monkeypatch.setattr(ReadingSetRepository, "unread_films", counted)
    assert client.get(f"/v1/results/{films[0]}/thumbnail.jpg").status_code == 200
    assert asked == []
    assert client.get(f"/v1/results/{films[0]}").status_code == 403
    assert asked == ["kim"]


def test_scores_of_a_set_are_kept_back_until_it_is_read_to_the_end(
    reader: tuple[TestClient, str, list[str]],
) -> None:
    client, id, films = reader
    (own,) = client.get("/v1/reading-sets").json()["sets"]
    assert own == {"id": id, "name": "Spring", "films": 2, "read": 0}

    def shown() -> list[int]:
        return [client.get(f"/v1/results/{film}").status_code for film in films]

    def listed() -> list[bool]:
        rows = client.get("/v1/worklist").json()["films"]
        return [row["brixia"] is not None for row in sorted(rows, key=lambda row: row["id"])]

    assert shown() == [403, 403, 200]
    assert listed() == [False, False, True]
    assert client.get(f"/v1/results/{films[0]}/pixels").status_code == 200
    first = client.get(f"/v1/reading-sets/{id}/next").json()
    assert first["film"] in films[:2]
    assert commit(client, id, 1).status_code == 409
    after = commit(client, id, 0)
    assert after.status_code == 201
    assert after.json()["position"] == 1
    assert shown() == [403, 403, 200]
    assert commit(client, id, 1).json()["film"] is None
    assert shown() == [200, 200, 200]
    assert listed() == [True, True, True]
    assert commit(client, id, 2).status_code == 409


def test_a_set_is_its_readers_alone(reader: tuple[TestClient, str, list[str]]) -> None:
    client, _, films = reader
    other = ReadingSetRepository(records_of(client).database).give_out(
        "Other", "boss", films, ["lee"], 0
    )
    assert client.get(f"/v1/reading-sets/{other}/next").status_code == 404
    assert commit(client, other, 0).status_code == 404
    assert client.get("/v1/reading-sets/nothing/next").status_code == 404
    reading = client.post(f"/v1/results/{films[0]}/reading", json={"zones": ZONES})
    assert reading.status_code == 403


def test_the_command_gives_out_lists_exports_and_measures(
    client: TestClient, make_film: MakeFilm, tmp_path: Path
) -> None:
    films = [score(client, make_film(number)) for number in range(3)]
    data = ["--data-dir", str(tmp_path / "data")]

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["readers", *arguments, *data])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "No set" in run("list")
    chosen = [part for film in films for part in ("--film", film)]
    readers = ["--reader", "kim", "--reader", "dr. o'neil"]
    id = run("give", "Spring", *chosen, *readers, "--repeats", "1").split(":")[0]
    assert "Spring" in run("list")
    sets = ReadingSetRepository(records_of(client).database)
    for number, slot in enumerate(sets.slots(id)):
        zones = None if number == 0 else {zone: (number + at) % 4 for at, zone in enumerate(ZONES)}
        sets.commit(id, slot.reader, slot.position, zones, None)
    out = tmp_path / "read"
    for _ in range(2):
        assert "3 films exported" in run("export", id[:12], "--out", str(out))
    manifest = load(out)
    graded = [set(film.brixia) for film in manifest.films]
    assert sorted(len(readers) for readers in graded) == [1, 2, 2]
    with (out / "readings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["reader"] for row in rows} == {"kim", "dr. o'neil"}
    assert sum(row["again"] == "yes" for row in rows) == 2
    found = json.loads(run("agreement", id, "--json"))
    kinds = [one["between"] for one in found["pairs"]]
    assert kinds.count("readers") == 1
    assert kinds.count("model") == 2
    assert "two readers" in run("agreement", id)
    wrong = CliRunner().invoke(main, ["readers", "export", "X", "--out", str(out), *data])
    assert wrong.exit_code == 1


def test_films_are_drawn_from_days_and_only_scored_ones(client: TestClient, tmp_path: Path) -> None:
    stock = Stock(records_of(client))
    scored = {stock.scored(acquired=f"2026-03-0{day}") for day in range(1, 6)}
    stock.rejected(acquired="2026-03-02")
    data = ["--data-dir", str(tmp_path / "data")]

    def give(*arguments: str) -> int:
        done = CliRunner().invoke(main, ["readers", "give", "x", *arguments, *data])
        return done.exit_code

    span = ["--since", "2026-03-01", "--until", "2026-03-31", "--reader", "kim"]
    assert give(*span) == 0
    sets = ReadingSetRepository(records_of(client).database)
    assert sets.unread_films("kim") == scored
    assert give(*span, "--repeats", "3") == 2
    assert give("--since", "2030-01-01", "--reader", "kim") == 1
    assert give("--film", "01JARADMZ00000000000000000", "--reader", "kim") == 1
    assert give("--reader", "kim") == 2
