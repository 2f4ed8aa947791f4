"""The table of the site file on where films are kept: docs/reference/site.md."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from radiograde.service.config.named_secret import secret_of
from radiograde.service.config.site import Table, plain_url
from radiograde.service.errors import SiteError

FOLDER = "folder"
Place = Annotated[
    str, Field(pattern=r"^(folder|s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/[\w.\-]+)*)$")
]
"""The data directory, or a bucket with a prefix."""


class FilmsConfig(Table):
    """Where films, and what was made of them, are kept; by default in the data directory."""

    archive: Place = Field(FOLDER, description="folder: the data directory; or s3://bucket/prefix")
    moving_from: Place | None = Field(
        None, description="Where films lie that are still to be moved: read there, too"
    )
    endpoint: Annotated[str, Field(pattern="^https?://"), AfterValidator(plain_url)] | None = Field(
        None, description="Address of the object store"
    )
    region: str = Field("us-east-1", pattern=r"^[a-z0-9\-]{1,32}$")
    access_key_env: str | None = Field(None, description="Variable that holds the access key")
    access_key_file: Path | None = Field(None, description="File that holds it")
    secret_key_env: str | None = Field(None, description="Variable that holds the secret key")
    secret_key_file: Path | None = Field(None, description="File that holds it")
    ca: Path | None = Field(None, description="PEM file of who signed the store's certificate")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.archive == self.moving_from:
            raise ValueError("archive and moving_from are the same place")
        if not self.buckets:
            return self
        if self.endpoint is None:
            raise ValueError("say by endpoint which object store s3:// is")
        for name in ("access_key", "secret_key"):
            if (getattr(self, f"{name}_env") is None) == (getattr(self, f"{name}_file") is None):
                raise ValueError(f"name the keys of the object store: {name}_env or {name}_file")
        return self

    @property
    def buckets(self) -> tuple[str, ...]:
        """The places that are buckets."""
        places = (self.archive, self.moving_from)
        return tuple(place for place in places if place not in (None, FOLDER))

    @property
    def verify(self) -> str | bool:
        """Who is believed about the store's certificate: a PEM file, or the system's list."""
        return True if self.ca is None else str(self.ca)

    def credentials(self) -> tuple[SecretStr, SecretStr]:
        """Return access key and secret key. Raises SiteError where one is not there."""
        key = secret_of(self.access_key_env, self.access_key_file)
        secret = secret_of(self.secret_key_env, self.secret_key_file)
        if key is None or secret is None:
            raise SiteError("The site file names no keys of the object store.")
        return key, secret
