"""What can be wrong with a manifest.

RadiogradeError
├── ManifestError    400  the label table cannot be used; lists every problem at once
├── MaskError        400  a mask cannot be used
└── CollectionError  400  a collection cannot be imported
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radiograde.model.errors import RadiogradeError

SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: line of the CSV (0: the whole file), column, what is wrong.

    ``table``: which of several joined CSVs, from 1; 0 where there is one.

    ``text`` quotes a cell only where the cell cannot name a patient: never the patient's id,
    never a path, since hospitals put names into both.
    """

    row: int
    column: str
    text: str
    table: int = 0

    def __str__(self) -> str:
        """Return ``manifest 2, row 12, fold: ...`` with the parts that are known."""
        place = [f"manifest {self.table}"] if self.table else []
        place += [f"row {self.row}"] if self.row else []
        place += [self.column] if self.column else []
        return f"{', '.join(place)}: {self.text}" if place else self.text


class ManifestError(RadiogradeError):
    """The label table cannot be used; ``problems`` holds all of them, the message the first 20."""

    code = "manifest"
    title = "The manifest cannot be used"
    http_status = 400

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        left = len(self.problems) - len(lines)
        if left:
            lines.append(f"... and {left} more")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[ManifestError], tuple[tuple[Problem, ...]]]:
        """Pickle by the problems, so that the error crosses process borders whole."""
        return type(self), (self.problems,)


class MaskError(RadiogradeError):
    """A mask cannot be used; the message says why and what to do, and quotes no path."""

    code = "mask"
    title = "The mask cannot be used"
    http_status = 400


class CollectionError(RadiogradeError):
    """A collection cannot be imported; the message says what is missing."""

    code = "collection"
    title = "The collection cannot be imported"
    http_status = 400
