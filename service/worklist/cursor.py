"""Where a page of the worklist ended, as text for its reader to hand back."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import Literal

from radiograde.service.errors import BadCursorError

Order = Literal["newest", "severest"]

_ULID = "[0-9A-HJKMNP-TV-Z]{26}"
_FORMS: dict[Order, re.Pattern[str]] = {
    "newest": re.compile(f"(?P<score>)(?P<id>{_ULID})"),
    "severest": re.compile(f"(?P<score>(?:[0-9a-f]{{16}})?)_(?P<id>{_ULID})"),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last film of a page; ``brixia``: its score, None where it has none."""

    id: str
    brixia: float | None = None

    def text(self, order: Order) -> str:
        """Return the cursor as it is handed out; of a score every bit."""
        if order == "newest":
            return self.id
        return f"{'' if self.brixia is None else struct.pack('>d', self.brixia).hex()}_{self.id}"


def parse_cursor(text: str, order: Order) -> Cursor:
    """Return the cursor that :meth:`Cursor.text` wrote.

    Raises:
        BadCursorError: it is none, or of another order.
    """
    found = _FORMS[order].fullmatch(text)
    score = _score(found["score"]) if found is not None else None
    if found is None or (score is not None and not math.isfinite(score)):
        raise BadCursorError(
            "`after` is not where a page of this order ended. Pass the `next` of the page before, "
            "or leave it out to begin anew."
        )
    return Cursor(found["id"], score)


def _score(digits: str) -> float | None:
    return struct.unpack(">d", bytes.fromhex(digits))[0] if digits else None
