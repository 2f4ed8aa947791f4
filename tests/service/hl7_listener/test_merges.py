"""Merges of patients: in whatever order and however often they come, and back."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.model.limits import Limits
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films
from radiograde.service.errors import StoreError
from radiograde.service.films.previous_score import CoursePlace, score_before
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading.records import Records
from radiograde.service.hl7_listener.message_handler import MessageHandler
from radiograde.service.labelling.export import Choice, ReviewExport
from radiograde.service.worklist.change_log import ChangeLog
from radiograde.service.worklist.history import History
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import work_with
from tests.service.hl7_listener.messages import adt, answered
from tests.service.reviews.made import keep, review
from tests.service.worklist.stock import Stock

LIMIT = RepeatabilityLimit("ab" * 32, 4.0)
PATIENTS, FILMS_EACH, MESSAGES = 12, 2, 100


@dataclass(frozen=True)
class Hospital:
    """Patients with films, and what takes messages about them."""

    records: Records
    handler: MessageHandler
    history: History
    stock: Stock

    def patient(self, id: str, issuer: str = "", films: int = FILMS_EACH) -> list[str]:
        """Return films of a new patient."""
        number = self.handler.pseudonyms.number(id, issuer)
        owner = self.handler.pseudonyms.number(f"{id} of {issuer}")
        pseudonym = None if owner is None else owner.number
        return [self.stock.scored(patient=pseudonym, number=number) for _ in range(films)]

    def course(self, film: str) -> set[str]:
        return {one.id for one in self.history.of(film).films}

    def told(self, event: str, *patients: str, time: str = "20260304050607") -> str:
        return answered(self.handler, adt(event, *patients, time=time)).code


@pytest.fixture
def hospital(records: Records, handler: MessageHandler) -> Hospital:
    return hospital_of(records, handler)


def hospital_of(records: Records, handler: MessageHandler) -> Hospital:
    history = History(records.database, records.reviews, lambda: LIMIT)
    return Hospital(records, handler, history, Stock(records))


Messages = list[tuple[int, bool, str, str]]
"""Minute, whether it links, and two patients."""


def random_messages(dice: random.Random, names: Iterable[str]) -> Messages:
    pairs = list(combinations(sorted(names), 2))
    messages: Messages = []
    for minute in range(MESSAGES):
        one, other = dice.sample(dice.choice(pairs), 2)
        messages.append((minute, dice.random() < 0.6, one, other))
    return messages


def sent(hospital: Hospital, messages: Messages) -> None:
    for minute, linked, one, other in messages:
        time = f"20260304{minute // 60:02}{minute % 60:02}00"
        assert hospital.told("A40" if linked else "A37", one, other, time=time) == "AA"


def afresh(messages: Messages, films: Mapping[str, list[str]]) -> dict[str, set[str]]:
    """Return each patient's course, computed from films and messages alone."""
    last: dict[frozenset[str], bool] = {}
    for _, linked, one, other in sorted(messages):
        last[frozenset((one, other))] = linked
    groups = {name: {name} for name in films}
    for pair, linked in last.items():
        if linked:
            joined = set().union(*(groups[name] for name in pair))
            groups |= dict.fromkeys(joined, joined)
    return {name: {film for one in group for film in films[one]} for name, group in groups.items()}


