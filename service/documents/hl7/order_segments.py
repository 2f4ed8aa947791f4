"""Whom and what order a result is of: PID, PV1, ORC, OBR and TQ1 of HL7 v2.5.1, after RAD-128."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.sr.coding import Code

from radiograde.model.reading.acquisition_time import acquired
from radiograde.model.reading.dicom_header import Header
from radiograde.service.documents.clean_elements import clean, clean_words
from radiograde.service.documents.equipment import timestamp
from radiograde.service.documents.fhir.datatypes import MEASUREMENT_REPORT
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.patient_study import Issuer, PatientStudy, read_patient_study
from radiograde.service.documents.source_reference import header_of
from radiograde.service.hl7.er7 import Er7, parts, repeated, segment, time_stamp, value

APPLICATION = "RADIOGRADE"

_SEXES = {"M": "M", "F": "F", "O": "O"}
_SPELLINGS = ("A", "I", "P")
"""Alphabetic, ideographic, phonetic: PN's groups of letters, and XPN-8 (table 4000)."""

_UNIVERSAL = {"urn:oid:": "ISO", "urn:uuid:": "UUID"}
_LONGEST_REASON = 250


def order_segments(graded: GradedFilm, status: str) -> list[str]:
    """Return PID, PV1, ORC, OBR and TQ1.

    Placer and filler number of the film's order are ORC-2 and OBR-29: the result is a child of
    that order. Its own filler number, OBR-3, is its id, which it keeps however often its film is
    graded. ``status``: of the whole, table 0123.
    """
    header = header_of(graded)
    study = read_patient_study(header)
    return [
        _patient(header, study),
        segment("PV1", {2: "U"}),
        segment("ORC", {1: "RE", 2: _placer(header), 3: _own_number(graded)}),
        _request(graded, header, study, status),
        segment("TQ1", {1: "1", 7: observed(graded), 9: value("R", "Routine", "HL70485")}),
    ]


def coded(code: Code, text: str = "") -> Er7:
    """Return a code as CE or CWE, with ``text`` where its meaning does not say enough."""
    return value(code.value, text or code.meaning, code.scheme_designator)


def observed(graded: GradedFilm) -> Er7:
    """Return when the film was acquired, else when it was graded."""
    time = acquired(header_of(graded))
    if time is None:
        return time_stamp(timestamp(graded))
    return Er7(f"{time.day:%Y%m%d}" + ("" if time.clock is None else f"{time.clock:%H%M%S}"))


def _patient(header: Header, study: PatientStudy) -> str:
    born = "" if study.born is None else f"{study.born:%Y%m%d}"
    names = list(_names(clean("PN", header.decoded("PatientName"))))
    return segment(
        "PID",
        {
            1: "1",
            3: value(study.patient_id, "", "", _authority(study.patient_issuer), "PI"),
            5: repeated(*names) if names else value("", "", "", "", "", "", "U"),
            7: born,
            8: _SEXES.get(study.sex, "U"),
        },
    )


def _names(name: str) -> Iterator[Er7]:
    """Yield each group of letters of a name: its prefix and suffix change places in XPN."""
    for group, spelling in zip(name.split("="), _SPELLINGS, strict=False):
        family, given, middle, prefix, suffix = (*group.split("^"), "", "", "", "", "")[:5]
        if group:
            yield value(family, given, middle, suffix, prefix, "", "L", spelling)


def _authority(issuer: Issuer) -> Er7:
    for prefix, kind in _UNIVERSAL.items():
        if issuer.uri.startswith(prefix):
            return parts(issuer.name, issuer.uri.removeprefix(prefix), kind)
    return parts(issuer.name, issuer.uri, "URI" if issuer.uri else "")


def _request(graded: GradedFilm, header: Header, study: PatientStudy, status: str) -> str:
    reason = clean_words(header.decoded("ReasonForTheRequestedProcedure"), _LONGEST_REASON)
    filler = _order_number(header, "FillerOrderNumberImagingServiceRequest")
    return segment(
        "OBR",
        {
            1: "1",
            2: _placer(header),
            3: _own_number(graded),
            4: coded(MEASUREMENT_REPORT),
            7: observed(graded),
            18: study.accession,
            19: _first(header, "RequestedProcedureID"),
            20: _first(header, "ScheduledProcedureStepID"),
            22: time_stamp(timestamp(graded)),
            24: "RAD",
            25: status,
            29: value(parts(_placer_number(header)), parts(filler)) if filler else "",
            31: value("", reason),
        },
    )


def _own_number(graded: GradedFilm) -> Er7:
    return value(str(graded.result.id), APPLICATION)


def _placer(header: Header) -> Er7:
    return value(_placer_number(header))


def _placer_number(header: Header) -> str:
    return _order_number(header, "PlacerOrderNumberImagingServiceRequest")


def _order_number(header: Header, keyword: str) -> str:
    """Return a number of the film's order, from its header or the requests that it names."""
    items = header.readable_items("ReferencedRequestSequence")
    found = (clean("LO", one.decoded(keyword)) for one in (header, *items))
    return next(filter(None, found), "")


def _first(header: Header, keyword: str) -> str:
    items = header.readable_items("RequestAttributesSequence")
    found = (clean("SH", one.decoded(keyword)) for one in (header, *items))
    return next(filter(None, found), "")
