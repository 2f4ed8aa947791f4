"""What ORU^R01 says of signed reports (HL7 v2.5.1 chapter 7): final text, its patient and order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from radiograde.model.reading.uids import is_dotted_uid
from radiograde.service.concordance.signed_reports import SignedReport
from radiograde.service.hl7.received_message import ReceivedMessage, Segment

REPORTS = frozenset({("ORU", "R01")})

_SIGNED = frozenset({"F", "C"})
"""OBR-25 and OBX-11, tables 0123 and 0085: final, or a correction of what was final."""

_TEXTS = frozenset({"TX", "FT", "ST"})
_STUDY_UIDS = frozenset({"113014", "110180"})
"""OBX-3, PS3.16 DCM: Study, Study Instance UID."""


def reports_of(message: ReceivedMessage) -> list[SignedReport]:
    """Return each signed report that may be found again: by its study, or patient and order."""
    pid = message.first("PID")
    patient, issuer = pid.text(3), pid.text(3, 4)
    found = [replace(one, patient_id=patient, issuer=issuer) for one in _groups(message)]
    return [one for one in found if one.text and (one.study_uid or (patient and one.accession))]


def _groups(message: ReceivedMessage) -> Iterator[SignedReport]:
    """Yield what each signed OBR and the OBX behind it say."""
    report: SignedReport | None = None
    study = message.first("ZDS").text(1)
    for segment in message.segments:
        if segment.name == "OBR":
            if report is not None:
                yield report
            report = SignedReport("", _uid(study), accession=segment.text(18) or segment.text(3))
            if segment.text(25) not in _SIGNED:
                report = None
        elif segment.name == "OBX" and report is not None:
            report = _with(report, segment)
    if report is not None:
        yield report


def _with(report: SignedReport, segment: Segment) -> SignedReport:
    if segment.text(3) in _STUDY_UIDS:
        return replace(report, study_uid=_uid(segment.text(5)))
    status = segment.text(11)
    if segment.text(2) not in _TEXTS or (status and status not in _SIGNED):
        return report
    lines = "\n".join(segment.texts(5))
    return replace(report, text=f"{report.text}\n{lines}".strip())


def _uid(text: str) -> str:
    return text if is_dotted_uid(text) else ""
