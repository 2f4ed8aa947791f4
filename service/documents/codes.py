"""Every code that documents use, and the private scheme; docs/reference/codes.md lists them."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

PRIVATE = "99RADIOGRADE"
SCHEME_NAME = "Radiograde codes for the grading of lung involvement"
SCHEME_ORGANIZATION = "The Radiograde authors"
SCHEME_VERSION = "1"


def _own(value: str, meaning: str) -> Code:
    return Code(value, PRIVATE, meaning)


BRIXIA = _own("BRIXIA", "Brixia score")
BRIXIA_ZONE = _own("BRIXIA-ZONE", "Brixia score of a lung zone")
EXTENT = _own("EXTENT", "Geographic extent score")
OPACITY_SCORE = _own("OPACITY", "Opacity score")
INVOLVEMENT = _own("INVOLVEMENT", "Involved share of lung area")
GRADABILITY = _own("GRADABILITY", "Fitness for grading")
GRADABLE = _own("GRADABLE", "Fit to grade")
NOT_GRADABLE = _own("NOT-GRADABLE", "Not fit to grade")
REJECTION = _own("REJECTION", "Reason for not grading")
REMARK = _own("REMARK", "Remark on the film")
OTHER_REASON = _own("OTHER", "Other reason, told in words")
VERDICT = _own("VERDICT", "Reader's verdict on the grading")
ACCEPTED = _own("ACCEPTED", "Grading accepted")
CORRECTED = _own("CORRECTED", "Grading corrected")
VERDICTS = {
    "accepted": ACCEPTED,
    "corrected": CORRECTED,
    "not_gradable": NOT_GRADABLE,
}
GRADED_FILM = _own("FILM", "Graded film")
PAGE = _own("PAGE", "Page of the result")
STATION = _own("RADIOGRADE", "Radiograde")

REASONS = {
    "age_unknown": _own("AGE-UNKNOWN", "Age not known"),
    "blank": _own("BLANK", "Nearly empty picture"),
    "child": _own("CHILD", "Child"),
    "incomplete_lungs": _own("LUNGS-CUT-OFF", "Lungs cut off"),
    "inverted": _own("INVERTED", "Stored as a negative, inverted"),
    "lateral_view": _own("LATERAL", "Lateral view"),
    "low_quality": _own("LOW-QUALITY", "Low image quality"),
    "mirrored": _own("MIRRORED", "Stored as its mirror image, flipped"),
    "modality_mismatch": _own("MODALITY", "Modality that makes no films"),
    "multi_frame": _own("MULTI-FRAME", "Several frames"),
    "not_chest": _own("NOT-CHEST", "No chest film"),
    "not_frontal": _own("NOT-FRONTAL", "Neither PA nor AP view"),
    "not_radiograph": _own("NOT-RADIOGRAPH", "No plain radiograph"),
    "orientation_unsure": _own("ORIENTATION", "Orientation unsure"),
    "out_of_distribution": _own("UNFAMILIAR", "Unlike the films learned from"),
    "polarity_unsure": _own("POLARITY", "Polarity unsure"),
    "too_small": _own("TOO-SMALL", "Too small a picture"),
    "turned": _own("TURNED", "Lies on its side or upside down"),
    "upside_down": _own("UPSIDE-DOWN", "Stored upside down, flipped"),
    "view_unknown": _own("VIEW-UNKNOWN", "View not known"),
}
"""What the gate says, by its own codes; one that is missing here is ``OTHER_REASON``."""

LANGUAGES = {
    "ko": Code("ko", "RFC5646", "Korean"),
    "de": Code("de", "RFC5646", "German"),
    "es": Code("es", "RFC5646", "Spanish"),
    "ja": Code("ja", "RFC5646", "Japanese"),
}
"""Languages of statements beside the reports' own, PS3.16 CID 5000."""

