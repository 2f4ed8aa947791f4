"""What the routes of projects take and answer, described for OpenAPI."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from radiograde.service.auth.principal import LONGEST_NAME
from radiograde.service.config.sign_in_elsewhere import ProjectRole
from radiograde.service.http.parameters import DayOfFilm
from radiograde.service.result_schema import Schema, Severity, Ulid
from radiograde.service.worklist.listed_film import Status

MOST_FILMS = 1000
"""Put in or taken out by one request: each is an event of the audit trail."""

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class ProjectOfSite(Schema):
    """A project. ``closed``: it opens its films to nobody."""

    id: Ulid
    name: str
    created: str = Field(description="In UTC")
    created_by: str
    closed: str | None = Field(description="In UTC; null: it is open")
    films: int


class ProjectList(Schema):
    """Projects, by name."""

    projects: list[ProjectOfSite]


class ProjectName(BaseModel):
    """What a project is called."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class ProjectMember(Schema):
    """Somebody in a project."""

    user: str
    role: ProjectRole
    by_group: bool = Field(description="Whether a group at the provider gives the role")


class MemberList(Schema):
    """Who is in a project, by name."""

    members: list[ProjectMember]


class NewMember(BaseModel):
    """A user with a role in a project."""

    model_config = ConfigDict(extra="forbid")

    user: Name
    role: ProjectRole


class FilmFilter(BaseModel):
    """Films of the worklist, by what it filters by."""

    model_config = ConfigDict(extra="forbid")

    severity: list[Severity] = []
    status: list[Status] = []
    since: DayOfFilm | None = None
    until: DayOfFilm | None = None
    reviewed: StrictBool | None = None


class FilmChoice(BaseModel):
    """Films by their ids, or those of the worklist that match: one of the two."""

    model_config = ConfigDict(extra="forbid")

    films: Annotated[list[Ulid], Field(max_length=MOST_FILMS)] | None = None
    filter: FilmFilter | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.films is None) is (self.filter is None):
            raise PydanticCustomError("films", "Say films or filter")
        return self


class MovedFilms(Schema):
    """How many films were put in, or left.

    ``more``: the filter matches others that are not in it yet; ask again.
    """

    films: int
    more: bool
