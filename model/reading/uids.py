"""What counts as a DICOM UID: from what senders write to what PS3.5 9.1 allows."""

from __future__ import annotations

import re

from pydicom.config import IGNORE
from pydicom.uid import UID

LONGEST_UID = 64

_PLAIN = re.compile(r"[0-9.]{1,64}")
_DOTTED = re.compile(r"[0-9]+(\.[0-9]+)+")


def is_uid(text: str) -> bool:
    """Return whether a sender's UID can be kept and asked for: digits and dots, 1 to 64 of them."""
    return _PLAIN.fullmatch(text) is not None


def is_dotted_uid(text: str) -> bool:
    """Return whether it is two numbers or more with dots between them, 64 characters at the most.

    A number may begin with zeros: archives file studies under such UIDs.
    """
    return len(text) <= LONGEST_UID and _DOTTED.fullmatch(text) is not None


def is_strict_uid(text: str) -> bool:
    """Return whether PS3.5 9.1 allows it: no number begins with a zero that is not all of it."""
    # Otherwise pydicom warns, and quotes the UID.
    return is_uid(text) and UID(text, validation_mode=IGNORE).is_valid
