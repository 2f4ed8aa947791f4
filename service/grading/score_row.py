"""One film's row in a table of scores, whoever graded it and wherever the table is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from radiograde.model.scoring.result import Scores, SeverityResult
from radiograde.model.scoring.scales import ZONES

COLUMNS = (
    "file", "bytes", "modified_ns", "id", "status", "severity",
    "brixia", "brixia_low", "brixia_high", *(f"zone_{name}" for name in ZONES),
    "geographic_extent", "opacity", "lung_involvement_percent",
    "reasons", "error", "error_message", "sop_instance_uid", "model",
)  # fmt: skip
"""``reasons``: codes of the input check, with spaces between. ``error``: a code, too."""

WHOLE_NUMBERS = frozenset({"bytes", "modified_ns"})
TEXTS = frozenset({
    "file", "id", "status", "severity", "reasons", "error", "error_message", "sop_instance_uid",
    "model",
})  # fmt: skip
"""The other columns are numbers with decimals."""

ARROW_TYPES: Mapping[str, str] = {
    name: "string" if name in TEXTS else "int64" if name in WHOLE_NUMBERS else "float64"
    for name in COLUMNS
}
"""Arrow's names of what the columns hold; an empty cell is null."""

Mark = tuple[str, int, int]
"""The first columns: path, bytes, and when it was last changed, in ns. Changed, it is another."""


def mark_of(path: Path) -> Mark:
    """Return a file's mark, for which it is not opened; sizes are 0 where there is none."""
    try:
        found = path.stat()
    except OSError:
        return one_line(path), 0, 0
    return one_line(path), found.st_size, found.st_mtime_ns


def one_line(path: Path | str) -> str:
    """Return a path as a row holds it, in one line; bytes that are no UTF-8 are escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return text.replace("\r", "\\r").replace("\n", "\\n")


def row_of(mark: Mark, result: SeverityResult) -> dict[str, object]:
    """Return a row's cells by column; those that a result does not fill are absent or None.

    Scores are texts with three decimals.
    """
    row = dict(zip(COLUMNS, mark, strict=False)) | _cells(result)
    return row if result.scores is None else row | _score_cells(result.scores)


def _cells(result: SeverityResult) -> dict[str, object]:
    reasons = result.gate.reasons if result.gate is not None else ()
    cells: dict[str, object] = {
        "id": result.id,
        "status": result.status,
        "severity": result.severity,
        "reasons": " ".join(reason.code for reason in reasons),
        "sop_instance_uid": result.image and result.image.sop_instance_uid,
        "model": f"{result.model.name} {result.model.version}",
    }
    if result.error is not None:
        cells |= {"error": result.error.code, "error_message": result.error.message}
    return cells


def _score_cells(scores: Scores) -> dict[str, object]:
    low, high = scores.brixia.interval
    values = {
        "brixia": scores.brixia.value,
        "brixia_low": low,
        "brixia_high": high,
        "geographic_extent": scores.geographic_extent.value,
        "opacity": scores.opacity.value,
        "lung_involvement_percent": scores.lung_involvement_percent.total,
    }
    zones = {f"zone_{name}": scores.zones[name].value for name in ZONES}
    return {name: f"{value:.3f}" for name, value in (values | zones).items()}
