"""One row of the manifest read into a Film."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from radiograde.data import label_scales
from radiograde.data.cells import HEART_IN_MASK, NO, SEXES, VIEWS, Cells
from radiograde.data.film import OUT_OF_SCOPE, Box, Film, Reading
from radiograde.data.label_scales import (
    MAX,
    SCALES,
    LabelColumn,
    LabelScale,
    LabelSeries,
    label_columns,
)
from radiograde.data.table import Table
from radiograde.model.reading.decimals import decimal
from radiograde.model.scoring.scales import ZONES

OPACITY_TOPS = {"": 8.0, "8": 8.0, "8.0": 8.0, "6": 6.0, "6.0": 6.0}
READ_WORDS = frozenset(
    [
        "normal",
        "negative",
        "typical",
        "indeterminate",
        "atypical",
        "opacity",
        "graded",
        "tuberculosis",
        "child",
    ]
)
"""What ``read`` may say, beside ``out of scope``; of other words nothing is concluded."""

_PEER = re.compile(r"peer_(.+)")
_PLAIN = frozenset(field.name for field in fields(Film))
_PLAIN -= {"readings", "peers", "original_size", "table", "row"}
_PLAIN |= {"intubation_present", "width_original", "height_original"}


def used_columns(columns: Sequence[str]) -> set[str]:
    """Return the columns, in the manifest's own words, that reach a Film."""
    labels = label_columns(columns)
    tops = {label.scale + MAX for label in labels.values()}
    named = _PLAIN | labels.keys() | tops
    return {column for column in columns if column in named or _PEER.fullmatch(column)}


def grade_columns(table: Table) -> dict[str, LabelColumn]:
    """Return the table's columns of grades.

    A column that only seems to name a reader, and holds remarks instead of numbers, is none.
    """
    return {
        column: label
        for column, label in label_columns(table.columns).items()
        if label.reader == label_scales.UNNAMED_READERS.get(label.scale, "")
        or any(_is_number(line.cells.get(column, "")) for line in table.lines)
    }


def read_film(cells: Cells, folder: Path, series: LabelSeries) -> Film:
    """Return the row's film; what is wrong is noted in ``cells.problems``.

    ``folder``: where relative paths count from, absolute. ``series``: the columns of grades.
    """
    if not cells.text("patient"):
        cells.note("patient", "every film needs its patient: folds are split by it")
    image = _path(cells, "image", folder)
    if image is None and not cells.text("image"):
        cells.note("image", "every row needs the path of its image")
    return Film(
        image=image or folder,
        patient=cells.text("patient"),
        source=cells.text("source"),
        machine=cells.text("machine"),
        view=cells.word("view", VIEWS),
        sex=cells.word("sex", SEXES),
        age=cells.age("age"),
        finding=tuple(filter(None, map(str.strip, cells.text("finding").split("|")))),
        read=" ".join(cells.text("read").lower().split()),
        offset_days=cells.number("offset_days"),
        intubated=cells.known(("intubation_present", "intubated")),
        readings=_readings(cells, series),
        extent6_doubtful=cells.flag("extent6_doubtful"),
        cohen94=cells.flag("cohen94"),
        boxes=_boxes(cells),
        boxes_read=cells.known(("boxes_read",)),
        mask_values=cells.text("mask_values").lower(),
        heart_in_mask=cells.choice("heart_in_mask", HEART_IN_MASK),
        lung_mask=_path(cells, "lung_mask", folder),
        right_lung_mask=_path(cells, "right_lung_mask", folder),
        left_lung_mask=_path(cells, "left_lung_mask", folder),
        ground_glass_mask=_path(cells, "ground_glass_mask", folder),
        consolidation_mask=_path(cells, "consolidation_mask", folder),
        original_size=_original_size(cells),
        peers=_peers(cells),
        fold=cells.whole("fold", 0),
        license=cells.text("license"),
        row=cells.line.number,
    )


def is_known_read(read: str) -> bool:
    """Return whether anything is concluded from what a radiologist made of the film."""
    return not read or read in READ_WORDS or read.startswith(OUT_OF_SCOPE)


def _is_number(cell: str) -> bool:
    return decimal(cell.replace(",", ".")) is not None


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


