"""The table of research projects: made, renamed, closed; who is in each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from ulid import ULID

from radiograde.model.errors import NotFoundError
from radiograde.service.auth.credentials import Clock, utc_now
from radiograde.service.auth.principal import check_name, tidy
from radiograde.service.config.sign_in_elsewhere import ProjectRole
from radiograde.service.database.account_tables import users
from radiograde.service.database.engine import Database
from radiograde.service.database.project_tables import project_films, project_members, projects
from radiograde.service.database.rows import columns_of
from radiograde.service.errors import AccountError, ContradictionError


@dataclass(frozen=True, slots=True)
class Project:
    """A project. ``closed``: when; None while it opens its films. ``films``: how many it has."""

    id: str
    name: str
    created: datetime
    created_by: str
    closed: datetime | None
    films: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a project. ``by_group``: a group at the provider gives the role."""

    user: str
    role: ProjectRole
    by_group: bool


class ProjectRepository:
    """Keeps ``projects`` and ``project_members``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer, and where it takes a
    project's id NotFoundError where there is none of this id, or, to change it, none that is open.
    """

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    def all(self, among: Collection[str] | None = None) -> list[Project]:
        """Return every project, or those among some ids, by name."""
        query = _QUERY if among is None else _QUERY.where(projects.c.id.in_(among))
        return self._database.rows(query.order_by(projects.c.name), Project)

    def get(self, id: str) -> Project:
        """Return one project."""
        found = self._database.first(_QUERY.where(projects.c.id == id), Project)
        if found is None:
            raise _unknown()
        return found

    def called(self, name: str) -> Project:
        """Return the project of a name. Raises NotFoundError."""
        name = tidy(name)
        if not name.isprintable():
            raise _unknown()
        found = self._database.first(_QUERY.where(projects.c.name == name), Project)
        if found is None:
            raise NotFoundError(f"No project is called {name}. `radiograde projects list`.")
        return found

    def add(self, name: str, by: str) -> str:
        """Make a project and return its id.

        Raises:
            AccountError: the name cannot be used, or a project has it.
        """
        id = str(ULID())
        row = {"id": id, "name": check_name(name), "created": self._now(), "created_by": by}
        try:
            with self._database.write() as connection:
                connection.execute(sa.insert(projects), row)
        except ContradictionError as error:
            raise _is_taken(name) from error
        return id

    def rename(self, id: str, name: str) -> None:
        """Give a project another name.

        Raises:
            AccountError: the name cannot be used, or another project has it.
        """
        try:
            with self._database.write() as connection:
                check_open(connection, id)
                named = sa.update(projects).where(projects.c.id == id)
                connection.execute(named.values(name=check_name(name)))
        except ContradictionError as error:
            raise _is_taken(name) from error

    def close(self, id: str) -> None:
        """Close a project: from the next request on it opens its films to nobody."""
        with self._database.write() as connection:
            check_open(connection, id)
            closed = sa.update(projects).where(projects.c.id == id)
            connection.execute(closed.values(closed=self._now()))

    def members(self, id: str) -> list[Member]:
        """Return who is in a project, by name."""
        self.get(id)
        query = sa.select(*columns_of(project_members, Member))
        query = query.where(project_members.c.project_id == id)
        return self._database.rows(query.order_by(project_members.c.user), Member)

    def enrol(self, id: str, user: str, role: ProjectRole) -> None:
        """Give a user a role in a project, from the next request on.

        Raises:
            AccountError: there is no such user, or a group gives the role.
        """
        user = tidy(user)
        with self._database.write() as connection:
            check_open(connection, id)
            known = sa.select(users.c.name).where(users.c.name == user)
            if not user.isprintable() or connection.scalar(known) is None:
                raise AccountError("There is no such user. An administrator adds users.")
            _remove_member(connection, id, user)
            row = {"user": user, "project_id": id, "role": role, "by_group": False}
            connection.execute(sa.insert(project_members), row)

    def dismiss(self, id: str, user: str) -> None:
        """Take a user's role in a project.

        Raises:
            AccountError: the user has none, or a group gives it.
        """
        with self._database.write() as connection:
            check_open(connection, id)
            if not _remove_member(connection, id, tidy(user)):
                raise AccountError("The user is not in this project.")


_COUNT = (
    sa.select(sa.cast(sa.func.count(), sa.Integer))
    .where(project_films.c.project_id == projects.c.id)
    .scalar_subquery()
)
_QUERY = sa.select(projects, _COUNT.label("films"))


def check_open(connection: sa.Connection, id: str) -> None:
    """Raise NotFoundError where there is no project of this id that is open."""
    known = sa.select(projects.c.id).where(projects.c.id == id, projects.c.closed.is_(None))
    if connection.scalar(known) is None:
        raise _unknown()


def _remove_member(connection: sa.Connection, id: str, user: str) -> int:
    if not user.isprintable():
        return 0
    is_his = sa.and_(project_members.c.project_id == id, project_members.c.user == user)
    if connection.scalar(sa.select(project_members.c.by_group).where(is_his)):
        raise AccountError(f"{user} has the role from a group. Change the site file.")
    return connection.execute(sa.delete(project_members).where(is_his)).rowcount


def _is_taken(name: str) -> AccountError:
    return AccountError(f"A project is called {tidy(name)} already. Take another name.")


def _unknown() -> NotFoundError:
    return NotFoundError("No open project has this id. GET /v1/projects lists yours.")
