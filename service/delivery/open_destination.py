"""From a destination of the site file to what sends there."""

from __future__ import annotations

from typing import assert_never

from radiograde.service.config.site import (
    DestinationTable,
    DicomDestinationTable,
    DicomWebDestinationTable,
    FhirDestinationTable,
    FolderDestinationTable,
)
from radiograde.service.delivery.destinations.destination import Destination
from radiograde.service.delivery.destinations.dicom_destination import DicomDestination
from radiograde.service.delivery.destinations.dicomweb_destination import DicomWebDestination
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.delivery.destinations.folder_destination import FolderDestination


def open_destination(destination: DestinationTable) -> Destination:
    """Return the sink of a destination; nothing is connected yet.

    Raises:
        SiteError: a variable that holds its password or token is empty, or holds what no token is.
    """
    match destination:
        case DicomDestinationTable():
            return DicomDestination(destination)
        case DicomWebDestinationTable():
            return DicomWebDestination(destination)
        case FhirDestinationTable():
            return FhirDestination(destination)
        case FolderDestinationTable():
            return FolderDestination(destination)
    assert_never(destination)
