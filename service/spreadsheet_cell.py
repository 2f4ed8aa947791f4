"""Cells of tables that people open in a spreadsheet."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell_of(text: str | None) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula; None is an empty one."""
    written = text or ""
    return f"'{written}" if written.startswith(_FORMULA) else written
