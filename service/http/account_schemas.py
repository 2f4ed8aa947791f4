"""What the routes of keys and sessions take and answer, described for OpenAPI."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from radiograde.service.auth.key_repository import DEFAULT_DAYS, KeyProjectRole, KeyRole
from radiograde.service.auth.principal import LONGEST_NAME, Permission, Role
from radiograde.service.result_schema import Schema, Ulid

AccountName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class ApiKey(Schema):
    """A key that was given out."""

    name: str
    role: Role
    scope: list[Permission] | None = Field(description="Null: all that the role may")
    created: str = Field(description="In UTC")
    expires: str | None = Field(description="Null: never")
    used: str | None = Field(description="When last, to a minute; null: never")
    project: Ulid | None = Field(description="The only one that it opens; null: the pool")


class KeyList(Schema):
    """Every key."""

    keys: list[ApiKey]


class NewKey(BaseModel):
    """A key that is to be made; a word that is not known might have been its scope."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName
    role: KeyRole | KeyProjectRole
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        DEFAULT_DAYS, description="How long it holds; null: for ever"
    )
    scope: list[Permission] | None = Field(
        None, max_length=8, description="What of the role it is for; null: all"
    )
    project: Ulid | None = Field(
        None, description="In which alone it has the role; null: in the clinical pool"
    )


class NewKeyShown(Schema):
    """A key, this once."""

    key: str


class OpenSession(Schema):
    """Somebody who is signed in. ``address``: from where."""

    id: str
    user: str
    created: str = Field(description="In UTC")
    seen: str = Field(description="When last, to a minute")
    address: str | None


class SessionList(Schema):
    """Everyone who is signed in."""

    sessions: list[OpenSession]
