"""What the database has of films and patients, removed; or what of it says whose films they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from radiograde.service.database.film_rows import remove_related
from radiograde.service.database.pacs_tables import expected_priors, prior_fetches, workitems
from radiograde.service.database.programme_tables import reading_slots, regradings, report_opinions
from radiograde.service.database.reading_tables import blind_readings
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import (
    films,
    patient_links,
    patient_numbers,
    results,
    reviews,
    traces,
    withdrawals,
)
from radiograde.service.erasure.erasure_plan import ErasurePlan

_ANONYMOUS = (reviews, blind_readings, reading_slots, withdrawals, regradings)
"""Tables whose rows stay with a result that stays, without what was written freely."""

_NO_DIGEST = "0" * 64


def unlink_films(connection: sa.Connection, film_ids: Sequence[str]) -> None:
    """Leave results and what readers said of them, and remove what says whose films they are.

    UIDs, pseudonym, sender, digests, times of acquisition, words of readers, deliveries. The year
    stays.
    """
    for some in in_parts(film_ids):
        connection.execute(sa.delete(traces).where(traces.c.id.in_(some)))
        remove_related(connection, some, keep=_ANONYMOUS)
        for column in (reviews.c.result_id, blind_readings.c.film_id, reading_slots.c.film_id):
            said = sa.update(column.table).where(column.in_(some))
            connection.execute(said.values(comment=None))
        of_them = withdrawals.c.result_id.in_(some)
        connection.execute(sa.update(withdrawals).where(of_them).values(reason="erased"))
        for film_id in some:
            _unlink(connection, film_id)


def remove_patients(connection: sa.Connection, plan: ErasurePlan) -> None:
    """Remove pseudonyms' numbers, merges, and what is being fetched of them."""
    for table in (patient_numbers, prior_fetches, expected_priors):
        connection.execute(sa.delete(table).where(table.c.patient.in_(plan.patients)))
    linked = sa.or_(
        patient_links.c.number.in_(plan.numbers), patient_links.c.other_number.in_(plan.numbers)
    )
    connection.execute(sa.delete(patient_links).where(linked))
    of_studies = report_opinions.c.study_instance_uid.in_(plan.studies)
    connection.execute(sa.delete(report_opinions).where(of_studies))
    _forget_workitems(connection, set(plan.uids))


def _unlink(connection: sa.Connection, film_id: str) -> None:
    day = connection.scalar(sa.select(films.c.day).where(films.c.id == film_id))
    year = None if day is None else f"{day[:4]}-01-01"
    connection.execute(
        sa.update(films)
        .where(films.c.id == film_id)
        .values(
            key=f"erased:{film_id}",
            kept=False,
            day=year,
            **dict.fromkeys(
                (
                    *("sop_instance_uid", "study_instance_uid", "patient", "acquired", "sender"),
                    *("corrected", "shares_uid_with", "sent"),
                )
            ),
        )
    )
    _unlink_documents(connection, results, results.c.id == film_id)
    _unlink_documents(connection, regradings, regradings.c.film_id == film_id)
    connection.execute(
        sa.update(results)
        .where(results.c.id == film_id)
        .values(day=year, study_instance_uid=None, sop_instance_uid=None)
    )


def _unlink_documents(
    connection: sa.Connection, table: sa.Table, of_film: sa.ColumnElement[bool]
) -> None:
    """Take the digest of the film's file, by which who has it would know the result."""
    document = connection.scalar(sa.select(table.c.document).where(of_film))
    if document and document.get("image"):
        without = {**document, "image": {**document["image"], "sha256": _NO_DIGEST}}
        connection.execute(sa.update(table).where(of_film).values(document=without))


def _forget_workitems(connection: sa.Connection, uids: Collection[str]) -> None:
    for row in connection.execute(sa.select(workitems)).all():
        left = [one for one in row.films if one not in uids]
        if left == row.films:
            continue
        this = sa.and_(workitems.c.worklist == row.worklist, workitems.c.uid == row.uid)
        change = sa.update(workitems).values(films=left) if left else sa.delete(workitems)
        connection.execute(change.where(this))
