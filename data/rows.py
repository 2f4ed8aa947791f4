"""One row of the manifest read into a Film."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from radiograde.data.cells import SEXES, VIEWS, Cells
from radiograde.data.film import Film
from radiograde.model.scoring import scales

OPACITY_TOPS = {"": 8.0, "8": 8.0, "8.0": 8.0, "6": 6.0, "6.0": 6.0}
UNNAMED_READER = "S"
"""Whom columns without a reader, ``brixia_A`` to ``brixia_F``, belong to: a senior one."""

_BRIXIA = re.compile(r"brixia_(?:([a-z0-9]+)_)?[a-f]")
_EXTENT6 = re.compile(r"extent6_(?!doubtful$)([a-z0-9]+)")
_PEER = re.compile(r"peer_(.+)")
_BY_NAME = (_BRIXIA, _EXTENT6, _PEER)
_PLAIN = frozenset(field.name for field in fields(Film)) - {"brixia", "extent6", "peers", "row"}
_PLAIN |= {"intubation_present"}


def is_used(column: str) -> bool:
    """Return whether a column, in the manifest's own words, reaches a Film."""
    return column in _PLAIN or any(pattern.fullmatch(column) for pattern in _BY_NAME)


def read_film(cells: Cells, folder: Path) -> Film:
    """Return the row's film; what is wrong is noted in ``cells.problems``.

    ``folder``: where relative paths count from, absolute.
    """
    if not cells.text("patient"):
        cells.note("patient", "every film needs its patient: folds are split by it")
    image = _path(cells, "image", folder)
    if image is None and not cells.text("image"):
        cells.note("image", "every row needs the path of its image")
    opacity, opacity_max = _opacity(cells)
    return Film(
        image=image or folder,
        patient=cells.text("patient"),
        source=cells.text("source"),
        view=cells.word("view", VIEWS),
        sex=cells.word("sex", SEXES),
        age=cells.age("age"),
        finding=tuple(filter(None, map(str.strip, cells.text("finding").split("|")))),
        offset_days=cells.number("offset_days"),
        intubated=cells.known(("intubation_present", "intubated")),
        lung_mask=_path(cells, "lung_mask", folder),
        brixia=_brixia(cells),
        geographic_extent=cells.number("geographic_extent", scales.EXTENT.low, scales.EXTENT.high),
        opacity=opacity,
        opacity_max=opacity_max,
        extent6=_extent6(cells),
        extent6_doubtful=cells.flag("extent6_doubtful"),
        cohen94=cells.flag("cohen94"),
        peers=_peers(cells),
        fold=cells.whole("fold", 0),
        license=cells.text("license"),
        row=cells.line.number,
    )


def _path(cells: Cells, column: str, folder: Path) -> Path | None:
    """Return the absolute path in a cell, None when blank; its absence on disk is noted."""
    cell = cells.text(column)
    if not cell:
        return None
    try:
        path = (folder / cell.replace("\\", "/")).resolve()
        if path.is_file():
            return path
    except (OSError, ValueError):
        path = folder
    cells.note(column, "no file lies at this path")
    return path


def _brixia(cells: Cells) -> dict[str, tuple[int, ...]]:
    matches = (_BRIXIA.fullmatch(column) for column in cells.line.cells)
    prefixes = {match[0][:-1]: match[1] for match in matches if match}
    readings: dict[str, tuple[int, ...]] = {}
    for prefix, reader in prefixes.items():
        columns = [prefix + zone.lower() for zone in scales.ZONES]
        blank = [column for column in columns if not cells.text(column)]
        if len(blank) == len(columns):
            continue
        for column in blank:
            cells.note(column, "blank, though other zones are scored: give all six or none")
        zones = [cells.whole(column, int(scales.ZONE.low), scales.ZONE.high) for column in columns]
        name = (reader or UNNAMED_READER).upper()
        if name in readings:
            cells.note(columns[0], f"reader {name} is scored in two sets of columns")
        readings[name] = tuple(zone or 0 for zone in zones)
    return readings


def _extent6(cells: Cells) -> dict[str, float]:
    matches = (_EXTENT6.fullmatch(column) for column in cells.line.cells)
    values = {match[1].upper(): cells.number(match[0], 0, 6) for match in matches if match}
    return {reader: value for reader, value in values.items() if value is not None}


def _peers(cells: Cells) -> dict[str, float]:
    matches = (_PEER.fullmatch(column) for column in cells.line.cells)
    values = {match[1]: cells.number(match[0]) for match in matches if match}
    return {peer: value for peer, value in values.items() if value is not None}


def _opacity(cells: Cells) -> tuple[float | None, float | None]:
    """Return the grade and the top of its scale; a grade without a top is on 0-8."""
    top = OPACITY_TOPS.get(cells.text("opacity_max"))
    if top is None:
        cells.note("opacity_max", f"{cells.text('opacity_max')!r} is neither 6 nor 8")
    opacity = cells.number("opacity", 0, top or scales.OPACITY.high)
    return (None, None) if opacity is None else (opacity, top)
