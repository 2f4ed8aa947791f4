"""The question by which the chart has workers scaled, put to a real database."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.accidents.postgres import Postgres
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import work_with

WORK = Path(__file__).parents[2] / "deploy" / "helm" / "templates" / "work.yaml"


def test_it_says_how_long_the_oldest_film_has_waited(postgres: Postgres, tmp_path: Path) -> None:
    found = re.search(r"query: >-\n(.*?)\n +targetQueryValue", WORK.read_text(), re.DOTALL)
    assert found
    settings = Settings(data_dir=tmp_path, database_url=SecretStr(postgres.database("age")))
    with closing(open_records(settings)) as records:

        def age_s() -> float:
            with records.database.reading() as connection:
                return float(connection.exec_driver_sql(found[1]).scalar_one())

        assert age_s() == 0
        film = records.intake.accept(film_bytes(), "dicom").film_id
        assert 0 < age_s() < 600
        work_with(records).grade(film)
        assert age_s() == 0
