"""What somebody may do in a research project: roles of its own beside the role in the pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from radiograde.service.config.sign_in_elsewhere import ProjectRole
from radiograde.service.database.project_tables import project_members, projects

ProjectPermission = Literal[
    "read", "identify", "review", "deliver", "operate", "curate", "enrol", "govern"
]

PROJECT_PERMISSIONS: Mapping[ProjectRole, frozenset[ProjectPermission]] = {
    "reader": frozenset({"read", "identify", "review"}),
    "engineer": frozenset({"read", "identify", "deliver", "operate"}),
    "researcher": frozenset({"read"}),
    "steward": frozenset({"read", "identify", "curate", "enrol"}),
    "administrator": frozenset({"enrol", "govern"}),
}
"""``read``: films and results. ``identify``: also what names the patient. ``review``: judge a
result. ``deliver``: send a result to the destinations. ``operate``: jobs. ``curate``: films in and
out. ``enrol``: members. ``govern``: rename and close it."""


@dataclass(frozen=True, slots=True)
class Membership:
    """The role that somebody has in a project, by its id."""

    project: str
    role: ProjectRole


def memberships_of(user: sa.ColumnElement[str]) -> sa.ScalarSelect[str]:
    """Return the column of a user's roles in projects that are not closed: one text.

    So they come with the session, by the same query.
    """
    pair = project_members.c.project_id + sa.literal_column("':'") + project_members.c.role
    return (
        sa.select(sa.func.aggregate_strings(pair, ","))
        .join_from(project_members, projects)
        .where(project_members.c.user == user, projects.c.closed.is_(None))
        .scalar_subquery()
    )


def parse_memberships(text: str | None) -> tuple[Membership, ...]:
    """Return what :func:`memberships_of` found."""
    pairs = (pair.partition(":") for pair in (text or "").split(",") if pair)
    found = {project: role for project, _, role in pairs}
    return tuple(
        Membership(project, role)
        for project in sorted(found)
        for role in PROJECT_PERMISSIONS
        if role == found[project]
    )
