"""The tables below a graded film: zones, whole lungs, analysis, reasons of the input check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PIL import Image

from radiograde.model.scoring.result import ScaleScore, Scores, SeverityResult
from radiograde.model.scoring.scales import LEFT_ZONES, RIGHT_ZONES, ZONE
from radiograde.service.documents.drawing import (
    DIM,
    FAINT,
    INK,
    WARNING,
    Colour,
    DrawingContext,
    sheet,
    warmth,
)

_EDGE = 28
_SIZE = 22
_SMALL = 20
_TOP = 24
_ROW = 36
_ROWS = 6
_LINE = 30
_HEIGHTS = ("Upper", "Middle", "Lower")

# Widths of the three tables and of what stands in them.
_ZONES, _SCALES, _ANALYSIS = 408, 430, 280
_HEIGHT, _LUNG = 100, 166
_SCALE, _VALUE, _RANGE = 206, 52, 64


def panel(width: int, result: SeverityResult, when: datetime) -> Image.Image:
    """Return the tables of a scored result, RGB, ``width`` pixels wide.

    ``when``: when the analysis began, in the time zone to be shown.

    Raises:
        ValueError: the result carries no scores.
    """
    if result.scores is None:
        raise ValueError("only a scored result has tables")
    _, measure = sheet(1, 1)
    remarks = _remarks(result, measure, width - 2 * _EDGE)
    tables = _TOP + _ROWS * _ROW + 20
    canvas, context = sheet(width, tables + len(remarks) * _LINE)
    context.line((_EDGE, 8), (width - _EDGE, 8), FAINT)
    gap = (width - 2 * _EDGE - _ZONES - _SCALES - _ANALYSIS) / 2
    _write_zones(context, _EDGE, result.scores)
    _write_scales(context, _EDGE + _ZONES + gap, result.scores)
    _write_analysis(context, width - _EDGE - _ANALYSIS, result, when)
    for number, (line, colour) in enumerate(remarks):
        context.text((_EDGE, tables + number * _LINE), line, _SMALL, colour)
    return canvas


def _write_zones(context: DrawingContext, x: float, scores: Scores) -> None:
    """Write the score of each zone lung by lung, their sum, and the share of lung involved."""
    involved = scores.lung_involvement_percent
    columns = [
        ("Right lung", RIGHT_ZONES, involved.right),
        ("Left lung", LEFT_ZONES, involved.left),
    ]
    _write_column(context, x, ["Zone", *_HEIGHTS, "Sum", "Involved"])
    x += _HEIGHT
    for title, zones, share in columns:
        context.text((x, _y(0)), title, _SIZE, DIM)
        for row, name in enumerate(zones, 1):
            _write_score(context, x, row, scores.zones[name])
        total = sum(scores.zones[name].value for name in zones)
        context.text((x, _y(4)), f"{total:.1f}", _SIZE, INK)
        context.text((x + _VALUE, _y(4) + 2), f"of {len(zones) * ZONE.high:g}", _SMALL, DIM)
        context.text((x, _y(5)), "not seen" if share is None else f"{share:.0f} %", _SIZE, INK)
        x += _LUNG


def _write_scales(context: DrawingContext, x: float, scores: Scores) -> None:
    """Write the scores of both lungs together."""
    _write_column(context, x, ["Both lungs", "Brixia", "Geographic extent", "Opacity", "Involved"])
    context.text(
        (x, _y(5) + 2), f"Ranges: {100 * scores.brixia.level:.0f} % intervals", _SMALL, DIM
    )
    x += _SCALE
    for row, score in enumerate((scores.brixia, scores.geographic_extent, scores.opacity), 1):
        context.text((x + _VALUE, _y(row) + 2), f"of {score.range[1]:g}", _SMALL, DIM)
        _write_score(context, x, row, score, before_range=_RANGE)
    context.text((x, _y(4)), f"{scores.lung_involvement_percent.total:.0f} %", _SIZE, INK)


def _write_analysis(
    context: DrawingContext, x: float, result: SeverityResult, when: datetime
) -> None:
    """Write when and by which model the film was graded, and as which view."""
    view = result.image.view if result.image is not None else "UNKNOWN"
    zone = (when.tzname() or "").removeprefix("UTC") or "UTC"
    facts = [
        ("Analysis", ""),
        ("", f"{when:%Y-%m-%d %H:%M} {zone}"),
        ("", f"{result.model.name} {result.model.version}"),
        ("Weights ", result.model.sha256[:12]),
        ("View ", view if view in ("PA", "AP") else view.lower()),
    ]
    for row, (label, fact) in enumerate(facts):
        start = context.text((x, _y(row)), label, _SIZE, DIM)
        context.text(
            (start, _y(row)), context.fitted(fact, _SIZE, x + _ANALYSIS - start), _SIZE, INK
        )


def _write_column(context: DrawingContext, x: float, words: Sequence[str]) -> None:
    for row, word in enumerate(words):
        context.text((x, _y(row)), word, _SIZE, DIM)


def _write_score(
    context: DrawingContext, x: float, row: int, score: ScaleScore, *, before_range: int = 0
) -> None:
    low, high = score.interval
    context.text((x, _y(row)), f"{score.value:.1f}", _SIZE, warmth(score.value / score.range[1]))
    x += _VALUE + before_range
    context.text((x, _y(row) + 2), f"{low:.1f} to {high:.1f}", _SMALL, DIM)


def _remarks(
    result: SeverityResult, context: DrawingContext, width: float
) -> list[tuple[str, Colour]]:
    """Return the lines of the reasons of the input check, warnings first, each with its colour."""
    reasons = result.gate.reasons if result.gate is not None else ()
    lines: list[tuple[str, Colour]] = []
    for reason in sorted(reasons, key=lambda reason: reason.level != "warn"):
        warns = reason.level == "warn"
        text = f"Warning: {reason.message}" if warns else reason.message
        lines += [
            (line, WARNING if warns else DIM) for line in context.wrapped(text, _SMALL, width)
        ]
    return lines


def _y(row: int) -> int:
    return _TOP + row * _ROW
