"""Character sets of messages by their names in HL7 table 0211, and Python's names for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNICODE: Final = "UNICODE UTF-8"

CODECS: Mapping[str, str] = {
    "ASCII": "ascii",
    "8859/1": "iso8859-1",
    "8859/2": "iso8859-2",
    "8859/3": "iso8859-3",
    "8859/4": "iso8859-4",
    "8859/5": "iso8859-5",
    "8859/6": "iso8859-6",
    "8859/7": "iso8859-7",
    "8859/8": "iso8859-8",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    UNICODE: "utf-8",
    "UNICODE": "utf-8",
    "ISO IR87": "iso2022_jp",
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
}
"""Those in which a byte below 32 is always a control character, as the frames of MLLP need."""
