"""The model's maps over the film: opacity, outlines, zones, and where their scores are written."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

pytest.importorskip("playwright.sync_api")

from radiograde.service.documents.drawing import COVER, draw_opacity, resized
from radiograde.service.documents.outlines import zone_rows
from tests.web.viewer_films import COLUMNS, FULL, ROWS, grey, lungs, ramp
from tests.web.viewer_harness import HEIGHT, WIDTH, ViewerHarness


def test_colour_lies_as_in_the_services_own_picture(harness: ViewerHarness) -> None:
    pixels, maps = ramp(), lungs()
    harness.show(pixels, maps, windows=[{"name": "", **FULL}])
    harness.js("cover => { viewer.actualSize(); viewer.overlay = cover; }", COVER)
    opacity, right, left = (
        resized((plane / 255).astype(np.float32), (COLUMNS, ROWS)) for plane in maps
    )
    greys = Image.fromarray(np.rint(grey(pixels, FULL)).astype(np.uint8))
    expected = greys.convert("RGB")
    involved = (opacity > 0.25) & (np.maximum(right, left) > 0.5)
    draw_opacity(expected, opacity, involved)
    shown = harness.film()
    # The two strokes differ in how they are softened.
    apart = ~near_border(involved)
    assert np.abs(shown - np.asarray(expected, np.int16))[apart].max() <= 4
    colour = np.ptp(shown, axis=2)
    assert colour[apart & ~involved].max() == 0, "nothing below the threshold"
    assert colour[apart & involved].min() >= 5
    assert np.median(colour[apart & involved]) < 60, "the film stays readable"
    assert colour.max() > 150, "the contour"
    harness.js("viewer.overlay = 0")
    assert np.ptp(harness.film(), axis=2).max() == 0


def near_border(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what lies within three pixels of a region's border."""
    region = Image.fromarray(inside.astype(np.uint8) * 255)
    low, high = region.filter(ImageFilter.MinFilter(7)), region.filter(ImageFilter.MaxFilter(7))
    border: NDArray[np.bool_] = np.not_equal(np.asarray(low), np.asarray(high))
    return border


def test_letters_are_found_and_no_score_is_written_on_them(harness: ViewerHarness) -> None:
    pixels = ramp(2000, 1200, 1000)
    y = 1200 // 2
    letter = (slice(y - 40, y + 40), slice(60, 110))
    pixels[letter] = 4000
    pixels[y - 25 : y + 25, 75:95] = 1500
    harness.show(pixels, lungs(), windows=[{"name": "", **FULL}])
    (found,) = harness.js("viewer.letters()")
    assert found["left"] <= 60 < 110 <= found["right"] < 130
    assert found["top"] <= y - 40 < y + 40 <= found["bottom"] < y + 60
    labels = harness.js(
        "async () => (await import('./components/zone_labels.js')).placedLabels(viewer, 0)"
    )
    assert [label["name"] for label in labels] == list("ABCDEF")
    top, bottom = (harness.js("y => viewer.toScreen(0, y).y", edge) for edge in (y - 40, y + 40))
    right_lung = [label["y"] for label in labels if label["name"] in "ABC"]
    assert all(place - 20 >= bottom or place + 24 <= top for place in right_lung)
    assert min(np.diff(right_lung)) >= 44


@pytest.mark.parametrize("zoom", [1, 8])
def test_an_outline_is_thin_at_every_zoom(harness: ViewerHarness, zoom: float) -> None:
    harness.show(np.zeros((ROWS, COLUMNS), np.uint16), lungs())
    harness.js(
        "zoom => { viewer.outlines = true; viewer.actualSize(); viewer.zoomBy(zoom); }", zoom
    )
    harness.js("viewer.state = {center: {x: 0.12, y: 0.5}}")
    blue = harness.drawn()[HEIGHT // 2, :, 2]
    edge = harness.js("viewer.toScreen(240 * 0.12, 0).x")
    columns = np.flatnonzero(blue > 100)
    near = columns[np.abs(columns - edge) < 12]
    assert 1 <= near.size <= 3
    assert columns.size <= 4 * 3


def test_zones_end_where_the_services_own_picture_ends_them(harness: ViewerHarness) -> None:
    maps = lungs()
    harness.show(np.zeros((ROWS, COLUMNS), np.uint16), maps, spacing_mm=[0.2, 0.2])
    harness.js("viewer.actualSize(); viewer.zones = true")
    blue = harness.film()[..., 2]
    anchors = harness.js("viewer.zoneAnchors()")
    assert sorted(anchors) == list("ABCDEF")
    for plane, names in zip(maps[1:], ("ABC", "DEF"), strict=True):
        inside = resized((plane / 255).astype(np.float32), (COLUMNS, ROWS)) > 0.5
        rows = zone_rows(inside, (0.35, 0.7))
        lines = np.flatnonzero((blue * inside).max(axis=1) > 80)
        borders = [top for top, _ in rows[1:]]
        assert all(min(abs(line - border) for border in borders) <= 2 for line in lines)
        assert all(min(abs(line - border) for line in lines) <= 2 for border in borders)
        for name, (top, bottom) in zip(names, rows, strict=True):
            anchor = anchors[name]
            assert abs(anchor["y"] - (top + bottom) / 2) <= 1.5
            assert inside[int(anchor["y"]), int(anchor["x"])]
            widest = np.flatnonzero(inside[top:bottom].any(axis=0))
            border = widest[0] if name in "ABC" else widest[-1] + 1
            assert abs(anchor["outer"]["x"] - border) <= 1.5


def test_a_lung_that_is_not_seen_has_no_zones(harness: ViewerHarness) -> None:
    maps = lungs()
    maps[1] = 0
    harness.show(ramp(), maps)
    harness.js("viewer.zones = viewer.outlines = true")
    assert sorted(harness.js("viewer.zoneAnchors()")) == list("DEF")
    assert np.ptp(harness.drawn()[:, : WIDTH // 2], axis=2).max() == 0
