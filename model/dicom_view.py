"""Which way the film was taken, from wherever the header hides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.dicom_facts import words_of
from model.dicom_header import Header

if TYPE_CHECKING:
    from model.radiograph import View

VIEW_WORDS: dict[View, frozenset[str]] = {
    "PA": frozenset({"PA"}),
    "AP": frozenset({"AP"}),
    "LATERAL": frozenset(
        ["LAT", "LATERAL", "LL", "RL", "LLAT", "RLAT", "LATL", "LATR", "LLD", "RLD"]
    ),
    "OTHER": frozenset(
        ["MLO", "RAO", "LAO", "RPO", "LPO", "LLO", "RLO", "OBLIQUE", "DECUBITUS", "LORDOTIC"]
    ),
}
SHORT_WORDS: dict[View, frozenset[str]] = {
    "LATERAL": frozenset({"L", "ML", "LM"}),
    "OTHER": frozenset({"CC", "OBL", "DECUB", "AXIAL", "TANGENTIAL"}),
}
"""Words that mean a view in ViewPosition, but something else in free text."""

VIEW_CODES: dict[str, View] = {
    "272479007": "PA",
    "R-40888": "PA",
    "399348003": "AP",
    "R-10206": "AP",
    "399067008": "LATERAL",
    "R-102CD": "LATERAL",
    "399173006": "LATERAL",
    "R-10236": "LATERAL",
    "399198007": "LATERAL",
    "R-10232": "LATERAL",
}
"""CID 4010 "DX View": the frontal and lateral projections in SNOMED CT and SNOMED RT."""


def view_of(header: Header) -> View:
    """Return the view; UNKNOWN where nothing says it, or one place says two.

    Asked in turn: ViewPosition, ViewCodeSequence, PatientPosition (where NIH and its descendants
    write it), PatientOrientation, then the words of series, protocol and study.
    """
    stated = _by_words(header, "ViewPosition", short=True)
    if stated != "UNKNOWN":
        return stated
    for item in header.items("ViewCodeSequence"):
        coded = VIEW_CODES.get(item.text("CodeValue") or "")
        if coded is not None:
            return coded
    positioned = _by_words(header, "PatientPosition", short=True)
    if positioned != "UNKNOWN":
        return positioned
    if (header.text("PatientOrientation") or "")[:1] in ("A", "P"):
        return "LATERAL"
    described = (
        _by_words(header, keyword, short=False)
        for keyword in ("SeriesDescription", "ProtocolName", "StudyDescription")
    )
    return next((view for view in described if view != "UNKNOWN"), "UNKNOWN")


def _by_words(header: Header, keyword: str, *, short: bool) -> View:
    words = set(words_of(header, keyword))
    found: set[View] = {view for view, names in VIEW_WORDS.items() if words & names}
    if short:
        found |= {view for view, names in SHORT_WORDS.items() if words & names}
    return found.pop() if len(found) == 1 else "UNKNOWN"
