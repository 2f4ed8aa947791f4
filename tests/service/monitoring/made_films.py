"""Films in figures as a detector gives them, and records of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.monitor_tables import film_statistics
from radiograde.service.database.tables import films
from radiograde.service.monitoring.film_sample import COLUMNS, FilmRow
from tests.service.fakes import FACTS

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def made_rows(
    count: int, seed: int = 0, model: str = FACTS.sha256, first: int = 0
) -> list[FilmRow]:
    """Return films of one detector, ten an hour; ``first``: how many came before."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(first, first + count):
        score = float(np.clip(random.gamma(2, 3), 0, 18))
        rows.append(
            FilmRow(
                film_id=f"{number:026d}",
                graded=BEGAN + timedelta(hours=number / 10),
                model_sha256=model,
                outcome="scored" if random.random() > 0.03 else "rejected: lateral_view",
                view=str(random.choice(["PA", "AP"], p=[0.6, 0.4])),
                machine=str(random.choice(["one", "two"])),
                age=float(random.normal(60, 15)),
                brixia=score,
                geographic_extent=score / 18 * 8,
                opacity=score / 18 * 7,
                spread=float(random.gamma(4, 0.1)),
                frontal=float(random.beta(50, 2)),
                dark=float(random.normal(0.15, 0.03)),
                middle=float(random.normal(0.5, 0.06)),
                bright=float(random.normal(0.85, 0.04)),
                grain=float(random.normal(0.02, 0.003)),
                shown=float(random.normal(0.5, 0.05)),
            )
        )
    return rows


def brighter(rows: Sequence[FilmRow]) -> list[FilmRow]:
    """Return the films with a gain that is a fifth too high."""
    return [
        replace(row, bright=(row.bright or 0) * 1.2, middle=(row.middle or 0) * 1.2) for row in rows
    ]


def record(database: Database, rows: Sequence[FilmRow]) -> None:
    """Write films and their figures into a database."""
    came = [
        {
            "id": row.film_id,
            "key": row.film_id,
            "received": row.graded,
            "source": "dicom",
            "size": 1,
            "state": "graded",
            "attempts": 1,
            "patient": row.patient,
        }
        for row in rows
    ]
    figures = [{name: getattr(row, name) for name in COLUMNS} for row in rows]
    with database.write() as connection:
        connection.execute(sa.insert(films), came)
        connection.execute(sa.insert(film_statistics), figures)
