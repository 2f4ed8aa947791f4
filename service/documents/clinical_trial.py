"""The Clinical Trial Subject and Study modules (PS3.3 C.7.1.3, C.7.2.3), copied where whole."""

from __future__ import annotations

from pydicom.dataset import Dataset

from radiograde.model.reading.dicom_header import Header
from radiograde.service.documents.clean_elements import copy_codes, copy_elements

_REQUIRED = ("ClinicalTrialSponsorName", "ClinicalTrialProtocolID")
_SUBJECT = ("ClinicalTrialSubjectID", "ClinicalTrialSubjectReadingID")
"""One of them at least, type 1C."""

_EMPTY_IF_UNKNOWN = ("ClinicalTrialProtocolName", "ClinicalTrialSiteID", "ClinicalTrialSiteName")
_ETHICS = (
    "ClinicalTrialProtocolEthicsCommitteeName",
    "ClinicalTrialProtocolEthicsCommitteeApprovalNumber",
)
"""The number needs the name."""


def copy_clinical_trial(header: Header, ds: Dataset) -> None:
    """Set both modules to those of the film: it is to be found with its trial as the film is."""
    subject = Dataset()
    copy_elements(header, subject, (*_REQUIRED, *_SUBJECT))
    if all(word in subject for word in _REQUIRED) and any(word in subject for word in _SUBJECT):
        ds.update(subject)
        copy_elements(header, ds, _EMPTY_IF_UNKNOWN, empty=True)
        copy_elements(header, ds, _ETHICS[: 2 if header.decoded(_ETHICS[0]) else 0])
    time_point = header.decoded("ClinicalTrialTimePointID")
    if time_point and "ClinicalTrialSponsorName" in ds:
        words = ("ClinicalTrialTimePointID", "ClinicalTrialTimePointDescription")
        copy_elements(header, ds, words)
        copy_codes(header, ds, "ClinicalTrialTimePointTypeCodeSequence")
