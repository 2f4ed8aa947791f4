"""Users who sign in elsewhere: known by a subject, with the role that their groups give."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from radiograde.service.auth.credentials import Clock, digest, utc_now
from radiograde.service.auth.principal import PERMISSIONS, Principal, Role, check_name
from radiograde.service.auth.project_role import PROJECT_PERMISSIONS
from radiograde.service.auth.sign_on_error import SignOnError
from radiograde.service.auth.user_repository import check_is_no_key
from radiograde.service.config.sign_in_elsewhere import GroupConfig, ProjectRole
from radiograde.service.database.account_tables import UserSource, sessions, users
from radiograde.service.database.engine import Database
from radiograde.service.database.project_tables import project_members, projects
from radiograde.service.errors import AccountError


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is elsewhere. ``subject``: never given to another; ``name``: for people."""

    source: UserSource
    subject: str
    name: str
    groups: frozenset[str]


def subject_of(source: UserSource, issuer: str, name: str) -> str:
    """Return by what a user of a provider is known here: a digest."""
    return digest(f"{source}\n{issuer}\n{name}")


def role_of(groups: Collection[str], mapping: Sequence[GroupConfig]) -> Role | None:
    """Return the role that the first group which fits gives; None where none does.

    Whose groups give roles in projects alone is a member.
    """
    fitting = [group for group in mapping if group.name in groups]
    for group in fitting:
        if group.project is None:
            return next((role for role in PERMISSIONS if role == group.role), None)
    return "member" if fitting else None


def project_roles_of(
    groups: Collection[str], mapping: Sequence[GroupConfig]
) -> dict[str, ProjectRole]:
    """Return the roles in projects, by the projects' names: each of the first group that fits."""
    found: dict[str, ProjectRole] = {}
    for group in mapping:
        if group.project is not None and group.name in groups:
            role = next(role for role in PROJECT_PERMISSIONS if role == group.role)
            found.setdefault(group.project, role)
    return found


class FederatedUsers:
    """Keeps users of a provider or a proxy in the table ``users``; safe to share among threads."""

    def __init__(
        self, database: Database, mapping: Sequence[GroupConfig], now: Clock = utc_now
    ) -> None:
        self._database = database
        self._mapping = mapping
        self._now = now

    def enter(self, identity: Identity) -> Principal:
        """Return a user as the groups of today make him; one who is new is added.

        A user keeps the name of his first sign-in: reviews are under it. One whose groups no
        longer give a role is signed out everywhere.

        Raises:
            SignOnError: no group gives a role, or the name is another user's or cannot be one.
            StoreError: the database does not answer.
        """
        role = role_of(identity.groups, self._mapping)
        with self._database.write() as connection:
            is_he = users.c.subject == identity.subject
            known: str | None = connection.scalar(sa.select(users.c.name).where(is_he))
            if role is not None:
                name = known or self._add(connection, identity, role)
                connection.execute(sa.update(users).where(is_he).values(role=role))
                _enrol(connection, name, project_roles_of(identity.groups, self._mapping))
                return Principal(name, role)
            connection.execute(sa.delete(sessions).where(sessions.c.user == known))
            if known is not None:
                _enrol(connection, known, {})
        raise SignOnError("no_role", "None of your groups has a role here.")

    def _add(self, connection: sa.Connection, identity: Identity, role: Role) -> str:
        try:
            name = check_name(identity.name)
            check_is_no_key(connection, name)
        except AccountError as error:
            raise SignOnError("name_taken", error.message) from error
        if connection.scalar(sa.select(users.c.name).where(users.c.name == name)) is not None:
            # Else whoever names himself so at the provider would become that user.
            raise SignOnError("name_taken", f"{name} is another user here.")
        row = {
            "name": name,
            "role": role,
            "password": "",
            "created": self._now(),
            "source": identity.source,
            "subject": identity.subject,
        }
        connection.execute(sa.insert(users), row)
        return name


def _enrol(connection: sa.Connection, user: str, roles: Mapping[str, ProjectRole]) -> None:
    """Have a user's groups give these roles in projects, by their names, and no others.

    Names of no project, or of one that was closed, give nothing.
    """
    his = project_members.c.user == user
    connection.execute(sa.delete(project_members).where(his, project_members.c.by_group))
    for name, role in roles.items():
        known = sa.select(projects.c.id).where(projects.c.name == name, projects.c.closed.is_(None))
        id = connection.scalar(known)
        if id is not None:
            this = sa.delete(project_members).where(his, project_members.c.project_id == id)
            connection.execute(this)
            row = {"user": user, "project_id": id, "role": role, "by_group": True}
            connection.execute(sa.insert(project_members), row)
