"""What counts as a number in a header or a table: ASCII digits, as PS3.5 6.2 writes DS and IS."""

from __future__ import annotations

import math
import re

_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def decimal(text: str) -> float | None:
    """Return the number that ``text`` writes; None for anything else, or beyond all bounds.

    Python's own reading takes digits of any script, underscores and words, too.
    """
    if _DECIMAL.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None
