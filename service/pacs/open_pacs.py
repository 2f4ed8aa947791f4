"""From a destination of the site file to the PACS that films are fetched from."""

from __future__ import annotations

from collections.abc import Iterable

from radiograde.service.config.archives import archives_named
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import DicomDestinationConfig
from radiograde.service.errors import SiteError
from radiograde.service.pacs.dicomweb_pacs import DicomWebPacs
from radiograde.service.pacs.dimse_pacs import DimsePacs
from radiograde.service.pacs.query_retrieve import Pacs


def open_pacs(settings: Settings, names: Iterable[str]) -> list[Pacs]:
    """Return the PACS of these names; nothing is connected yet.

    Raises:
        SiteError: there is none of a name, or a variable that holds its password or token is empty,
            or holds what no token is.
    """
    try:
        archives = archives_named(names, settings.destination)
    except ValueError as error:
        raise SiteError(f"{settings.site_file}: {error}.") from error
    return [
        DimsePacs(archive, settings.node.aet)
        if isinstance(archive, DicomDestinationConfig)
        else DicomWebPacs(archive, settings.limits)
        for archive in archives
    ]