def courses(hospital: Hospital, films: Mapping[str, list[str]]) -> dict[str, set[str]]:
    return {name: hospital.course(own[0]) for name, own in films.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_courses_after_a_hundred_messages_are_those_computed_afresh(
    hospital: Hospital, seed: int
) -> None:
    expect_courses_as_computed_afresh(hospital, seed)


def expect_courses_as_computed_afresh(hospital: Hospital, seed: int) -> None:
    """Send a hundred messages about patients, shuffled and some twice, then undo them all."""
    dice = random.Random(seed)  # noqa: S311 - what it decides is no secret
    names = [f"P-{number}" for number in range(1, PATIENTS + 1)]
    films = {name: hospital.patient(name) for name in names[:-2]}
    messages = random_messages(dice, names)
    arriving = [*messages, *dice.sample(messages, 20)]
    dice.shuffle(arriving)
    sent(hospital, arriving[:60])
    films |= {name: hospital.patient(name) for name in names[-2:]}
    sent(hospital, arriving[60:])
    assert courses(hospital, films) == afresh(messages, films)
    assert len({frozenset(course) for course in afresh(messages, films).values()}) < PATIENTS
    undone = [(MESSAGES, False, *pair) for pair in combinations(names, 2)]
    sent(hospital, undone)
    sent(hospital, arriving[:20])
    assert courses(hospital, films) == {name: set(own) for name, own in films.items()}


def test_the_film_before_is_one_of_the_merged_patient(hospital: Hospital) -> None:
    (first,), (second,) = (hospital.patient(name, films=1) for name in ("A-1", "B-1"))
    place = CoursePlace(second, None, None, datetime.now(UTC), None)
    with hospital.records.database.reading() as connection:
        (patient,) = connection.execute(sa.select(films.c.patient).where(films.c.id == second))
        place = replace(place, patient=patient.patient)
        assert score_before(connection, place) is None
    hospital.told("A40", "A-1", "B-1")
    with hospital.records.database.reading() as connection:
        before = score_before(connection, place)
    assert before is not None
    assert before.film_id == first


def test_labels_are_of_the_merged_patient(hospital: Hospital, tmp_path: Path) -> None:
    """Or films of one patient would be trained on and tested on."""
    records, reviewed = hospital.records, []
    for place, id in enumerate(("A-1", "B-1", "C-1", "A-1")):
        content = film_bytes(PatientID=id, SOPInstanceUID=f"1.2.{place}")
        film = records.intake.accept(content, "dicom").film_id
        work_with(records).grade(film)
        keep(records, review(place, "corrected", result_id=film))
        reviewed.append(film)
    one, given_up, other, again = reviewed

    def patients() -> dict[str, str]:
        export = ReviewExport(records, Choice(lungs=False), Limits())
        list(export.write(tmp_path / "labels"))
        with (tmp_path / "labels" / "manifest.csv").open(newline="") as file:
            return {Path(row["image"]).stem: row["patient"] for row in csv.DictReader(file)}

    before = patients()
    assert before[one] == before[again]
    assert len(set(before.values())) == 3
    assert hospital.told("A40", "A-1^^^HOSPITAL", "B-1^^^HOSPITAL") == "AA"
    merged = patients()
    assert merged[one] == merged[again] == merged[given_up] != merged[other]
    hospital.told("A37", "A-1^^^HOSPITAL", "B-1^^^HOSPITAL", time="20260305050607")
    assert patients() == before


def test_a_merge_that_is_reversed_or_closes_a_circle_is_one_patient(hospital: Hospital) -> None:
    films = [film for name in "ABC" for film in hospital.patient(f"{name}-1")]
    for kept, given_up in (("A-1", "B-1"), ("B-1", "A-1"), ("B-1", "C-1"), ("C-1", "A-1")):
        assert hospital.told("A40", kept, given_up) == "AA"
    assert all(hospital.course(film) == set(films) for film in films)


def test_issuers_that_differ_are_different_patients(hospital: Hospital) -> None:
    north, south = hospital.patient("7-1", "NORTH"), hospital.patient("7-1", "SOUTH")
    other, unnamed = hospital.patient("8-1", "NORTH"), hospital.patient("9-1")
    assert hospital.told("A40", "8-1^^^NORTH", "7-1^^^NORTH") == "AA"
    assert hospital.told("A40", "8-1^^^NORTH", "9-1^^^NORTH") == "AA"
    assert hospital.course(north[0]) == {*north, *other, *unnamed}
    assert hospital.course(south[0]) == set(south)


def test_a_chain_leads_over_a_number_without_films(hospital: Hospital) -> None:
    films = [*hospital.patient("A-1"), *hospital.patient("C-1")]
    hospital.told("A40", "B-1", "A-1")
    hospital.told("A47", "C-1", "B-1")
    assert hospital.course(films[0]) == set(films)


@pytest.mark.parametrize("event", ["A01", "A04", "A08", "A31"])
def test_other_events_are_acknowledged_and_change_no_course(hospital: Hospital, event: str) -> None:
    films = hospital.patient("A-1")
    hospital.patient("B-1")
    assert hospital.told(event, "A-1", "B-1") == "AA"
    assert hospital.course(films[0]) == set(films)


@pytest.mark.parametrize(
    "patients", [("A-1",), ("A-1", ""), ("", "A-1"), ("A-1", "UNKNOWN"), ("A-1", "A-1")]
)
def test_a_merge_that_names_no_two_patients_is_an_error(
    hospital: Hospital, patients: tuple[str, ...]
) -> None:
    answer = answered(hospital.handler, adt("A40", *patients))
    assert (answer.code, answer.error) == ("AE", "101")


def test_one_message_may_merge_several(hospital: Hospital) -> None:
    films = [film for name in "ABC" for film in hospital.patient(f"{name}-1")]
    assert hospital.told("A40", "A-1~A-2^^^X", "B-1", "C-1") == "AA"
    assert hospital.course(films[0]) == set(films)


def test_films_that_came_in_by_themselves_are_found_by_their_number(hospital: Hospital) -> None:
    films = [
        hospital.records.intake.accept(
            film_bytes(PatientID=id, SOPInstanceUID=f"1.2.{place}"), "dicom"
        ).film_id
        for place, id in enumerate(("A-1", "B-1"))
    ]
    assert hospital.course(films[0]) == {films[0]}
    assert hospital.told("A40", "A-1^^^HOSPITAL", "B-1^^^HOSPITAL") == "AA"
    assert hospital.course(films[0]) == set(films)


def test_whoever_watches_the_films_hears_of_a_merge(hospital: Hospital) -> None:
    one, other = hospital.patient("A-1", films=1)[0], hospital.patient("B-1", films=1)[0]
    changes = ChangeLog(hospital.records.database)
    changes.poll()
    hospital.told("A40", "A-1", "B-1")
    assert {change.id for change in changes.poll()} == {one, other}


def test_a_message_that_cannot_be_kept_is_asked_for_again(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Database) -> None:
        raise StoreError("The database is away.")

    monkeypatch.setattr(Database, "write", away)
    answer = answered(hospital.handler, adt("A40", "A-1", "B-1"))
    assert (answer.code, answer.error, answer.control_id) == ("AE", "207", "C-1")


def test_no_table_and_no_log_names_a_patient(
    hospital: Hospital, capfd: pytest.CaptureFixture[str]
) -> None:
    hospital.patient("SECRET-1")
    hospital.told("A40", "SECRET-1", "SECRET-2")
    hospital.handler.answer(b"MSH|^~\\&|SECRET-3")
    told = "".join(capfd.readouterr())
    assert "SECRET" not in told.upper()
    with hospital.records.database.reading() as connection:
        kept = [
            str(row)
            for table in ("patient_links", "patient_numbers")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        ]
    assert kept
    assert not any("SECRET" in row for row in kept)


def test_a_film_with_a_corrected_header_goes_by_its_new_number(hospital: Hospital) -> None:
    uids = {place: f"1.2.{place}" for place in range(2)}
    first = film_bytes(PatientID="A-1", SOPInstanceUID=uids[0])
    other = film_bytes(PatientID="B-1", SOPInstanceUID=uids[1])
    films = [hospital.records.intake.accept(one, "dicom").film_id for one in (first, other)]
    hospital.told("A40", "B-1^^^HOSPITAL", "C-1^^^HOSPITAL")
    corrected = film_bytes(PatientID="C-1", SOPInstanceUID=uids[0])
    assert hospital.records.intake.accept(corrected, "dicom").film_id == films[0]
    assert hospital.course(films[0]) == set(films)
