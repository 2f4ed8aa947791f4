"""The picture that explains a score: the film, the opacity found in it, its zones and numbers."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import (
    NOTICE,
    Maps,
    ModelFacts,
    ScaleScore,
    Scores,
    SeverityResult,
)
from radiograde.model.scoring.scales import LEFT_ZONES, RIGHT_ZONES, ZONE, ZONE_NAMES
from radiograde.service.documents.drawing import (
    DIM,
    INK,
    LUNG,
    WARNING,
    DrawingContext,
    contour,
    draw_opacity,
    grey_levels,
    resized,
    sheet,
    stacked,
    warmth,
)
from radiograde.service.documents.outlines import zone_rows

FILM_SIDE = 1000
"""Longest side of the film in the picture, in pixels."""

LEAST_WIDTH = 1240
"""So that the lines above and below a narrow film have room."""

_MARGIN = 190
_INDENT = 26
_CARD = 128
_HEAD = 118
_FOOT = 54
_NARROWEST_BAR = 80
_CONTOUR = (120, 205, 255)


def overlay_png(film: Radiograph, result: SeverityResult) -> bytes:
    """Return a PNG of a scored film, beside it each zone with its score; it names no patient.

    An orange contour with a light fill is what is involved: opacity within the lungs above the
    model's threshold. Blue lines are the lungs' borders and their zones. The patient's right is on
    the image's left.

    Raises:
        ValueError: the result carries no scores or no maps.
    """
    view = graded_view(film, result)
    reasons = result.gate.reasons if result.gate is not None else ()
    warned = [reason.code.replace("_", " ") for reason in reasons if reason.level == "warn"]
    picture = stacked([view, foot(view.width, result.model, ", ".join(warned))])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def graded_view(film: Radiograph, result: SeverityResult) -> Image.Image:
    """Return the picture of ``overlay_png`` without its foot, RGB, at least ``LEAST_WIDTH`` wide.

    Raises:
        ValueError: the result carries no scores or no maps.
    """
    if result.scores is None or result.maps is None:
        raise ValueError("only a scored result with its maps can be drawn")
    picture = _film_picture(film, result.maps)
    width = max(picture.width + 2 * _MARGIN, LEAST_WIDTH)
    canvas, context = sheet(width, _HEAD + picture.height)
    left = (width - picture.width) // 2
    canvas.paste(picture, (left, _HEAD))
    _write_head(context, width, result.scores, result.severity or "")
    _write_zones(context, left, picture.size, result.scores, result.maps)
    return canvas


def foot(width: int, model: ModelFacts, warned: str = "") -> Image.Image:
    """Return the last line of a picture: what the score is for, warnings, which model made it."""
    canvas, context = sheet(width, _FOOT)
    end = context.text((28, 14), NOTICE, 22, INK)
    made_by = context.fitted(f"{model.name} {model.version}", 18, width / 3)
    start = width - 28 - context.width(made_by, 18)
    context.text((start, 16), made_by, 18, DIM)
    context.text((end + 24, 16), context.fitted(warned, 18, start - end - 48), 18, WARNING)
    return canvas


def _film_picture(film: Radiograph, maps: Maps) -> Image.Image:
    """Return the film in grey with what is involved marked and the lungs outlined."""
    rows, columns = film.shape
    scale = FILM_SIDE / max(rows, columns)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    grey = resized(film.pixels, size)
    low, high = np.percentile(grey[::4, ::4], (0.5, 99.5))
    picture = Image.fromarray(grey_levels((grey - low) / max(high - low, 1e-6))).convert("RGB")
    lungs = [resized(lung, size) for lung in maps.lungs]
    for lung in lungs:
        _outline(picture, lung > LUNG, maps.borders)
    opacity = resized(maps.opacity, size)
    involved = (opacity > maps.involved) & (np.maximum(*lungs) > LUNG)
    draw_opacity(picture, opacity, involved)
    return picture


def _outline(picture: Image.Image, inside: NDArray[np.bool_], borders: tuple[float, float]) -> None:
    """Draw a lung's border, and dotted the borders between its zones."""
    picture.paste(_CONTOUR, mask=contour(inside))
    dotted = np.zeros(inside.shape, np.uint8)
    for top, _ in zone_rows(inside, borders)[1:]:
        dotted[top : top + 2] = 200 * inside[top : top + 2]
    dotted[:, np.arange(inside.shape[1]) // 8 % 2 == 1] = 0
    picture.paste(_CONTOUR, mask=Image.fromarray(dotted))


def _write_head(context: DrawingContext, width: int, scores: Scores, severity: str) -> None:
    brixia = scores.brixia
    low, high = brixia.interval
    end = context.text((28, 20), f"Brixia {brixia.value:.1f}", 46, INK)
    end = context.text((end + 10, 38), f"of {brixia.range[1]:g}", 26, DIM)
    end = context.text(
        (end + 22, 38), f"{low:.1f} to {high:.1f}  ({100 * brixia.level:.0f} % interval)", 26, INK
    )
    share = brixia.value / brixia.range[1]
    context.text((width - 28, 22), severity.upper(), 38, warmth(share), anchor="ra")
    room = width - 28 - context.width(severity.upper(), 38) - end - 2 * _INDENT
    if room >= _NARROWEST_BAR:
        context.bar((end + _INDENT, 50), int(room), brixia, height=8)
    extent, opacity = scores.geographic_extent, scores.opacity
    facts = [
        f"Geographic extent {extent.value:.1f} of {extent.range[1]:g}",
        f"Opacity {opacity.value:.1f} of {opacity.range[1]:g}",
        f"Lung involved {scores.lung_involvement_percent.total:.0f} %",
    ]
    context.text((30, 78), "     ".join(facts), 22, DIM)


def _write_zones(
    context: DrawingContext, left: int, size: tuple[int, int], scores: Scores, maps: Maps
) -> None:
    """Write each zone's score beside its part of the lung, with a line that leads there.

    The film begins at ``left`` and measures ``size``.
    """
    for side, zones, lung in zip("RL", (RIGHT_ZONES, LEFT_ZONES), maps.lungs, strict=True):
        inside = resized(lung, size) > LUNG
        x = left - _MARGIN + _INDENT if side == "R" else left + size[0] + _INDENT
        near = x + _CARD if side == "R" else x - 12
        context.text((x, _HEAD + 8), side, 44, INK)
        for name, (top, bottom) in zip(zones, zone_rows(inside, maps.borders), strict=True):
            row = (top + bottom) // 2
            _write_zone(context, (x, _HEAD + row), name, scores.zones[name])
            columns = np.flatnonzero(inside[row])
            if columns.size:
                border = int(columns[0 if side == "R" else -1])
                context.line((near, _HEAD + row), (left + border, _HEAD + row), _CONTOUR)


def _write_zone(context: DrawingContext, at: tuple[int, int], name: str, score: ScaleScore) -> None:
    x, y = at
    low, high = score.interval
    end = context.text((x, y - 34), f"{score.value:.1f}", 44, warmth(score.value / ZONE.high))
    context.text((end + 8, y - 14), f"of {ZONE.high:g}", 18, DIM)
    context.text((x, y - 58), f"{name}  {ZONE_NAMES[name]}", 18, INK)
    context.bar((x, y + 18), _CARD - 12, score)
    context.text((x, y + 32), f"{low:.1f} to {high:.1f}", 18, DIM)
