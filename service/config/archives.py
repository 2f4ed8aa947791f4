"""The tables of the site file on what is fetched: priors, what got lost, what a worklist asks.

docs/reference/site.md describes every key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from radiograde.service.config.site import (
    DestinationConfig,
    DicomDestinationConfig,
    DicomWebDestinationConfig,
    HttpEndpointConfig,
    Name,
    Table,
)

ArchiveConfig = DicomDestinationConfig | DicomWebDestinationConfig
"""A destination that films can be fetched from."""

Modality = Annotated[str, Field(pattern="^[A-Z0-9_]{2,16}$")]
"""A Defined Term of Modality, PS3.3 C.7.3.1.1.1, or another."""


class PriorsConfig(Table):
    """Which earlier films of a patient are fetched, and from where; none without ``pacs``."""

    pacs: tuple[Name, ...] = Field((), description="Destinations that are asked for them")
    when: Literal["arrival", "opened"] = Field(
        "arrival", description="Once a film was scored, or only once a reader opens it"
    )
    days: int = Field(730, ge=1, le=36500, description="How far back")
    most: int = Field(5, ge=1, le=100, description="Studies, the newest of them")
    modalities: tuple[Modality, ...] = ("CR", "DX")
    body_parts: tuple[Annotated[str, Field(pattern="^[A-Z0-9 _]{1,16}$")], ...] = Field(
        (), description="BodyPartExamined; by default whatever is not another part than the chest"
    )


class ReconcileConfig(Table):
    """What ``radiograde reconcile`` and the nightly pass compare with; no pass without ``pacs``."""

    pacs: tuple[Name, ...] = Field((), description="Destinations that are compared every night")
    hour: int = Field(3, ge=0, le=23, description="From which it is done, local time")
    days: int = Field(3, ge=0, le=365, description="How far back a nightly pass looks")
    modalities: tuple[Modality, ...] = ("CR", "DX")


CodeText = Annotated[str, Field(pattern=r"^[^\\\s]{1,16}$")]
"""A Code Value (0008,0100), PS3.3 section 8."""


class UpsConfig(HttpEndpointConfig):
    """A worklist (UPS-RS) whose workitems are performed: those of these stations or procedures."""

    name: Name
    pacs: Name = Field(description="Destination that the films are fetched from")
    stations: tuple[CodeText, ...] = Field((), description="Scheduled Station Name codes")
    procedures: tuple[CodeText, ...] = Field((), description="Scheduled Workitem codes")
    every_s: float = Field(10.0, ge=0.1, le=3600, description="Between two looks at the worklist")
    at_once: int = Field(8, ge=1, le=100, description="Workitems in hand at the same time")

    @model_validator(mode="after")
    def _not_everybodys(self) -> Self:
        if not self.stations and not self.procedures:
            raise ValueError(
                "say which workitems are this installation's: by `stations`, `procedures` or both"
            )
        return self


def archives_named(
    names: Iterable[str], destinations: Iterable[DestinationConfig]
) -> list[ArchiveConfig]:
    """Return the destinations of these names, which films can be fetched from.

    Raises:
        ValueError: there is none of a name, or it is neither ``dicom`` nor ``dicomweb``.
    """
    known = {one.name: one for one in destinations if isinstance(one, ArchiveConfig)}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"no destination of type dicom or dicomweb is called {', '.join(unknown)}; films are "
            "fetched from such alone"
        )
    return [known[name] for name in names]
