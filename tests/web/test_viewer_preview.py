"""A film at a screen's size first, then whole: nothing that a reader set or measured is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("playwright.sync_api")

from radiograde.service.viewing.packed_pixels import packed
from tests.web.viewer_films import lungs
from tests.web.viewer_harness import ViewerHarness

REACH = 4
SMOOTH = np.add.outer(np.arange(403) * 7, np.arange(310) * 3).astype(np.uint16)
"""Whole boxes of neither its rows nor its columns cover it."""

_BOTH = """async () => {
  const whole = new Uint16Array(await (await fetch("films/film/pixels")).arrayBuffer());
  const small = new Uint16Array(await (await fetch("films/small/pixels")).arrayBuffer());
  const maps = new Uint8Array(await (await fetch("films/film/maps")).arrayBuffer());
  const view = await (await fetch("films/film/view")).json();
  Object.assign(globalThis, { whole, small, maps, view });
  viewer.show(view, small, maps, { reach: 4 });
}"""
_REFINE = "viewer.refine(view, whole, maps)"


def means(film: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the means of boxes, of fewer pixels at the far edges."""
    rows, columns = (-(-side // REACH) for side in film.shape)
    boxes = [
        [film[REACH * y : REACH * (y + 1), REACH * x : REACH * (x + 1)] for x in range(columns)]
        for y in range(rows)
    ]
    return np.array([[np.rint(box.mean()) for box in row] for row in boxes], np.uint16)


@pytest.fixture
def preview(harness: ViewerHarness) -> ViewerHarness:
    """Return a viewer that shows the preview of a film."""
    harness.show(SMOOTH, lungs())
    harness.site.hold("small", {}, means(SMOOTH))
    harness.js(_BOTH)
    return harness


def state_of(harness: ViewerHarness) -> Any:
    return harness.js(
        "[viewer.state, viewer.place, viewer.zoneAnchors(), viewer.letters(), viewer.lungs, "
        "viewer.measured.map(({ kind, points, px }) => [kind, points, px])]"
    )


def test_it_looks_as_the_film_does_and_stays_where_it_is(preview: ViewerHarness) -> None:
    preview.js("viewer.zoomBy(0.4); viewer.outlines = true")
    small = preview.drawn()
    before = state_of(preview)
    preview.js(_REFINE)
    assert state_of(preview) == before
    whole = preview.drawn()
    assert np.abs(small - whole).mean() < 1
    assert np.abs(small - whole).max() < 20


def test_what_a_reader_set_and_measured_stays(preview: ViewerHarness) -> None:
    preview.js(
        """() => {
            Object.assign(viewer, { turns: 1, mirrored: true, invert: true, tool: "length" });
            viewer.zoomBy(2.5, 100, 80);
            viewer.windowBy(40, -25);
            viewer.measure("press", 100, 100);
            viewer.measure("release", 220, 160);
        }"""
    )
    before = state_of(preview)
    assert before[5][0][0] == "length"
    preview.js(_REFINE)
    assert state_of(preview) == before


def test_values_are_those_of_the_film_or_none(preview: ViewerHarness) -> None:
    preview.js("viewer.fit()")
    x, y = preview.js("Object.values(viewer.toScreen(100.5, 200.5))")
    region = """([x, y]) => {
        viewer.tool = "region";
        viewer.measure("press", x - 40, y - 40);
        viewer.measure("release", x + 40, y + 40);
        return viewer.measured[0].mean;
    }"""
    assert preview.js("([x, y]) => viewer.valueAt(x, y)", [x, y]) is None
    assert preview.js(region, [x, y]) is None
    preview.js(_REFINE)
    assert preview.js("([x, y]) => viewer.valueAt(x, y)", [x, y]) == SMOOTH[200, 100]
    mean = preview.js("viewer.measured[0].mean")
    assert mean == pytest.approx(float(SMOOTH[200, 100]), abs=8)


def test_a_film_made_whole_elsewhere_is_the_film(preview: ViewerHarness) -> None:
    preview.site.files["/packed"] = packed(SMOOTH)
    found = preview.js(
        """async ([rows, columns]) => {
            const { wholeFilm } = await import("./viewer/whole_films.js");
            const content = await (await fetch("packed")).arrayBuffer();
            const film = await wholeFilm(content, { rows, columns });
            const { pixels, derived: { reach, counts, halves } } = film;
            const sizes = halves.map((one) => [one.rows, one.columns, one.reach]);
            viewer.refine(view, pixels, maps, { reach, counts, halves });
            viewer.draw();
            const same = pixels.every((value, index) => value === whole[index]);
            return [same, reach, sizes, counts.reduce((sum, count) => sum + count, 0)];
        }""",
        list(SMOOTH.shape),
    )
    assert found == [True, 1, [[202, 155, 2], [101, 78, 4]], SMOOTH.size]


def test_what_is_no_film_is_refused(preview: ViewerHarness) -> None:
    preview.site.files["/packed"] = b"\1\0\0\0\1\0\0\0##"
    refused = preview.js(
        """async () => {
            const { wholeFilm } = await import("./viewer/whole_films.js");
            const content = await (await fetch("packed")).arrayBuffer();
            const making = wholeFilm(content, { rows: 8, columns: 8 });
            return making.then(() => false, (error) => error.message);
        }"""
    )
    assert refused
