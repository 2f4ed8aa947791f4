"""Which films somebody may see, and what he may do with them: the one rule of every list and route.

A role in the clinical pool is of every film; a role in a project is of the project's films alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from radiograde.service.auth.principal import Permission, Principal
from radiograde.service.auth.project_role import ProjectPermission
from radiograde.service.database.engine import Database
from radiograde.service.database.project_tables import project_films
from radiograde.service.database.rows import in_parts
from radiograde.service.errors import NotAllowedError


@dataclass(frozen=True, slots=True)
class FilmAccess:
    """Films of some ``projects``, by their ids; None: every film.

    ``identified``: projects among them whose films are shown with what names the patient.
    """

    projects: frozenset[str] | None = None
    identified: frozenset[str] = frozenset()

    @property
    def is_limited(self) -> bool:
        """Whether there may be films outside."""
        return self.projects is not None

    @property
    def names_all(self) -> bool:
        """Whether every film within is shown with what names the patient."""
        return self.projects is None or self.projects <= self.identified

    def within(self, film_id: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        """Return the conditions on films, by the column of their ids: none where all are within."""
        return [] if self.projects is None else [film_id.in_(_films_of(self.projects))]

    def has(self, database: Database, film_id: str) -> bool:
        """Return whether a film is within. Raises StoreError."""
        return self.projects is None or bool(_found(database, self.projects, [film_id]))

    def seen(self, database: Database, film_ids: Collection[str]) -> frozenset[str]:
        """Return those of some films that are within. Raises StoreError."""
        if self.projects is None:
            return frozenset(film_ids)
        return _found(database, self.projects, film_ids)

    def named(self, database: Database, film_ids: Collection[str]) -> frozenset[str]:
        """Return those of films within that are shown with what names the patient.

        Raises StoreError.
        """
        if self.names_all:
            return frozenset(film_ids)
        return _found(database, self.identified, film_ids)

    def of_project(self, project: str) -> FilmAccess:
        """Return the access to the films of one project, as far as they are within."""
        if self.projects is None:
            return FilmAccess(frozenset({project}), frozenset({project}))
        return FilmAccess(self.projects & {project}, self.identified & {project})


EVERY_FILM = FilmAccess()
NO_FILM = FilmAccess(frozenset())


def film_access(
    principal: Principal, in_pool: Permission, in_project: ProjectPermission | None
) -> FilmAccess:
    """Return the films with which somebody may do something.

    ``in_pool``: what a role in the clinical pool has to allow; ``in_project``: what one in a
    project has to, None where no project allows it.

    Raises:
        NotAllowedError: no role allows it.
    """
    if principal.may(in_pool) and principal.sees_pool:
        return EVERY_FILM
    projects = principal.projects_that(in_project) if in_project else frozenset()
    if not projects:
        raise NotAllowedError(
            f"The role {principal.role} may not {in_pool}. An administrator gives roles."
        )
    return FilmAccess(projects, projects & principal.projects_that("identify"))


def _films_of(projects: Collection[str]) -> sa.Select[tuple[str]]:
    # In order, so that the same projects are the same statement.
    of_projects = project_films.c.project_id.in_(sorted(projects))
    return sa.select(project_films.c.film_id).where(of_projects)


def _found(
    database: Database, projects: Collection[str], film_ids: Collection[str]
) -> frozenset[str]:
    found: set[str] = set()
    for some in in_parts(film_ids):
        query = _films_of(projects).where(project_films.c.film_id.in_(some))
        found.update(database.values(query, str))
    return frozenset(found)
