"""Elements and items copied from a film's header, each value cleaned (values.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from radiograde.service.documents.source_text import UNDECLARED, encodings_of, items_of, text_of
from radiograde.service.documents.values import clean

REQUIRED_OF_CODE = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
CODE = (*REQUIRED_OF_CODE, "CodingSchemeVersion")
UNIVERSAL = ("UniversalEntityID", "UniversalEntityIDType")


def copy_elements(
    header: Dataset,
    ds: Dataset,
    keywords: Iterable[str],
    encodings: Sequence[str] = UNDECLARED,
    *,
    empty: bool = False,
) -> None:
    """Set those elements of ``ds`` that the header has; with ``empty`` the others too, empty."""
    for keyword in keywords:
        tag = tag_for_keyword(keyword)
        if tag is not None:
            value = clean(dictionary_VR(tag), text_of(header, keyword, encodings))
            if value or empty:
                setattr(ds, keyword, value)


def copy_codes(header: Dataset, ds: Dataset, keyword: str, encodings: Sequence[str]) -> None:
    """Set a sequence of coded concepts (PS3.3 8.8) to those of the header that are whole."""
    copies = [_copied(item, CODE, encodings) for item in items_of(header, keyword)]
    whole = [code for code in copies if all(part in code for part in REQUIRED_OF_CODE)]
    if whole:
        setattr(ds, keyword, DicomSequence(whole))


def copy_issuer(
    header: Dataset,
    ds: Dataset,
    keyword: str,
    names: Sequence[str],
    encodings: Sequence[str],
) -> None:
    """Set who gave out an identifier, PS3.3 10.14 and 10.15, to the first that is whole.

    ``names``: what beside the universal identifier tells an issuer. That needs its type, and a
    type needs an identifier.
    """
    for item in items_of(header, keyword):
        issuer = _copied(item, (*names, *UNIVERSAL), encodings)
        if any(part not in issuer for part in UNIVERSAL):
            issuer = _copied(item, names, encodings)
        if len(issuer):
            setattr(ds, keyword, DicomSequence([issuer]))
            return


def _copied(item: Dataset, keywords: Iterable[str], inherited: Sequence[str]) -> Dataset:
    copied = Dataset()
    copy_elements(item, copied, keywords, encodings_of(item, inherited))
    return copied
