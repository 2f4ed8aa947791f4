"""The table ``[constancy]`` of the site file: drawn films that are sent in every night.

docs/reference/site.md describes every key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from radiograde.service.config.site import (
    AeTitle,
    ClientTls,
    DestinationConfig,
    FilmSource,
    Table,
)

ConstancySource = Literal["http", "dicomweb", "dicom"]
"""Interfaces that drawn films are sent in by."""

CONSTANCY: FilmSource = "constancy"
"""The source of such films, whichever interface they came in by."""


class ConstancyConfig(Table):
    """Which interfaces are tried every night, and where they are; none without ``sources``."""

    sources: tuple[ConstancySource, ...] = Field((), description="Interfaces that are tried")
    hour: int = Field(2, ge=0, le=23, description="From which it is done, local time")
    url: Annotated[str, Field(pattern="^https?://")] = Field(
        "http://127.0.0.1:8000", description="The service's own address"
    )
    token_env: str | None = Field(None, description="Variable that holds an API key for it")
    host: str = Field("127.0.0.1", description="Of the DICOM node; port and title are `node`'s")
    calling_aet: AeTitle = "RADIOGRADE"
    tls: ClientTls | None = None
    wait_s: float = Field(300.0, gt=0, le=3000, description="For gradings and deliveries")


def check_test_destination(
    config: ConstancyConfig, destinations: Iterable[DestinationConfig]
) -> None:
    """Raise ValueError unless somewhere a test's results go, and nothing else does."""
    serving = [one for one in destinations if CONSTANCY in one.sources]
    mixed = [one.name for one in serving if len(one.sources) > 1]
    if mixed:
        raise ValueError(
            f"the destination {mixed[0]} cannot have the source constancy beside others"
        )
    if config.sources and not serving:
        raise ValueError(
            'no destination has sources = ["constancy"]: results of drawn films go there alone'
        )
