"""What readers graded before they saw a score, beside what the model found, as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from radiograde.model.scoring.scales import ZONES
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films
from radiograde.service.films.pseudonym import label_of
from radiograde.service.grading.records import Records
from radiograde.service.reviews.blind_reading import BlindReading
from radiograde.service.reviews.blind_reading_repository import BlindReadingRepository
from radiograde.service.spreadsheet_cell import cell_of

READING = ("film", "patient", "acquired", "reader", "committed", "gradable")
MODEL = ("model_severity", "model_sha256", "withdrawn")
COLUMNS = (
    *READING,
    *(f"zone_{zone}" for zone in ZONES),
    "brixia",
    *(f"model_zone_{zone}" for zone in ZONES),
    *("model_brixia", "model_low", "model_high"),
    *MODEL,
    "comment",
)


def write_readings(records: Records, path: Path, since: datetime | None = None) -> int:
    """Write a row a reading, the first to be committed first; return how many there are.

    What the model found is empty where its result is gone. Nothing names a patient but, perhaps, a
    reader's comment.

    Raises:
        StoreError: the database does not answer.
        OSError: the file cannot be written.
    """
    readings = BlindReadingRepository(records.database).all(since)
    known = _films(records, {one.film_id for one in readings})
    withdrawn = records.withdrawals.standing_of({one.film_id for one in readings})
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for one in readings:
            stored = records.results.find(one.film_id)
            document = {} if stored is None else stored.document
            row = {**_of_reader(one), **known.get(one.film_id, {}), **_of_model(document)}
            writer.writerow({**row, "withdrawn": "yes" if one.film_id in withdrawn else "no"})
    return len(readings)


def _films(records: Records, ids: set[str]) -> dict[str, dict[str, str]]:
    """Return the patient's label and the acquisition time of films, by id."""
    found: dict[str, dict[str, str]] = {}
    with records.database.reading() as connection:
        for some in in_parts(ids):
            query = sa.select(films.c.id, films.c.patient, films.c.acquired)
            for id, patient, acquired in connection.execute(query.where(films.c.id.in_(some))):
                label = "" if patient is None else label_of(patient)
                found[id] = {"patient": label, "acquired": acquired or ""}
    return found


def _of_reader(reading: BlindReading) -> dict[str, object]:
    zones = reading.zones or {}
    return {
        "film": reading.film_id,
        "reader": cell_of(reading.reader),
        "committed": reading.created.isoformat(),
        "gradable": "no" if reading.zones is None else "yes",
        **{f"zone_{zone}": zones.get(zone, "") for zone in ZONES},
        "brixia": "" if reading.brixia is None else reading.brixia,
        "comment": cell_of(reading.comment),
    }


def _of_model(document: Mapping[str, Any]) -> dict[str, object]:
    return dict(_columns_of_model(document))


def _columns_of_model(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    if not document:
        return
    yield "model_sha256", document["model"]["sha256"]
    scores = document.get("scores")
    if scores is None:
        return
    brixia = scores["brixia"]
    yield "model_severity", document["severity"]
    yield "model_brixia", brixia["value"]
    yield "model_low", brixia["interval"][0]
    yield "model_high", brixia["interval"][1]
    for zone in ZONES:
        yield f"model_zone_{zone}", brixia["zones"][zone]["value"]
