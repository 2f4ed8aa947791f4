"""The tables of the site file on signing in elsewhere: an OpenID provider, a proxy, their groups.

docs/reference/site.md describes every key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, IPvAnyNetwork, SecretStr, model_validator

from radiograde.service.config.named_secret import secret_of
from radiograde.service.config.site import Table, plain_url

PersonRole = Literal["reader", "engineer", "researcher", "manager", "administrator", "member"]
"""Roles of people; machines have some of their own. A member has what projects give alone."""

ProjectRole = Literal["reader", "engineer", "researcher", "steward", "administrator"]
"""Roles in a research project."""

HttpUrl = Annotated[str, Field(pattern="^https?://"), AfterValidator(plain_url)]
HeaderName = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9-]{0,63}$")]


class OidcConfig(Table):
    """The OpenID provider where people sign in; without the table there is none."""

    issuer: HttpUrl
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    client_secret_env: str | None = Field(
        None, description="Variable that holds the secret; without it the client is a public one"
    )
    page_url: HttpUrl = Field(description="Where people open the page")
    label: Annotated[str, Field(max_length=40)] | None = Field(
        None, description="What the button says; default the provider's host"
    )
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = Field("preferred_username", description="Claim that users are named by")
    groups_claim: str = Field("groups", description="Claim that lists a user's groups")
    acr: tuple[str, ...] = Field(
        (), description="Authentication context classes of which one is required: a second factor"
    )
    local_accounts: Literal["everybody", "administrators"] = Field(
        "everybody", description="Whose passwords are taken beside it"
    )
    timeout_s: float = Field(5.0, gt=0)
    ca: Path | None = Field(None, description="PEM file that signs it; default the system's")

    @property
    def client_secret(self) -> SecretStr | None:
        """The secret, from its variable. Raises SiteError."""
        return secret_of(self.client_secret_env)

    @property
    def page(self) -> str:
        """Where people open the page, without a slash at the end."""
        return self.page_url.rstrip("/")


class ProxySignInConfig(Table):
    """A proxy in front that has signed people in, and names them in a header."""

    header: HeaderName = Field("X-Remote-User", description="Names the user")
    groups_header: HeaderName = Field("X-Remote-Groups", description="Lists groups, by commas")
    allow_from: tuple[IPvAnyNetwork, ...] = Field(
        min_length=1, description="Addresses or networks of the proxy; others' headers are ignored"
    )


class GroupConfig(Table):
    """What a group of the provider, or of the proxy, may do; the first that fits holds.

    In each project, too, the first that names it and fits.
    """

    name: Annotated[str, Field(min_length=1, max_length=255)]
    role: PersonRole | ProjectRole
    project: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None, description="In which research project it has the role; default the clinical pool"
    )

    @model_validator(mode="after")
    def _role_is_given_there(self) -> Self:
        if self.project is None and self.role not in get_args(PersonRole):
            raise ValueError(f"{self.role} is a role in a project: say `project`")
        if self.project is not None and self.role not in get_args(ProjectRole):
            raise ValueError(f"{self.role} is no role in a project")
        return self
