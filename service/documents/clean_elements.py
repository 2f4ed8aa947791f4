"""Header values and elements as PS3.5 6.2 allows them: mended where that is safe, else left out."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.uids import is_dotted_uid

_AGE = re.compile(r"(\d{1,3})\s*([DWMY]?)", re.ASCII | re.IGNORECASE)
_CODE = re.compile(r"[A-Z0-9 _]{1,16}")
_TIME = re.compile(r"([01]\d|2[0-3])(([0-5]\d)(([0-5]\d)(\.\d{1,6})?)?)?", re.ASCII)


REQUIRED_OF_CODE = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
CODE = (*REQUIRED_OF_CODE, "CodingSchemeVersion")
UNIVERSAL = ("UniversalEntityID", "UniversalEntityIDType")


def clean(vr: str, text: str) -> str:
    """Return the first value of ``text`` as the representation ``vr`` allows; ``""``: it cannot.

    Dates and times of ACR-NEMA (``1995.07.20``, ``11:22:07``) and ages without a unit are
    mended, control characters dropped, long names cut. Identifiers are never cut: a part of one
    would be another's. Of SH and LO everything is taken for an identifier; see ``clean_words``.
    """
    return _RULES[vr](_plain(text))


def clean_words(text: str, longest: int) -> str:
    """Return descriptive text, cut at ``longest`` characters."""
    return _plain(text)[:longest].strip()


def _plain(text: str) -> str:
    first = text.split("\\")[0]
    return "".join(c for c in first if unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _person_name(text: str) -> str:
    """Return at most three groups of at most five components and 64 characters, PS3.5 6.2.1."""
    return "=".join(_name_group(group) for group in text.split("=")[:3]).rstrip("=")


def _name_group(group: str) -> str:
    *first, last = group.split("^", 4)
    return "^".join([*first, last.replace("^", " ")])[:64].rstrip("^ ")


def _date(text: str) -> str:
    digits = re.sub(r"[.\-/ ]", "", text)
    try:
        parsed = datetime.strptime(digits, "%Y%m%d")
    except ValueError:
        return ""
    return digits if len(digits) == 8 and digits.isascii() and parsed.year >= 1000 else ""


def _time(text: str) -> str:
    compact = text.replace(":", "").replace(" ", "")
    return compact if _TIME.fullmatch(compact) else ""


def _age(text: str) -> str:
    match = _AGE.fullmatch(text)
    return f"{int(match[1]):03d}{match[2].upper() or 'Y'}" if match else ""


def _decimal(text: str) -> str:
    """Return a size, weight or ratio, which zero is not."""
    try:
        fits = 0 < float(text) < math.inf and len(text) <= 16 and text.isascii() and "_" not in text
    except ValueError:
        return ""
    return text if fits else ""


def _code_string(text: str) -> str:
    capitals = text.upper()
    return capitals if _CODE.fullmatch(capitals) else ""


def _uid(text: str) -> str:
    return text if is_dotted_uid(text) else ""


def _whole(longest: int) -> Callable[[str], str]:
    return lambda text: text if len(text) <= longest else ""


_RULES: dict[str, Callable[[str], str]] = {
    "AS": _age,
    "CS": _code_string,
    "DA": _date,
    "DS": _decimal,
    "LO": _whole(64),
    "PN": _person_name,
    "SH": _whole(16),
    "ST": _whole(1024),
    "TM": _time,
    "UC": _whole(1024),
    "UI": _uid,
    "UT": _whole(1024),
}


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

    ``names``: what beside the universal identifier names an issuer. That needs its type, and a
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
