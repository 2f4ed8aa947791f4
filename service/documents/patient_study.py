"""Patient and study of a film, as people and other systems write them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from radiograde.model.reading.acquisition_time import acquired
from radiograde.model.reading.dicom_header import Header
from radiograde.service.config.settings import Identifiers
from radiograde.service.documents.clean_elements import clean

_URIS = {"ISO": "urn:oid:", "UUID": "urn:uuid:", "URI": ""}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who gave out an identifier: a name, and a URI for it; "" where not known."""

    name: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True)
class PatientStudy:
    """Patient and study; "" or None where the header says nothing that can be used.

    ``name``: as one line, its ideographic group in parentheses. ``acquired``: the day of the
    acquisition, as the worklist has it.
    """

    name: str = ""
    patient_id: str = ""
    patient_issuer: Issuer = Issuer()
    born: date | None = None
    sex: str = ""
    accession: str = ""
    accession_issuer: Issuer = Issuer()
    study_day: date | None = None
    acquired: date | None = None
    study_uid: str = ""


def read_patient_study(header: Header | None) -> PatientStudy:
    """Return what a film's header says; nothing for a picture. No header raises.

    Patient, General Study and General Image modules (PS3.3 C.7.1.1, C.7.2.1, C.7.6.1).
    """
    if header is None:
        return PatientStudy()

    def value(keyword: str, vr: str = "LO") -> str:
        return clean(vr, header.decoded(keyword))

    time = acquired(header)
    return PatientStudy(
        name=_line(value("PatientName", "PN")),
        patient_id=value("PatientID"),
        patient_issuer=_issuer(
            header,
            "IssuerOfPatientIDQualifiersSequence",
            name=value("IssuerOfPatientID"),
        ),
        born=_day(value("PatientBirthDate", "DA")),
        sex=value("PatientSex", "CS"),
        accession=value("AccessionNumber"),
        accession_issuer=_issuer(header, "IssuerOfAccessionNumberSequence"),
        study_day=_day(value("StudyDate", "DA")),
        acquired=None if time is None else time.day,
        study_uid=value("StudyInstanceUID", "UI"),
    )


def shown_patient_study(
    study: PatientStudy, identifiers: Identifiers, label: str | None
) -> PatientStudy:
    """Return what a person may see by RADIOGRADE_IDENTIFIERS, as the page shows it.

    Where it hides the name, the ``label`` of the pseudonym stands for it; None for a film that
    names nobody.
    """
    if identifiers == "full":
        return study
    shown = replace(study, name=f"Patient {label}" if label else "", born=None)
    if identifiers == "none":
        shown = replace(shown, patient_id="", accession="", study_uid="")
    return shown


def _line(name: str) -> str:
    """Return a person name (PS3.5 6.2.1) as one line: ``Yamada Tarou (山田 太郎)``."""
    groups = [" ".join(group.replace("^", " ").split()) for group in name.split("=")]
    alphabetic, ideographic = (*groups, "")[:2]
    if alphabetic and ideographic:
        return f"{alphabetic} ({ideographic})"
    return alphabetic or ideographic or next(filter(None, groups), "")


def _issuer(header: Header, keyword: str, name: str = "") -> Issuer:
    """Return the issuer that a sequence of HL7v2 Hierarchic Designators (PS3.3 10.14) describes."""
    for item in header.readable_items(keyword):
        kind = clean("CS", item.decoded("UniversalEntityIDType"))
        entity = clean("UT", item.decoded("UniversalEntityID"))
        uri = _URIS[kind] + entity if kind in _URIS and entity and " " not in entity else ""
        return Issuer(name or clean("UT", item.decoded("LocalNamespaceEntityID")), uri)
    return Issuer(name)


def _day(digits: str) -> date | None:
    return date.fromisoformat(digits) if digits else None
