"""From a destination of the site file to what sends there."""

from __future__ import annotations

from typing import assert_never

from radiograde.service.config.site import (
    Destination,
    DicomDestination,
    DicomWebDestination,
    FhirDestination,
    FolderDestination,
)
from radiograde.service.delivery.destinations.dicom import DicomSink
from radiograde.service.delivery.destinations.dicomweb import DicomWebSink
from radiograde.service.delivery.destinations.fhir import FhirSink
from radiograde.service.delivery.destinations.folder import FolderSink
from radiograde.service.delivery.destinations.sink import Sink


def open_sink(destination: Destination) -> Sink:
    """Return the sink of a destination; nothing is connected yet.

    Raises:
        SiteError: a variable that holds its password or token is empty, or holds what no token is.
    """
    match destination:
        case DicomDestination():
            return DicomSink(destination)
        case DicomWebDestination():
            return DicomWebSink(destination)
        case FhirDestination():
            return FhirSink(destination)
        case FolderDestination():
            return FolderSink(destination)
    assert_never(destination)
