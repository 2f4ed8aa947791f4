"""Elements and items copied from a film's header, each value cleaned (values.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from radiograde.model.reading.dicom_header import Header
from radiograde.service.documents.clean_elements import clean

REQUIRED_OF_CODE = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
CODE = (*REQUIRED_OF_CODE, "CodingSchemeVersion")
UNIVERSAL = ("UniversalEntityID", "UniversalEntityIDType")


def copy_elements(
    header: Header, ds: Dataset, keywords: Iterable[str], *, empty: bool = False
) -> None:
    """Set those elements of ``ds`` that the header has; with ``empty`` the others too, empty."""
    for keyword in keywords:
        tag = tag_for_keyword(keyword)
        if tag is not None:
            value = clean(dictionary_VR(tag), header.decoded(keyword))
            if value or empty:
                setattr(ds, keyword, value)


def copy_codes(header: Header, ds: Dataset, keyword: str) -> None:
    """Set a sequence of coded concepts (PS3.3 8.8) to those of the header that are whole."""
    copies = [_copied(item, CODE) for item in header.readable_items(keyword)]
    whole = [code for code in copies if all(part in code for part in REQUIRED_OF_CODE)]
    if whole:
        setattr(ds, keyword, DicomSequence(whole))


def copy_issuer(header: Header, ds: Dataset, keyword: str, names: Sequence[str]) -> None:
    """Set who gave out an identifier, PS3.3 10.14 and 10.15, to the first that is whole.

    ``names``: what beside the universal identifier tells an issuer. That needs its type, and a
    type needs an identifier.
    """
    for item in header.readable_items(keyword):
        issuer = _copied(item, (*names, *UNIVERSAL))
        if any(part not in issuer for part in UNIVERSAL):
            issuer = _copied(item, names)
        if len(issuer):
            setattr(ds, keyword, DicomSequence([issuer]))
            return


def _copied(item: Header, keywords: Iterable[str]) -> Dataset:
    copied = Dataset()
    copy_elements(item, copied, keywords)
    return copied
