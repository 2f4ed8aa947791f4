"""Cells of one row read as numbers, words and flags; what is wrong is noted, not raised."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from radiograde.data.errors import Problem
from radiograde.data.table import Line
from radiograde.model.reading.decimals import decimal

Choice = TypeVar("Choice")

YES = frozenset({"y", "yes", "true", "1", "1.0"})
NO = frozenset({"n", "no", "false", "0", "0.0"})
VIEWS: Mapping[str, str] = {
    "": "",
    "UNKNOWN": "",
    "PA": "PA",
    "AP": "AP",
    "AP SUPINE": "AP",
    "AP ERECT": "AP",
    "AP PORTABLE": "AP",
    "L": "L",
    "LL": "L",
    "RL": "L",
    "LAT": "L",
    "LATERAL": "L",
}
"""Views by what people write: DICOM's View Position (0018,5101), Cohen's words, ours."""

SEXES: Mapping[str, str] = {
    "": "",
    "M": "M",
    "MALE": "M",
    "F": "F",
    "FEMALE": "F",
    "O": "O",
    "OTHER": "O",
    "UNKNOWN": "",
}
HEART_IN_MASK: Mapping[str, bool | None] = {
    "": None,
    **dict.fromkeys(["YES", "Y", "TRUE", "1", "PARTLY"], True),
    **dict.fromkeys(["NO", "N", "FALSE", "0"], False),
}
"""Whether masks hold the lung behind the heart; in those that hold a part, nothing is added."""

_YEARS_PER_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


@dataclass(slots=True)
class Cells:
    """One row of the table; every reader returns a value and notes a problem beside it."""

    line: Line
    problems: list[Problem] = field(default_factory=list)

    def note(self, column: str, text: str) -> None:
        """Remember that this row's ``column`` is wrong."""
        self.problems.append(Problem(self.line.number, column, text))

    def text(self, column: str) -> str:
        """Return the cell, '' when it is blank or the column is absent."""
        return self.line.cells.get(column, "")

    def number(self, column: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Return a number in [low, high], None when blank; a decimal comma is understood."""
        cell = self.text(column)
        if not cell:
            return None
        value = decimal(cell.replace(",", "."))
        if value is None or not low <= value <= high:
            limits = "" if math.isinf(low) else f" from {low:g} to {high:g}"
            self.note(column, f"{cell!r} is no number{limits}")
            return None
        return value

    def whole(self, column: str, low: int, high: float = math.inf) -> int | None:
        """Return a whole number in [low, high], None when blank."""
        value = self.number(column)
        if value is None:
            return None
        if not value.is_integer() or not low <= value <= high:
            limits = f"from {low} to {high:g}" if math.isfinite(high) else f"of at least {low}"
            self.note(column, f"{self.text(column)!r} is no whole number {limits}")
            return None
        return int(value)

    def word(self, column: str, words: Mapping[str, str]) -> str:
        """Return what the cell means by ``words``, whose keys are in capitals."""
        return self.choice(column, words) or ""

    def choice(self, column: str, words: Mapping[str, Choice]) -> Choice | None:
        """Return what the cell means by ``words``, whose keys are in capitals; None if nothing."""
        cell = self.text(column)
        if cell.upper() in words:
            return words[cell.upper()]
        allowed = ", ".join(word for word in words if word)
        self.note(column, f"{cell!r} is none of {allowed}")
        return None

    def flag(self, column: str) -> bool:
        """Return yes or no; a blank means no."""
        cell = self.text(column).lower()
        if cell and cell not in YES | NO:
            self.note(column, f"{self.text(column)!r} is neither yes nor no")
        return cell in YES

    def known(self, columns: Sequence[str]) -> bool | None:
        """Return yes or no of the first column that says either; any other word: not known."""
        for column in columns:
            cell = self.text(column).lower()
            if cell in YES | NO:
                return cell in YES
        return None

    def age(self, column: str) -> float | None:
        """Return years from a number, a DICOM Age String (045Y, 018M) or words (mid 50s, 67+).

        Source of the Age String: DICOM PS3.5 section 6.2, AS.
        """
        cell = self.text(column)
        if dicom := re.fullmatch(r"(\d{3})([DWMY])", cell.upper(), re.ASCII):
            return int(dicom[1]) * _YEARS_PER_UNIT[dicom[2]]
        if words := re.fullmatch(
            r"(?:early |mid |late )?(\d{1,3})(?:\+|s)", cell.lower(), re.ASCII
        ):
            return float(words[1])
        return self.number(column, 0, 120)
