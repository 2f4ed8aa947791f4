"""The picture that explains a score: the film, the opacity found in it, its zones and numbers."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.radiograph import Radiograph
from model.result import NOTICE, Maps, ScaleScore, Scores, SeverityResult
from model.scales import LEFT_ZONES, RIGHT_ZONES, ZONE, ZONE_NAMES
from service.documents.drawing import DIM, INK, PAPER, Pen, contour, grey_levels, heat, warmth

FILM_SIDE = 1000
"""Longest side of the film in the picture, in pixels."""

_MARGIN = 190
_INDENT = 26
_CARD = 128
_HEAD = 118
_FOOT = 54
_LUNG = 0.5
_NARROWEST_BAR = 80
_CONTOUR = (120, 205, 255)
_WARNING = (255, 200, 90)


def overlay_png(film: Radiograph, result: SeverityResult) -> bytes:
    """Return a PNG of a scored film, beside it each zone with its score; it names no patient.

    Warm colour is the opacity map within the lungs, blue lines are the lungs' borders and their
    zones. The patient's right is on the image's left.

    Raises:
        ValueError: the result carries no scores or no maps.
    """
    if result.scores is None or result.maps is None:
        raise ValueError("only a scored result with its maps can be drawn")
    picture = _film_picture(film, result.maps)
    width, height = picture.size
    canvas = Image.new("RGB", (width + 2 * _MARGIN, height + _HEAD + _FOOT), PAPER)
    canvas.paste(picture, (_MARGIN, _HEAD))
    pen = Pen(ImageDraw.Draw(canvas))
    _write_head(pen, canvas.width, result.scores, result.severity or "")
    _write_zones(pen, picture.size, result.scores, result.maps)
    _write_foot(pen, canvas.size, result)
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _film_picture(film: Radiograph, maps: Maps) -> Image.Image:
    """Return the film in grey with the opacity in colour and the lungs outlined."""
    rows, columns = film.pixels.shape
    scale = FILM_SIDE / max(rows, columns)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    grey = _resized(film.pixels, size)
    low, high = np.percentile(grey[::4, ::4], (0.5, 99.5))
    picture = Image.fromarray(grey_levels((grey - low) / max(high - low, 1e-6))).convert("RGB")
    lungs = [_resized(lung, size) for lung in maps.lungs]
    heat(picture, _resized(maps.opacity, size) * np.clip(lungs[0] + lungs[1], 0.0, 1.0))
    for lung in lungs:
        _outline(picture, lung >= _LUNG, maps.borders)
    return picture


def _outline(picture: Image.Image, inside: NDArray[np.bool_], borders: tuple[float, float]) -> None:
    """Draw a lung's border, and dotted the borders between its zones."""
    picture.paste(_CONTOUR, mask=contour(inside))
    dotted = np.zeros(inside.shape, np.uint8)
    for top, _ in _zone_rows(inside, borders)[1:]:
        dotted[top : top + 2] = 200 * inside[top : top + 2]
    dotted[:, np.arange(inside.shape[1]) // 8 % 2 == 1] = 0
    picture.paste(_CONTOUR, mask=Image.fromarray(dotted))


def _zone_rows(inside: NDArray[np.bool_], borders: tuple[float, float]) -> list[tuple[int, int]]:
    """Return first row and row after the last of a lung's zones, of the film's if none is seen."""
    rows = np.flatnonzero(inside.any(axis=1))
    first, last = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, len(inside))
    return list(pairwise(round(first + (last - first) * share) for share in (0.0, *borders, 1.0)))


def _write_head(pen: Pen, width: int, scores: Scores, severity: str) -> None:
    brixia = scores.brixia
    low, high = brixia.interval
    end = pen.text((28, 20), f"Brixia {brixia.value:.1f}", 46, INK)
    end = pen.text((end + 10, 38), f"of {brixia.range[1]:g}", 26, DIM)
    end = pen.text(
        (end + 22, 38), f"{low:.1f} to {high:.1f}  ({100 * brixia.level:.0f} % interval)", 26, INK
    )
    share = brixia.value / brixia.range[1]
    pen.text((width - 28, 22), severity.upper(), 38, warmth(share), anchor="ra")
    room = width - 28 - pen.width(severity.upper(), 38) - end - 2 * _INDENT
    if room >= _NARROWEST_BAR:
        pen.bar((end + _INDENT, 50), int(room), brixia, height=8)
    extent, opacity = scores.geographic_extent, scores.opacity
    facts = [
        f"Geographic extent {extent.value:.1f} of {extent.range[1]:g}",
        f"Opacity {opacity.value:.1f} of {opacity.range[1]:g}",
        f"Lung involved {scores.lung_involvement_percent.total:.0f} %",
    ]
    pen.text((30, 78), "     ".join(facts), 22, DIM)


def _write_zones(pen: Pen, size: tuple[int, int], scores: Scores, maps: Maps) -> None:
    """Write each zone's score beside its part of the lung, with a line that leads there."""
    width = size[0]
    for side, zones, lung in zip("RL", (RIGHT_ZONES, LEFT_ZONES), maps.lungs, strict=True):
        inside = _resized(lung, size) >= _LUNG
        x = _INDENT if side == "R" else _MARGIN + width + _INDENT
        near = x + _CARD if side == "R" else x - 12
        pen.text((x, _HEAD + 10), side, 34, INK)
        for name, (top, bottom) in zip(zones, _zone_rows(inside, maps.borders), strict=True):
            row = (top + bottom) // 2
            _write_zone(pen, (x, _HEAD + row), name, scores.zones[name])
            columns = np.flatnonzero(inside[row])
            if columns.size:
                border = int(columns[0 if side == "R" else -1])
                pen.line((near, _HEAD + row), (_MARGIN + border, _HEAD + row), _CONTOUR)


def _write_zone(pen: Pen, at: tuple[int, int], name: str, score: ScaleScore) -> None:
    x, y = at
    low, high = score.interval
    end = pen.text((x, y - 34), f"{score.value:.1f}", 44, warmth(score.value / ZONE.high))
    pen.text((end + 8, y - 14), f"of {ZONE.high:g}", 18, DIM)
    pen.text((x, y - 58), f"{name}  {ZONE_NAMES[name]}", 18, INK)
    pen.bar((x, y + 18), _CARD - 12, score)
    pen.text((x, y + 32), f"{low:.1f} to {high:.1f}", 18, DIM)


def _write_foot(pen: Pen, size: tuple[int, int], result: SeverityResult) -> None:
    width, height = size
    end = pen.text((28, height - 38), NOTICE, 18, INK)
    reasons = result.gate.reasons if result.gate is not None else ()
    warned = ", ".join(
        reason.code.replace("_", " ") for reason in reasons if reason.level == "warn"
    )
    pen.text((end + 24, height - 38), warned, 18, _WARNING)
    pen.text(
        (width - 28, height - 38),
        f"{result.model.name} {result.model.version}",
        18,
        DIM,
        anchor="ra",
    )


def _resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return an (h, w) array drawn at ``size`` (width, height)."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32)
