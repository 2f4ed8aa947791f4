"""From a destination of the site file to what sends there."""

from __future__ import annotations

from typing import assert_never

from service.delivery.sinks.dicom import DicomSink
from service.delivery.sinks.dicomweb import DicomWebSink
from service.delivery.sinks.fhir import FhirSink
from service.delivery.sinks.folder import FolderSink
from service.delivery.sinks.sink import Sink
from service.site import (
    Destination,
    DicomDestination,
    DicomWebDestination,
    FhirDestination,
    FolderDestination,
)


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
