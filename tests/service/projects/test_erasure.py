"""A film that is erased, or past its time, is in no project any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from radiograde.service.config.audit_config import RetentionConfig
from radiograde.service.config.settings import Settings
from radiograde.service.database.project_tables import project_films
from radiograde.service.database.references import dangling_rows
from radiograde.service.erasure.eraser import Eraser
from radiograde.service.grading.records import Records, open_records
from radiograde.service.projects.film_access import EVERY_FILM
from radiograde.service.projects.project_film_repository import ProjectFilmRepository
from radiograde.service.projects.project_repository import ProjectRepository
from tests.service.worklist.stock import Stock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, retention=RetentionConfig(results_days=1))


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    opened = open_records(settings)
    yield opened
    opened.close()


def in_project(records: Records, film: str) -> ProjectRepository:
    """Return the projects, one of which has a film."""
    projects = ProjectRepository(records.database)
    films = ProjectFilmRepository(records.database)
    films.add(projects.add("A", "root"), [film], "root", EVERY_FILM)
    assert [one.films for one in projects.all()] == [1]
    return projects


@pytest.mark.parametrize("scope", ["all", "keep_results"])
def test_an_erased_film_is_in_no_project(
    records: Records, settings: Settings, scope: Literal["all", "keep_results"]
) -> None:
    film = Stock(records).scored()
    projects = in_project(records, film)
    eraser = Eraser(records, settings)
    eraser.finish(eraser.begin(eraser.finder.of_films([film]), "root", scope))
    assert [one.films for one in projects.all()] == [0]
    assert dangling_rows(records.database) == 0


def test_a_film_past_its_time_is_in_no_project(records: Records, settings: Settings) -> None:
    projects = in_project(records, Stock(records).scored())
    assert Eraser(records, settings).drop_old_results() == 1
    assert [one.films for one in projects.all()] == [0]
    assert not records.database.exists(project_films.select())
