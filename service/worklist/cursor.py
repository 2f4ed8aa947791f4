"""Where a page of the worklist ended, as text for its reader to hand back."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import Literal

from radiograde.service.errors import BadCursorError
from radiograde.service.result_schema import ULID

Order = Literal["newest", "acquired", "severest"]
"""Last to come in first; last acquired first; highest score first."""

_FORMS: dict[Order, re.Pattern[str]] = {
    "newest": re.compile(f"(?P<rank>)(?P<id>{ULID})"),
    "acquired": re.compile(
        rf"(?P<rank>(?:\d{{4}}-\d\d-\d\d(?:T\d\d:\d\d:\d\d)?)?)_(?P<id>{ULID})", re.ASCII
    ),
    "severest": re.compile(f"(?P<rank>(?:[0-9a-f]{{16}})?)_(?P<id>{ULID})"),
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last film of a page; its score and acquisition time, None where it has none."""

    id: str
    brixia: float | None = None
    acquired: str | None = None

    def text(self, order: Order) -> str:
        """Return the cursor as it is handed out; of a score every bit."""
        if order == "newest":
            return self.id
        if order == "acquired":
            return f"{self.acquired or ''}_{self.id}"
        return f"{'' if self.brixia is None else struct.pack('>d', self.brixia).hex()}_{self.id}"


def parse_cursor(text: str, order: Order) -> Cursor:
    """Return the cursor that :meth:`Cursor.text` wrote.

    Raises:
        BadCursorError: it is none, or of another order.
    """
    found = _FORMS[order].fullmatch(text)
    if found is None:
        raise _bad()
    id, rank = found["id"], found["rank"] or None
    if order == "acquired":
        return Cursor(id, acquired=rank)
    return Cursor(id, None if rank is None else _score(rank))


def _score(digits: str) -> float:
    score: float = struct.unpack(">d", bytes.fromhex(digits))[0]
    if not math.isfinite(score):
        raise _bad()
    return score


def _bad() -> BadCursorError:
    return BadCursorError(
        "`after` is not where a page of this order ended. Pass the `next` of the page before, "
        "or leave it out to begin anew."
    )
