"""The statuses that this node answers with: PS3.7 annex C, PS3.4 B.2.3 and J.3.2."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, PS3.7 annex C, and a few words that name no patient."""

    status: int
    comment: str = ""


SUCCESS = Answer(0x0000)

PROCESSING_FAILURE = Answer(0x0110, "Processing failure")
NO_SUCH_INSTANCE = Answer(0x0112, "No such SOP instance")
INVALID_ARGUMENT = Answer(0x0115, "Transaction or references cannot be read")
INVALID_INSTANCE = Answer(0x0117, "SOP Instance UID missing or too long")
CLASS_NOT_SUPPORTED = Answer(0x0122, "Not the SOP class of the presentation context")
NO_SUCH_ACTION = Answer(0x0123, "No such action")
NOT_AUTHORIZED = Answer(0x0124, "This AE title may not")
UNRECOGNIZED_OPERATION = Answer(0x0211, "Unrecognized operation")
RESOURCE_LIMITATION = Answer(0x0213, "Too many reports or references, try again later")

CONTRADICTION = Answer(0xA900, "Data set is not the instance that is named")
CANNOT_UNDERSTAND = Answer(0xC000, "Data set cannot be read")
NO_DATA_SET = Answer(0xC000, "Data set missing")
UNEXPECTED = Answer(0xC001, "Unexpected failure")
TOO_LARGE = Answer(0xA700, "Larger than this node takes")
