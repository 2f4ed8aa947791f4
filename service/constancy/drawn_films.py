"""The films of constancy: three of the page's demonstration, which are drawn and name nobody."""

from __future__ import annotations

import io
from importlib.resources import files

from pydicom import dcmread
from pydicom.uid import generate_uid

PICTURES = ("1", "3", "6")
"""Clear lungs, and two with opacities; 8 bits in JPEG Baseline, with a window."""

_OF_PATIENT = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "IssuerOfPatientID"),
    *("AccessionNumber", "StudyID"),
)


def drawn_film(picture: str) -> tuple[str, bytes]:
    """Return a SOP Instance UID that was never used, and the film of a picture under it.

    ``picture``: one of :data:`PICTURES`. The film belongs to a new study of nobody.
    """
    folder = files("radiograde.service") / "web" / "demonstration"
    ds = dcmread(io.BytesIO((folder / f"{picture}.dcm").read_bytes()))
    for keyword in _OF_PATIENT:
        if keyword in ds:
            setattr(ds, keyword, "")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    written = io.BytesIO()
    ds.save_as(written)
    return str(ds.SOPInstanceUID), written.getvalue()
