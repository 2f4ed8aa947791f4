"""The tables ``[[notify]]`` of the site file: who hears of what, by mail or webhook.

docs/reference/site.md describes every key. Secrets stand in variables or files that it names.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from radiograde.service.config.named_secret import secret_of
from radiograde.service.config.site import (
    ClientTls,
    FilmSource,
    HttpEndpointConfig,
    Name,
    QuietHours,
    Table,
)
from radiograde.service.errors import SiteError

EventName = Literal["severe", "worse", "parked", "drift", "model_stopped"]
"""A severe result; one that is certainly worse than the film before; a delivery that was given
up; an alarm of the monitor; a model that was stopped."""

EVERY_EVENT: tuple[EventName, ...] = ("severe", "worse", "parked", "drift", "model_stopped")

Address = Annotated[str, Field(pattern=r"^[!-?A-~]+@[A-Za-z0-9.-]+$", max_length=254)]
"""A mail address, RFC 5321 section 4.1.2, without quoted parts."""

LEAST_KEY_BYTES = 24
"""Of a webhook's secret, as Standard Webhooks asks."""


class _ChannelConfig(Table):
    name: Name
    events: tuple[EventName, ...] = EVERY_EVENT
    sources: tuple[FilmSource, ...] = Field(
        ("dicom", "dicomweb", "folder", "http"), description="Of films that came so"
    )
    identifiers: Literal["none", "id", "full"] = Field(
        "none", description="How much of a patient's identity is told"
    )
    link: Annotated[str, Field(pattern="^https?://")] | None = Field(
        None, description="Address of the page, to which a notification then links"
    )
    quiet_hours: QuietHours | None = Field(None, description="Hours in which notifications wait")


class MailConfig(_ChannelConfig):
    """A server that takes mail to be sent on: SMTP, RFC 5321, with TLS by RFC 3207 or 8314."""

    type: Literal["mail"]
    host: str
    port: int = Field(587, ge=1, le=65535)
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    to: tuple[Address, ...] = Field(min_length=1)
    user: str | None = None
    password_env: str | None = Field(None, description="Variable that holds the password")
    password_file: Path | None = Field(None, description="File that holds the password")
    timeout_s: float = Field(30.0, gt=0)
    tls: ClientTls | None = None

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        given = [one for one in (self.password_env, self.password_file) if one is not None]
        if len(given) > 1:
            raise ValueError("name the password by password_env or by password_file, not both")
        if (self.user is None) != (not given):
            raise ValueError("user goes together with password_env or password_file")
        return self

    @property
    def password(self) -> SecretStr | None:
        """The password. Raises SiteError where it is not there."""
        return secret_of(self.password_env, self.password_file)


class WebhookConfig(_ChannelConfig, HttpEndpointConfig):
    """An address that takes signed requests, by Standard Webhooks 1.0."""

    type: Literal["webhook"]
    secret_env: str | None = Field(None, description="Variable that holds the signing secret")
    secret_file: Path | None = Field(None, description="File that holds the signing secret")

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.secret_env is None) == (self.secret_file is None):
            raise ValueError("name the signing secret by secret_env or by secret_file")
        return self

    @property
    def signing_key(self) -> bytes:
        """The key that requests are signed with.

        Raises:
            SiteError: it is not there, or no base64 of at least 24 bytes.
        """
        secret = secret_of(self.secret_env, self.secret_file)
        text = "" if secret is None else secret.get_secret_value().strip()
        try:
            key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) < LEAST_KEY_BYTES:
            raise SiteError(
                f"The signing secret of {self.name} is no base64 of at least {LEAST_KEY_BYTES} "
                "bytes. Make one: echo whsec_$(openssl rand -base64 32)"
            )
        return key


ChannelConfig = Annotated[MailConfig | WebhookConfig, Field(discriminator="type")]
