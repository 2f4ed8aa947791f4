"""An erasure on either database, whose triggers count films and mark results as reviewed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from radiograde.service.config.audit_config import RetentionConfig
from radiograde.service.config.settings import Settings
from radiograde.service.database.every_table import every_table
from radiograde.service.database.tables import film_counts, films, reviews
from radiograde.service.erasure.eraser import Eraser
from radiograde.service.grading.records import Records
from radiograde.service.reviews.blind_reading import BlindReading
from radiograde.service.reviews.blind_reading_repository import BlindReadingRepository
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer
from tests.service.grading.graders import work_with


def filled(records: Records) -> list[str]:
    """Return the ids of a patient's film and of another's, both graded and reviewed."""
    work = work_with(records, scorer=FakeScorer())
    ids = []
    for number, patient in enumerate(("PX-1", "PY-2")):
        content = film_bytes(
            PatientID=patient, SOPInstanceUID=f"1.2.3.{number}", StudyInstanceUID=f"1.2.9.{number}"
        )
        ids.append(records.intake.accept(content, "dicom").film_id)
        work.grade(ids[-1])
        now = datetime.now(UTC)
        said = {"id": f"R{number}", "result_id": ids[-1], "reviewer": "ann", "created": now}
        with records.database.write() as connection:
            connection.execute(sa.insert(reviews), {**said, "verdict": "accepted"})
        reading = BlindReading(ids[-1], "ann", now, None, "said")
        BlindReadingRepository(records.database).commit(reading)
    return ids


def counted(records: Records) -> int:
    query = sa.select(sa.cast(sa.func.sum(film_counts.c.films), sa.Integer))
    return records.database.values(query, int)[0]


def is_named(records: Records, film_id: str) -> bool:
    """Return whether any row of any table is of a film."""
    return any(
        records.database.exists(sa.select(table).where(table.c[name] == film_id))
        for table in every_table()
        for name in ("film_id", "result_id")
        if name in table.c
    )


def test_all_of_a_patient_goes_and_the_rest_stays(
    settings: Settings, installation: Records
) -> None:
    mine, theirs = filled(installation)
    eraser = Eraser(installation, settings)
    eraser.finish(eraser.begin(eraser.finder.of_patient("PX-1"), "kim", "all"))
    assert not is_named(installation, mine)
    assert installation.results.find(mine) is None
    assert installation.results.find(theirs) is not None
    assert counted(installation) == 1


def test_results_stay_and_say_not_whose_they_are(settings: Settings, installation: Records) -> None:
    mine, _ = filled(installation)
    eraser = Eraser(installation, settings)
    eraser.finish(eraser.begin(eraser.finder.of_patient("PX-1"), "kim", "keep_results"))
    said = sa.select(films.c.patient, films.c.sop_instance_uid, films.c.sender)
    with installation.database.reading() as connection:
        row = connection.execute(said.where(films.c.id == mine)).one()
    assert tuple(row) == (None, None, None)
    assert installation.results.find(mine) is not None
    assert counted(installation) == 2


def test_what_is_past_its_time_goes(settings: Settings, installation: Records) -> None:
    mine, theirs = filled(installation)
    with installation.database.write() as connection:
        old = datetime.now(UTC) - timedelta(days=31)
        connection.execute(sa.update(films).where(films.c.id == mine).values(received=old))
    kept = settings.model_copy(update={"retention": RetentionConfig(results_days=30)})
    assert Eraser(installation, kept).drop_old_results() == 1
    assert not is_named(installation, mine)
    assert is_named(installation, theirs)
