"""Which films are in which project: who put them in, and when."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from radiograde.service.auth.credentials import Clock, utc_now
from radiograde.service.database.engine import Database
from radiograde.service.database.project_tables import project_films
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films
from radiograde.service.projects.film_access import FilmAccess
from radiograde.service.projects.project_repository import check_open


class ProjectFilmRepository:
    """Keeps ``project_films``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer, and NotFoundError where no
    open project has the id.
    """

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    def add(
        self, project: str, film_ids: Collection[str], by: str, access: FilmAccess
    ) -> list[str]:
        """Put films into a project, and return those that were not in it.

        Who puts in sees them: what is outside ``access`` is as good as not there.
        """
        added: list[str] = []
        with self._database.write() as connection:
            check_open(connection, project)
            for some in in_parts(dict.fromkeys(film_ids)):
                query = sa.select(films.c.id).where(
                    films.c.id.in_(some),
                    films.c.id.not_in(_of(project)),
                    *access.within(films.c.id),
                )
                new = list(connection.scalars(query.order_by(films.c.id)))
                row = {"project_id": project, "added": self._now(), "added_by": by}
                if new:
                    rows = [{**row, "film_id": film_id} for film_id in new]
                    connection.execute(sa.insert(project_films), rows)
                added += new
        return added

    def remove(self, project: str, film_ids: Collection[str]) -> list[str]:
        """Take films out of a project, and return those that were in it."""
        removed: list[str] = []
        with self._database.write() as connection:
            check_open(connection, project)
            for some in in_parts(dict.fromkeys(film_ids)):
                found = _of(project).where(project_films.c.film_id.in_(some))
                there = list(connection.scalars(found.order_by(project_films.c.film_id)))
                these = sa.delete(project_films).where(
                    project_films.c.project_id == project, project_films.c.film_id.in_(there)
                )
                connection.execute(these)
                removed += there
        return removed


def _of(project: str) -> sa.Select[Any]:
    return sa.select(project_films.c.film_id).where(project_films.c.project_id == project)
