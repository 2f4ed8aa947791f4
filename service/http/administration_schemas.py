"""What the routes for administrators take and answer, described for OpenAPI."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from radiograde.service.auth.credentials import LONGEST, SHORTEST
from radiograde.service.auth.principal import Role
from radiograde.service.config.sign_in_elsewhere import PersonRole
from radiograde.service.database.account_tables import UserSource
from radiograde.service.http.account_schemas import AccountName
from radiograde.service.result_schema import Schema


class SiteSettings(Schema):
    """What the site file says of the settings that take effect without a restart."""

    file: str = Field(description="Where it lies, or would lie")
    version: str = Field(description="Of its bytes; to be sent with a change")
    tables: dict[str, Any] = Field(description="As the file has them, defaults left out")
    elsewhere: dict[str, str] = Field(
        description="Settings that an option or the environment says, which go before the file"
    )
    schema_: dict[str, Any] = Field(alias="schema", description="JSON Schema of the tables")


class SettingsChange(BaseModel):
    """A change of the site file."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(description="Of the file that was changed", max_length=64)
    tables: dict[str, Any] = Field(
        description="Keys at the top of the file as they are to be; null takes one out"
    )


class ChangedSettings(Schema):
    """What changed in the file; it is in force."""

    changed: list[str]
    version: str


class Trial(BaseModel):
    """A destination or a channel of notifications, as the site file would have it."""

    model_config = ConfigDict(extra="forbid")

    table: Literal["destination", "notify"]
    config: dict[str, Any]


class TrialFinding(Schema):
    """One thing that was tried."""

    what: str
    level: Literal["ok", "warn", "fail"]
    advice: str


class Findings(Schema):
    """What was found; nothing of a patient was sent."""

    findings: list[TrialFinding]


class Assignment(BaseModel):
    """Who is to read a film."""

    model_config = ConfigDict(extra="forbid")

    reader: str | None = Field(description="A user who may review; null releases the film")


class Readers(Schema):
    """Who may be given films to read."""

    readers: list[str]


class SiteUser(Schema):
    """Somebody who may sign in."""

    name: str
    role: Role
    source: UserSource = Field(description="Where the user signs in")
    created: str = Field(description="In UTC")


class SiteUsers(Schema):
    """Everybody who may sign in, by name."""

    users: list[SiteUser]


class Account(BaseModel):
    """A user with the first password."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName
    role: PersonRole
    password: str = Field(min_length=SHORTEST, max_length=LONGEST)


class NewPassword(BaseModel):
    """Another password of a user."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName
    password: str = Field(min_length=SHORTEST, max_length=LONGEST)


class NewRole(BaseModel):
    """Another role of a user."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName
    role: PersonRole
