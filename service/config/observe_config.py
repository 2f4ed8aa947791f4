"""The table of the site file on who may watch the services.

docs/reference/site.md describes every key.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from radiograde.service.config.named_secret import secret_of
from radiograde.service.config.site import Table

Address = Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-\[\]:]+:[0-9]{1,5}$")]
"""Host and port."""


class ObserveConfig(Table):
    """Addresses at which ``listen`` and ``work`` say how they are, and metrics."""

    metrics: bool = Field(False, description="Whether metrics are given out")
    listen: Address | None = Field(None, description="Address of the health of `listen`")
    work: Address | None = Field(None, description="Address of the health of `work`")
    token_env: str | None = Field(
        None, description="Variable that holds what who asks these for metrics has to send"
    )

    @property
    def token(self) -> SecretStr | None:
        """What has to be sent, from its variable. Raises SiteError where it is not there."""
        return secret_of(self.token_env)
