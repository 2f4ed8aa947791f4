"""A CSV as people really save it: any delimiter Excel writes, BOM or not, columns by any name."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from radiograde.data.errors import ManifestError, Problem

ALIASES: Mapping[str, str] = {
    "file": "image",
    "filename": "image",
    "file_name": "image",
    "image_path": "image",
    "path": "image",
    "patient_id": "patient",
    "patientid": "patient",
    "subject": "patient",
    "subject_id": "patient",
    "view_position": "view",
    "viewposition": "view",
    "projection": "view",
    "gender": "sex",
    "patient_sex": "sex",
    "patient_age": "age",
    "findings": "finding",
    "offset": "offset_days",
    "mask": "lung_mask",
    "extent": "geographic_extent",
    "geographic_mean": "geographic_extent",
    "opacity_mean": "opacity",
    "licence": "license",
}
"""Other names of the manifest's columns; case, spaces and hyphens do not matter."""

BLANK = frozenset({"", "na", "n/a", "nan", "null"})
"""Cells that say nothing, in lower case."""

_BLANK_END = re.compile(rb"(\r?\n)[\s,;\x00]*\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its line in the file and its cells by normalised column, blanks as ''."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV's header as written, the same normalised, its rows, and the bytes' sha256.

    Blank lines at the end play no part in the digest.
    """

    header: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    digest: str


def read_table(path: Path) -> Table:
    """Return the CSV at ``path``; delimiter comma, semicolon or tab, UTF-8 or UTF-16 with BOM.

    Rows without any content are passed over. Raises ManifestError when the file cannot be read
    or decoded, has no rows, names a column twice, or a row holds more cells than the header.
    """
    content = _read_bytes(path)
    header, numbered = _split_cells(_decode(content))
    columns = normalise(header)
    problems = [
        Problem(0, column, "more than one column has this meaning")
        for column in sorted({name for name in columns if name and columns.count(name) > 1})
    ]
    problems += [
        Problem(number, "", f"more cells than the header's {len(columns)} columns")
        for number, row in numbered
        if any(row[len(columns) :])
    ]
    if problems:
        raise ManifestError(problems)
    lines = tuple(Line(number, _named_cells(columns, row)) for number, row in numbered)
    return Table(
        header, columns, lines, hashlib.sha256(_BLANK_END.sub(rb"\1", content)).hexdigest()
    )


def normalise(header: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns in the manifest's own words; a proper name wins over its aliases."""
    plain = [re.sub(r"[\s\-]+", "_", name.strip().lower()) for name in header]
    return tuple(
        ALIASES[name] if name in ALIASES and ALIASES[name] not in plain else name for name in plain
    )


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _broken(f"the CSV cannot be read: {error.strerror}") from error


def _decode(content: bytes) -> str:
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken("the CSV is not UTF-8; in Excel, save as 'CSV UTF-8'") from error


def _split_cells(text: str) -> tuple[tuple[str, ...], list[tuple[int, list[str]]]]:
    """Return the header and each row with its line, all cells stripped."""
    first, _, _ = text.partition("\n")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise _broken(f"the CSV is malformed near line {reader.line_num}: {error}") from error
    filled = [(number, row) for number, row in rows if any(row)]
    if len(filled) < 2:
        raise _broken("the CSV holds no rows below its header")
    return tuple(filled[0][1]), filled[1:]


def _named_cells(columns: tuple[str, ...], row: list[str]) -> dict[str, str]:
    # A row may be shorter than the header: Excel leaves trailing blanks out.
    return {
        column: "" if cell.lower() in BLANK else cell
        for column, cell in zip(columns, row, strict=False)
        if column
    }


def _broken(text: str) -> ManifestError:
    return ManifestError([Problem(0, "", text)])
