r"""Outlines of lungs and zones as polygons on the film as it is stored.

Coordinates are those of spatial coordinates (PS3.3 C.18.6.1.2) and of presentation states
(C.10.5.1.2): column and row, 0\0 is the upper left corner of the first pixel.

Viewers write the numbers of a region to the right of its first edge. So a lung begins at its
lowest corner and a zone at the middle of its right side: no text stands on another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Maps
from radiograde.model.scoring.scales import LEFT_ZONES, RIGHT_ZONES
from radiograde.service.documents.drawing import LUNG

Polygon = NDArray[np.float64]
"""(N, 2) of columns and rows; closed: the last point is the first."""

_TOLERANCE = 1.0
"""How far a polygon may leave the border that it follows, in points of the map."""


def lung_outlines(film: Radiograph, maps: Maps) -> dict[str, Polygon]:
    """Return the outline of each lung that is seen, ``right`` and ``left`` of the patient."""
    found = {}
    for side, lung in zip(("right", "left"), maps.lungs, strict=True):
        outline = _outline(lung > LUNG)
        if outline is not None:
            begun = _begun_at(outline, int(np.argmax(outline[:-1, 1])))
            found[side] = _on_film(begun, lung.shape, film)
    return found


def zone_outlines(film: Radiograph, maps: Maps) -> dict[str, Polygon]:
    """Return the outline of each zone A-F that is seen."""
    found = {}
    for zones, lung in zip((RIGHT_ZONES, LEFT_ZONES), maps.lungs, strict=True):
        inside = lung > LUNG
        for zone, (top, bottom) in zip(zones, zone_rows(inside, maps.borders), strict=True):
            part = np.zeros_like(inside)
            part[top:bottom] = inside[top:bottom]
            outline = _outline(part)
            if outline is not None:
                begun = _begun_at(outline, _right_side(outline))
                found[zone] = _on_film(begun, lung.shape, film)
    return found


def zone_borders(film: Radiograph, maps: Maps) -> list[Polygon]:
    """Return the lines between zones, each (2, 2) from one border of its lung to the other."""
    lines = []
    for lung in maps.lungs:
        inside = lung > LUNG
        for top, _ in zone_rows(inside, maps.borders)[1:]:
            columns = np.flatnonzero(inside[min(top, len(inside) - 1)])
            if columns.size:
                ends = np.array([[columns[0], top], [columns[-1] + 1, top]], np.float64)
                lines.append(_on_film(ends, lung.shape, film))
    return lines


def zone_rows(inside: NDArray[np.bool_], borders: tuple[float, float]) -> list[tuple[int, int]]:
    """Return first row and row after the last of a lung's zones, of the film's if none is seen."""
    rows = np.flatnonzero(inside.any(axis=1))
    first, last = (int(rows[0]), int(rows[-1]) + 1) if rows.size else (0, len(inside))
    return list(pairwise(round(first + (last - first) * share) for share in (0.0, *borders, 1.0)))


def _on_film(points: Polygon, shape: tuple[int, ...], film: Radiograph) -> Polygon:
    """Return points of a map of this shape on the stored film, mirrored or upside down as it is."""
    rows, columns = film.shape
    placed = points * (columns / shape[1], rows / shape[0])
    upside_down, mirrored = film.flipped
    if mirrored:
        placed[:, 0] = columns - placed[:, 0]
    if upside_down:
        placed[:, 1] = rows - placed[:, 1]
    return np.round(placed, 2)


def _begun_at(outline: Polygon, corner: int) -> Polygon:
    """Return a closed polygon that begins and ends at one of its corners."""
    turned = np.roll(outline[:-1], -corner, axis=0)
    return np.concatenate([turned, turned[:1]])


def _right_side(outline: Polygon) -> int:
    """Return the first corner of the edge that is rightmost at half the height of a polygon."""
    starts, ends = outline[:-1], outline[1:]
    middle = (outline[:, 1].min() + outline[:, 1].max()) / 2
    crosses = (starts[:, 1] - middle) * (ends[:, 1] - middle) <= 0
    return int(np.argmax(np.where(crosses, starts[:, 0] + ends[:, 0], -np.inf)))


def _outline(inside: NDArray[np.bool_]) -> Polygon | None:
    """Return the border of the largest part of a mask along its pixels' edges, made simpler."""
    loops = list(_loops(inside))
    if not loops:
        return None
    return _simplified(max(loops, key=lambda loop: abs(_area(loop))))


def _loops(inside: NDArray[np.bool_]) -> Iterator[Polygon]:
    """Yield every border of a mask as a closed loop of corners, the inside on its right."""
    ways: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for start, end in _edges(np.pad(inside, 1)):
        ways.setdefault(start, []).append(end)
    while ways:
        place = first = next(iter(ways))
        loop = [first]
        while not (place == first and len(loop) > 1):
            ends = ways[place]
            following = ends.pop()
            if not ends:
                del ways[place]
            loop.append(following)
            place = following
        yield np.array(loop, np.float64)


def _edges(padded: NDArray[np.bool_]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield the directed edges (column, row) between pixels inside and outside, clockwise."""
    inner = padded[1:-1, 1:-1]
    sides = (
        (padded[:-2, 1:-1], (0, 0), (1, 0)),
        (padded[1:-1, 2:], (1, 0), (1, 1)),
        (padded[2:, 1:-1], (1, 1), (0, 1)),
        (padded[1:-1, :-2], (0, 1), (0, 0)),
    )
    for neighbour, (x0, y0), (x1, y1) in sides:
        for row, column in np.argwhere(inner & ~neighbour).tolist():
            yield (column + x0, row + y0), (column + x1, row + y1)


def _area(loop: Polygon) -> float:
    """Return twice the signed area of a closed loop."""
    x, y = loop[:, 0], loop[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))


def _simplified(loop: Polygon) -> Polygon:
    """Return a closed loop without points that lie near its lines (Ramer, Douglas, Peucker)."""
    middle = int(np.argmax(np.sum((loop - loop[0]) ** 2, axis=1)))
    kept = {0, middle, len(loop) - 1}
    pending = [(0, middle), (middle, len(loop) - 1)]
    while pending:
        first, last = pending.pop()
        distances = _distances(loop[first : last + 1])
        farthest = int(np.argmax(distances))
        if distances[farthest] > _TOLERANCE:
            kept.add(first + farthest)
            pending += [(first, first + farthest), (first + farthest, last)]
    return loop[sorted(kept)]


def _distances(points: Polygon) -> NDArray[np.float64]:
    """Return how far each point is from the line between the first and the last."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    length = float(np.hypot(x1 - x0, y1 - y0)) or 1.0
    across = (x1 - x0) * (points[:, 1] - y0) - (y1 - y0) * (points[:, 0] - x0)
    return np.asarray(np.abs(across) / length)