def _readings(cells: Cells, series: LabelSeries) -> tuple[Reading, ...]:
    found: list[Reading] = []
    opacity = _opacity(cells)
    for (scale, reader), sites in series.items():
        known = (
            opacity if scale == "opacity" else SCALES.get(scale) or _declared(cells, scale, sites)
        )
        _check_zones(cells, known, sites)
        for site, columns in sites.items():
            given = [column for column in columns if cells.text(column)]
            found += [
                Reading(scale, reader, site, value, top)
                for column in given[:1]
                for value, top in _grade(cells, column, known, site)
            ]
        _check_repeated(cells, reader, sites)
    return tuple(found)


def _opacity(cells: Cells) -> LabelScale:
    """Return the scale of opacity, whose top stands in the row; 8 where it does not."""
    top = OPACITY_TOPS.get(cells.text("opacity_max"))
    if top is None:
        cells.note("opacity_max", f"{cells.text('opacity_max')!r} is neither 6 nor 8")
    return LabelScale(film=top or 8.0, lung=(top or 8.0) / 2)


def _declared(cells: Cells, scale: str, sites: Mapping[str, Sequence[str]]) -> LabelScale:
    """Return a scale that the table declares: its top stands in the row."""
    top = cells.number(scale + MAX, 0)
    if not top and any(cells.text(column) for columns in sites.values() for column in columns):
        cells.note(scale + MAX, "a grade needs the top of its scale here, above 0")
    known = top or math.inf
    return LabelScale(film=known, lung=known, zone=known)


def _grade(
    cells: Cells, column: str, scale: LabelScale, site: str
) -> Iterable[tuple[float, float]]:
    """Yield the grade in a cell and its top; nothing for one that cannot be."""
    top = scale.top(site)
    if top is None:
        cells.note(column, "the scale is not read for this part of the film")
        return
    in_zone = site in ZONES and scale.whole_zones
    value = cells.whole(column, 0, top) if in_zone else cells.number(column, 0, top)
    if value is not None and math.isfinite(top):
        yield float(value), float(top)


def _check_zones(cells: Cells, scale: LabelScale, sites: Mapping[str, Sequence[str]]) -> None:
    """Note zones that are blank beside scored ones."""
    columns = [column for zone in ZONES for column in sites.get(zone, ())]
    blank = [column for column in columns if not cells.text(column)]
    several = any(len(sites.get(zone, ())) > 1 for zone in ZONES)
    if not scale.whole_zones or several or len(blank) == len(columns):
        return
    for column in blank:
        cells.note(column, "blank, though other zones are scored: give all six or none")
    for zone in ZONES:
        if zone not in sites:
            cells.note("", f"zone {zone} has no column: give all six or none")


def _check_repeated(cells: Cells, reader: str, sites: Mapping[str, Sequence[str]]) -> None:
    """Note, once, a reader with two grades of one part of the film."""
    for columns in sites.values():
        given = [column for column in columns if cells.text(column)]
        if len(given) > 1:
            whom = f"reader {reader}" if reader else "the film"
            cells.note(given[1], f"{whom} is scored in two sets of columns")
            return


def _peers(cells: Cells) -> dict[str, float]:
    matches = (_PEER.fullmatch(column) for column in cells.line.cells)
    values = {match[1]: cells.number(match[0]) for match in matches if match}
    return {peer: value for peer, value in values.items() if value is not None}


def _boxes(cells: Cells) -> tuple[Box, ...]:
    """Return ``x0 y0 x1 y1; ...`` as boxes; an empty or reversed one is noted."""
    boxes: list[Box] = []
    for text in filter(str.strip, cells.text("boxes").split(";")):
        try:
            box = Box(*map(float, text.split()))
        except (TypeError, ValueError):
            cells.note("boxes", "a box is four numbers, x0 y0 x1 y1; boxes are parted by ';'")
            return ()
        if not (0 <= box.x0 < box.x1 < float("inf") and 0 <= box.y0 < box.y1 < float("inf")):
            cells.note("boxes", "a box needs 0 <= x0 < x1 and 0 <= y0 < y1")
            return ()
        boxes.append(box)
    if boxes and cells.text("boxes_read").lower() in NO:
        cells.note("boxes_read", "no, though boxes are given")
    return tuple(boxes)


def _original_size(cells: Cells) -> tuple[int, int] | None:
    width, height = (cells.whole(f"{side}_original", 1) for side in ("width", "height"))
    return None if width is None or height is None else (width, height)
