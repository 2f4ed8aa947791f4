"""The order that a film was made for, as its documents repeat it: a RIS ties them by it."""

from __future__ import annotations

from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radiograde.model.reading.dicom_header import Header
from radiograde.service.documents.clean_elements import (
    clean,
    copy_codes,
    copy_elements,
    copy_issuer,
)

_ISSUER = ("LocalNamespaceEntityID",)
_REQUEST = (
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    "ReasonForTheRequestedProcedure",
    "ScheduledProcedureStepID",
    "ScheduledProcedureStepDescription",
)
_REQUEST_CODES = (
    "RequestedProcedureCodeSequence",
    "ReasonForRequestedProcedureCodeSequence",
    "ScheduledProtocolCodeSequence",
)
_REFERENCED = (
    "PlacerOrderNumberImagingServiceRequest",
    "FillerOrderNumberImagingServiceRequest",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
)


def copy_accession(header: Header, ds: Dataset, *, long: bool = False) -> None:
    """Set AccessionNumber (0008,0050) and its issuer, PS3.3 C.7.2.1; empty where not known.

    One of more than the 16 characters of SH is written only with ``long``: a part of it would be
    another's number. See :func:`refer_to_orders` for where it is kept all the same.
    """
    number = accession_of(header) if long else _short_accession(header)
    # Without validation, which would quote the number in a warning.
    ds.add(DataElement("AccessionNumber", "SH", number, validation_mode=config.IGNORE))
    copy_issuer(header, ds, "IssuerOfAccessionNumberSequence", _ISSUER)


def accession_of(header: Header) -> str:
    """Return the accession number, as long as an LO may be: 64 characters."""
    return clean("LO", header.decoded("AccessionNumber"))


def is_long_accession(header: Header) -> bool:
    """Return whether there is an accession number that its element cannot hold."""
    return bool(accession_of(header)) and not _short_accession(header)


def copy_requests(header: Header, ds: Dataset) -> None:
    """Set RequestAttributesSequence (0040,0275), PS3.3 Table 10-9, in the General Series module.

    A report has them elsewhere: :func:`refer_to_orders`.
    """
    requests = []
    for item in header.readable_items("RequestAttributesSequence"):
        request = Dataset()
        copy_elements(item, request, ("AccessionNumber", "StudyInstanceUID", *_REQUEST))
        copy_issuer(item, request, "IssuerOfAccessionNumberSequence", _ISSUER)
        for keyword in _REQUEST_CODES:
            copy_codes(item, request, keyword)
        if len(request):
            requests.append(request)
    if requests:
        ds.RequestAttributesSequence = Sequence(requests)


def refer_to_orders(header: Header, ds: Dataset) -> None:
    """Set ReferencedRequestSequence (0040,A370), PS3.3 Table C.17-2, where there are orders.

    Those of the film, else one for each of its requested procedures, else one of its accession
    number alone. An accession number that SH cannot hold stands as the filler's order number, which
    is an LO and by which IHE has accession numbers given out. ``ds``: the document, with its Study
    Instance UID.
    """
    items = header.readable_items("ReferencedRequestSequence")
    items = items or header.readable_items("RequestAttributesSequence")
    if items or accession_of(header):
        requests = [_referenced(item, header, ds) for item in items or [header]]
        ds.ReferencedRequestSequence = Sequence(requests)


def _referenced(item: Header, header: Header, ds: Dataset) -> Dataset:
    request = Dataset()
    request.StudyInstanceUID = clean("UI", item.decoded("StudyInstanceUID")) or ds.StudyInstanceUID
    request.ReferencedStudySequence = Sequence()
    owner = item if item.decoded("AccessionNumber") else header
    request.AccessionNumber = _short_accession(owner)
    copy_issuer(owner, request, "IssuerOfAccessionNumberSequence", _ISSUER)
    copy_elements(header, request, _REFERENCED[:2], empty=True)
    copy_elements(item, request, _REFERENCED[:2])
    copy_elements(item, request, _REFERENCED[2:], empty=True)
    if is_long_accession(owner) and not request.FillerOrderNumberImagingServiceRequest:
        request.FillerOrderNumberImagingServiceRequest = accession_of(owner)
    request.RequestedProcedureCodeSequence = Sequence()
    copy_codes(item, request, "RequestedProcedureCodeSequence")
    return request


def _short_accession(header: Header) -> str:
    return clean("SH", header.decoded("AccessionNumber"))
