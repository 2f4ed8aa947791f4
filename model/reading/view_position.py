"""The view position of a film, from wherever the header hides it."""

from __future__ import annotations

from typing import Literal

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import words_of

View = Literal["PA", "AP", "LATERAL", "OTHER", "UNKNOWN"]

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
    """Return the view; UNKNOWN where nothing says it, or the first place to speak says two.

    Read in turn: ViewPosition, ViewCodeSequence, PatientPosition (where NIH and its descendants
    write it), PatientOrientation, then the words of series, protocol and study.
    """
    stated = _position(header, "ViewPosition")
    if stated is not None:
        return stated
    for item in header.items("ViewCodeSequence"):
        coded = VIEW_CODES.get(item.text("CodeValue") or "")
        if coded is not None:
            return coded
    positioned = _position(header, "PatientPosition")
    if positioned is not None:
        return positioned
    if (header.text("PatientOrientation") or "")[:1] in ("A", "P"):
        return "LATERAL"
    described = (
        _the_one(_named(header, keyword, VIEW_WORDS))
        for keyword in ("SeriesDescription", "ProtocolName", "StudyDescription")
    )
    return next((view for view in described if view is not None), "UNKNOWN")


def _position(header: Header, keyword: str) -> View | None:
    """Return the view of an element that speaks of this film alone; None if it names none."""
    found = _named(header, keyword, VIEW_WORDS) | _named(header, keyword, SHORT_WORDS)
    return _the_one(found - {"PA", "AP"} or found)


def _the_one(found: set[View]) -> View | None:
    """Return the view named; UNKNOWN for two, unless the second qualifies the first.

    An AP decubitus is no AP. A description of PA and lateral speaks of two films.
    """
    if "OTHER" in found:
        return "OTHER"
    if len(found) > 1:
        return "UNKNOWN"
    return next(iter(found), None)


def _named(header: Header, keyword: str, vocabulary: dict[View, frozenset[str]]) -> set[View]:
    words = set(words_of(header, keyword))
    return {view for view, names in vocabulary.items() if words & names}
