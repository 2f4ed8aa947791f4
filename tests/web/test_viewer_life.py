"""A viewer from its first frame to its end, and what it passes over."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")

from tests.web.viewer_films import FULL, lungs, ramp
from tests.web.viewer_harness import WIDTH, ViewerHarness


def test_a_lost_context_comes_back_with_the_film(harness: ViewerHarness) -> None:
    harness.show(ramp(), lungs())
    harness.js("viewer.outlines = true; viewer.overlay = 0.5; viewer.zoomBy(1.7)")
    before = harness.drawn()
    harness.js(
        """async () => {
            const changedTo = (lost) => new Promise((resolve) => {
                const listener = () => viewer.lost === lost && resolve();
                viewer.addEventListener("change", listener);
            });
            const losing = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
            const lost = changedTo(true);
            losing.loseContext();
            await lost;
            await frame(); // it may come back once the event is over
            await show("film");
            viewer.zoomBy(1.7);
            viewer.draw();
            const back = changedTo(false);
            losing.restoreContext();
            await back;
        }"""
    )
    assert np.array_equal(harness.drawn(), before)


def test_a_frame_draws_once_whatever_changed(harness: ViewerHarness) -> None:
    harness.show(ramp())
    drawn = harness.js(
        """async () => {
            await frame();
            let clears = 0;
            const gl = canvas.getContext("webgl2");
            const clear = gl.clear.bind(gl);
            gl.clear = (bits) => { clears += 1; clear(bits); };
            for (let i = 1; i < 9; i += 1) { viewer.windowBy(i, i); viewer.panBy(i, 0); }
            await frame();
            return [clears, (await frame(), clears)];
        }"""
    )
    assert drawn == [1, 1]


def test_a_canvas_that_grows_shows_the_film_larger(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.js("async () => { canvas.style.height = '250px'; await frame(); await frame(); }")
    assert harness.drawn().shape[:2] == (250, WIDTH)
    assert harness.js("viewer.state.scale") == 1
    assert harness.js("viewer.toScreen(0, 0).y") == 0
    assert harness.js("viewer.toScreen(0, 300).y") == pytest.approx(250)


def test_what_cannot_be_shown_is_passed_over(harness: ViewerHarness) -> None:
    assert harness.js("[viewer.presets(), viewer.zoneAnchors(), viewer.mmPerPixel()]") == [
        [],
        {},
        None,
    ]
    harness.js("viewer.window = {center: 1, width: 2, function: 'LINEAR'}; viewer.windowBy(3, 3)")
    assert harness.drawn().max() == 0
    harness.show(ramp(), windows=[{"name": "", **FULL}])
    for bad in ({"lut": True}, {"center": None, "width": 5}, {"center": 3}):
        harness.js("bad => { viewer.window = bad; }", bad)
    harness.js("viewer.zoomBy(NaN); viewer.zoomBy(0); viewer.zoomBy(-1); viewer.panBy(NaN, 0)")
    harness.js("viewer.tool = 'saw'; viewer.overlay = 7")
    assert harness.js("[viewer.window, viewer.tool, viewer.overlay]") == [FULL, "window", 1]
    assert harness.js("viewer.state.center") == {"x": 0.5, "y": 0.5}
    assert harness.js("viewer.state.scale") == 1
    harness.js("viewer.tool = 'length'; viewer.measure('press', 10, 10); viewer.clear()")
    assert harness.js("viewer.measured") == []
    assert harness.drawn().max() == 0
    assert harness.js("viewer.valueAt(300, 250)") is None


def test_closing_frees_everything(own_harness: ViewerHarness) -> None:
    left = own_harness.js(
        """async () => {
            const { prototype } = WebGL2RenderingContext;
            const alive = new Set();
            for (const kind of ["Texture", "Program", "Framebuffer"]) {
                const [make, free] = [prototype[`create${kind}`], prototype[`delete${kind}`]];
                prototype[`create${kind}`] = function () {
                    const made = make.call(this);
                    alive.add(made);
                    return made;
                };
                prototype[`delete${kind}`] = function (one) {
                    alive.delete(one);
                    free.call(this, one);
                };
            }
            const second = document.createElement("canvas");
            document.body.prepend(second);
            const brief = new Viewer(second);
            globalThis.brief = brief;
            await frame();
            globalThis.events = 0;
            brief.addEventListener("change", () => { events += 1; });
            globalThis.count = () => alive.size;
            globalThis.alive = alive;
        }"""
    )
    assert left is None
    own_harness.show(ramp(), lungs())
    own_harness.js("show('film', brief)")
    own_harness.js("brief.outlines = true; brief.zoomBy(2); brief.draw()")
    made = own_harness.js("count()")
    assert made > 8
    own_harness.js("viewer.close(); brief.close()")
    before = own_harness.js("events")
    own_harness.page.mouse.move(50, 50)
    own_harness.page.mouse.wheel(0, -300)
    own_harness.js("async () => { brief.zoomBy(2); brief.draw(); await frame(); }")
    assert own_harness.js("events") == before
    assert own_harness.js("count()") == 0


def test_without_webgl_the_error_says_so(own_harness: ViewerHarness) -> None:
    code = own_harness.js(
        """() => {
            HTMLCanvasElement.prototype.getContext = () => null;
            try {
                new Viewer(document.createElement("canvas"));
            } catch (error) {
                return error instanceof Error && error.code;
            }
        }"""
    )
    assert code == "no_webgl"


def test_a_film_that_comes_back_is_not_derived_again(harness: ViewerHarness) -> None:
    harness.show(ramp(), lungs())
    same = harness.js(
        """async () => {
          const view = await (await fetch("films/film/view")).json();
          const bytes = async (part) => (await fetch(`films/film/${part}`)).arrayBuffer();
          const pixels = new Uint16Array(await bytes("pixels"));
          const maps = new Uint8Array(await bytes("maps"));
          const presets = (...film) => { viewer.show(...film); return viewer.presets(); };
          const first = presets(view, pixels, maps);
          const bare = presets({ ...view, maps: null }, pixels, null);
          const again = presets(view, pixels, maps);
          return [first === again, bare === first, first.length > bare.length];
        }"""
    )
    assert same == [False, False, True]
    again = harness.js(
        """async () => {
          const view = await (await fetch("films/film/view")).json();
          const pixels = new Uint16Array(await (await fetch("films/film/pixels")).arrayBuffer());
          viewer.show(view, pixels, null);
          const first = viewer.presets();
          viewer.clear();
          viewer.show(view, pixels, null);
          return viewer.presets() === first;
        }"""
    )
    assert again is True
