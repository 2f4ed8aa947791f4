"""An installation's records as they are after a year, drawn: as many films as one likes.

Films come all day long for a year; most were acquired just before, some long ago, some never. Nine
in ten have a score, one in a hundred was reviewed, of one in a thousand the result could not be
delivered. Documents have what lists show, and are shorter than real ones.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.service.fakes import scored

SPAN = timedelta(days=365)
WAITING = 20
"""The last films to come."""

REVIEWED_IN_1000 = 10

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ID, _SCORE = "$id$", "$score$"

# What chance says is a table of its own: in a view it would be asked anew for each column.
_CHANCES = """
CREATE TEMP TABLE chances AS
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :rows)
SELECT n, abs(random()) % 1000 AS kind, abs(random()) % 1000 AS age,
       abs(random()) % 1000 / 1000.0 AS part, abs(random()) % 1000 AS after
FROM numbers
"""
_DRAW = """
CREATE TEMP TABLE drawn AS
SELECT n, after, printf('01J%023d', n) AS id,
       strftime('%Y-%m-%d %H:%M:%f000', :begin + n * :step, 'unixepoch') AS at,
       CASE WHEN age >= 10 THEN strftime(
           '%Y-%m-%dT%H:%M:%S',
           :begin + n * :step - iif(age < 30, 86400 * 400 * part, 1800), 'unixepoch'
       ) END AS taken,
       CASE WHEN n > :rows - :waiting THEN 'waiting' WHEN kind < 5 THEN 'failed'
            WHEN kind < 35 THEN 'set_aside' ELSE 'graded' END AS state,
       iif(kind >= 85 AND n <= :rows - :waiting, round(18 * part * part * part, 2), NULL) AS brixia
FROM chances
"""

_FILMS = """
INSERT INTO films (id, key, received, door, size, sop_instance_uid, state, attempts, kept, patient,
                   taken, changed, day)
SELECT id, 'sop:1.2.' || n, at, 'dicom', 15000000, '1.2.' || n, state, 1, 1,
       substr(:letters, 1 + n / 3 % 32, 1) || substr(:letters, 1 + n / 96 % 32, 1)
       || substr(:letters, 1 + n / 3072 % 32, 1) || substr(:letters, 1 + n / 98304 % 32, 1)
       || substr(:letters, 1 + n / 3145728 % 32, 1) || 'QQQQQQQQQQQQQQQQQQQQQ',
       taken, at, substr(coalesce(taken, at), 1, 10)
FROM drawn
"""
_RESULTS = """
INSERT INTO results (id, created, status, model_sha256, document, recorded, severity, brixia, day,
                     study_instance_uid, reviewed)
SELECT id, at, iif(brixia IS NULL, 'rejected', 'scored'), 'ab',
       replace(replace(iif(brixia IS NULL, :rejected, :scored), :score, ifnull(brixia, '')),
               :id, id), at,
       CASE WHEN brixia >= 11 THEN 'severe' WHEN brixia >= 5 THEN 'moderate'
            WHEN brixia >= 1 THEN 'mild' WHEN brixia IS NOT NULL THEN 'none' END,
       brixia, substr(coalesce(taken, at), 1, 10), '1.3.' || n,
       after >= :reviewed
FROM drawn WHERE state = 'graded'
"""
_OTHERS = (
    "INSERT INTO film_sources (film_id, source) SELECT id, 'dicom' FROM drawn",
    "INSERT INTO deliveries (film_id, destination, state, attempts, begun, updated) "
    "SELECT id, 'pacs', iif(after = 0, 'parked', 'delivered'), 1, at, at FROM drawn "
    "WHERE state = 'graded'",
    "INSERT INTO reviews (id, result_id, reviewer, created, verdict) "
    "SELECT id, id, 'kim', at, 'accepted' FROM drawn WHERE state = 'graded' AND after >= :reviewed",
    "INSERT INTO film_counts SELECT state, 0, count(*) FROM drawn GROUP BY state",
)


def fill(settings: Settings, rows: int, end: datetime) -> None:
    """Make the database of an installation, on SQLite, with so many films until ``end``."""
    open_records(settings).close()
    values = {
        "rows": rows,
        "waiting": WAITING,
        "begin": (end - SPAN).timestamp(),
        "step": SPAN.total_seconds() / rows,
        "letters": LETTERS,
        "reviewed": 1000 - REVIEWED_IN_1000,
        "score": _SCORE,
        "id": _ID,
        "scored": _document(),
        "rejected": json.dumps({"id": _ID, "status": "rejected"}),
    }
    path = settings.store_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            connection.execute(f"PRAGMA {setting}")
        made_after = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') "
            "AND sql IS NOT NULL AND tbl_name IN ('films', 'results', 'deliveries', 'reviews')"
        ).fetchall()
        for kind, name, _ in made_after:
            connection.execute(f"DROP {kind} {name}")
        for statement in (_CHANCES, _DRAW, _FILMS, _RESULTS, *_OTHERS):
            connection.execute(statement, values)
        for _, _, statement in made_after:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode = WAL")


def _document() -> str:
    """Return the JSON of a scored result, of what lists show, with places for id and score."""
    whole = scored().to_json()
    brixia = whole["scores"]["brixia"]
    score = {"value": _SCORE, "interval": brixia["interval"], "range": brixia["range"]}
    shown = {
        "id": _ID,
        "status": "scored",
        "image": {"view": "PA"},
        "gate": whole["gate"],
        "scores": {"brixia": score},
    }
    return json.dumps(shown).replace(f'"{_SCORE}"', _SCORE)
