"""From a destination of the site file to what sends there."""

from __future__ import annotations

from typing import assert_never

from radiograde.service.config.site import (
    DestinationConfig,
    DicomDestinationConfig,
    DicomWebDestinationConfig,
    FhirDestinationConfig,
    FolderDestinationConfig,
    Hl7DestinationConfig,
)
from radiograde.service.delivery.destinations.destination import Destination
from radiograde.service.delivery.destinations.dicom_destination import DicomDestination
from radiograde.service.delivery.destinations.dicomweb_destination import DicomWebDestination
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.delivery.destinations.folder_destination import FolderDestination
from radiograde.service.delivery.destinations.hl7_destination import Hl7Destination


def open_destination(destination: DestinationConfig) -> Destination:
    """Return what sends to a destination; nothing is connected yet.

    Raises:
        SiteError: a variable that holds its password or token is empty, or holds what no token is.
    """
    match destination:
        case DicomDestinationConfig():
            return DicomDestination(destination)
        case DicomWebDestinationConfig():
            return DicomWebDestination(destination)
        case FhirDestinationConfig():
            return FhirDestination(destination)
        case Hl7DestinationConfig():
            return Hl7Destination(destination)
        case FolderDestinationConfig():
            return FolderDestination(destination)
    assert_never(destination)