CHEST_FILM = Code("399208008", "SCT", "Plain chest X-ray")
IMAGING_PROCEDURE = Code("363679005", "SCT", "Imaging procedure")
OPACITY = Code("112001", "DCM", "Opacity")
ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
ABNORMAL_STRUCTURE = Code("49755003", "SCT", "Morphologically Abnormal Structure")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")
PROCESSING_EQUIPMENT = Code("109102", "DCM", "Processing Equipment")
COMMENT = Code("121106", "DCM", "Comment")
DEVICE = Code("121007", "DCM", "Device")
PERSON = Code("121006", "DCM", "Person")
READER = Code("C28747", "NCIt", "Reader")
REJECTED_QUALITY = Code("113001", "DCM", "Rejected for Quality Reasons")
REJECTED_SAFETY = Code("113037", "DCM", "Rejected for Patient Safety Reasons")
WRONG_ENTRY = Code("113038", "DCM", "Incorrect Modality Worklist Entry")
DISCONTINUED = Code("110513", "DCM", "Discontinued for unspecified reason")
EXPIRED = Code("113039", "DCM", "Data Retention Policy Expired")
KEY_OBJECT_DESCRIPTION = Code("113012", "DCM", "Key Object Description")
DICOM_STUDY = Code("113014", "DCM", "DICOM Study")
STUDY_OBSERVATION = Code("18782-3", "LN", "Radiology Study observation (narrative)")
IMAGING_REPORT = Code("18748-4", "LN", "Diagnostic Imaging Report")
ANALYSIS = Code("122073", "DCM", "Current procedure evidence")

SOURCE = Code("260753009", "SCT", "Source")
IMAGE_LIBRARY = Code("111028", "DCM", "Image Library")
IMAGE_LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
ROWS = Code("110910", "DCM", "Pixel Data Rows")
COLUMNS = Code("110911", "DCM", "Pixel Data Columns")
HORIZONTAL_SPACING = Code("111026", "DCM", "Horizontal Pixel Spacing")
VERTICAL_SPACING = Code("111066", "DCM", "Vertical Pixel Spacing")
MODALITY = Code("121139", "DCM", "Modality")
MODALITIES = {
    "CR": Code("CR", "DCM", "Computed Radiography"),
    "DX": Code("DX", "DCM", "Digital Radiography"),
    "RG": Code("RG", "DCM", "Radiographic imaging"),
}
"""Those of CID 29 "Acquisition Modality" that make films."""

SEGMENTATION = Code("SEG", "DCM", "Segmentation")
BOUNDED_BY = Code("75958009", "SCT", "Bounded by")
OUTLINE = Code("111041", "DCM", "Outline")
REGION = Code("111030", "DCM", "Image Region")

SEVERITY = Code("246112005", "SCT", "Severity")
SEVERITIES = {
    "none": Code("260413007", "SCT", "None"),
    "mild": Code("255604002", "SCT", "Mild"),
    "moderate": Code("6736007", "SCT", "Moderate"),
    "severe": Code("24484000", "SCT", "Severe"),
}

LUNG = Code("39607008", "SCT", "Lung")
UPPER_ZONE = Code("281392002", "SCT", "Upper zone of lung")
MIDDLE_ZONE = Code("281393007", "SCT", "Middle zone of lung")
LOWER_ZONE = Code("281394001", "SCT", "Lower zone of lung")
RIGHT = Code("24028007", "SCT", "Right")
LEFT = Code("7771000", "SCT", "Left")
BILATERAL = Code("51440002", "SCT", "Bilateral")

ZONE_SITES = {
    "A": (UPPER_ZONE, RIGHT),
    "B": (MIDDLE_ZONE, RIGHT),
    "C": (LOWER_ZONE, RIGHT),
    "D": (UPPER_ZONE, LEFT),
    "E": (MIDDLE_ZONE, LEFT),
    "F": (LOWER_ZONE, LEFT),
}
"""Where each Brixia zone lies: a part of the lung and a side."""

SCORE = Code("{score}", "UCUM", "score")
PERCENT = Code("%", "UCUM", "percent")
PIXELS = Code("{pixels}", "UCUM", "pixels")
MILLIMETRE = Code("mm", "UCUM", "millimeter")


def item(code: Code) -> Dataset:
    """Return the code as an item of a sequence, PS3.3 8.8."""
    ds = Dataset()
    ds.CodeValue = code.value
    ds.CodingSchemeDesignator = code.scheme_designator
    ds.CodeMeaning = code.meaning
    return ds


def scheme() -> Dataset:
    """Return what identifies the private scheme, PS3.3 C.12.1 (0008,0110)."""
    ds = Dataset()
    ds.CodingSchemeDesignator = PRIVATE
    ds.CodingSchemeName = SCHEME_NAME
    ds.CodingSchemeVersion = SCHEME_VERSION
    ds.CodingSchemeResponsibleOrganization = SCHEME_ORGANIZATION
    return ds
