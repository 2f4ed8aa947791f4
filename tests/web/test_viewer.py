"""The viewer's canvas, read back and compared with numpy."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser

from radiograde.service.documents.drawing import COVER, draw_opacity, resized
from radiograde.service.documents.outlines import zone_rows
from tests.web.static_site import StaticSite
from tests.web.viewer_films import COLUMNS, FULL, RNG, ROWS, lungs, ramp
from tests.web.viewer_harness import HEIGHT, WIDTH, ViewerHarness, opened


def grey(values: NDArray[Any], window: dict[str, Any]) -> Any:
    """Return PS3.3 C.11.2.1.2 and C.11.2.1.3.1, 0-255."""
    values = values.astype(np.float64)
    center, width = window["center"], window["width"]
    if window["function"] == "SIGMOID":
        return 255 / (1 + np.exp(-4 * (values - center) / width))
    if window["function"] == "LINEAR":
        center, width = center - 0.5, width - 1
        if width == 0:
            return np.where(values <= center, 0.0, 255.0)
    return np.clip((values - center) / width + 0.5, 0, 1) * 255


@pytest.mark.parametrize("curve", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("inverted", "invert"), [(False, False), (True, False), (True, True)])
def test_a_window_is_what_dicom_says(
    harness: ViewerHarness, curve: str, inverted: bool, invert: bool
) -> None:
    pixels = ramp()
    window = {"center": 400.5, "width": 900.0, "function": curve}
    facts: dict[str, Any] = {"slope": 0.5, "intercept": -200, "inverted": inverted}
    harness.show(pixels, windows=[{"name": "", **window}], **facts)
    assert harness.js("viewer.window") == window
    harness.js("invert => { viewer.actualSize(); viewer.invert = invert; }", invert)
    expected = grey(pixels * 0.5 - 200, window)
    if inverted != invert:
        expected = 255 - expected
    assert np.abs(harness.film() - expected[..., None]).max() <= 1


def test_a_window_of_one_is_a_step(harness: ViewerHarness) -> None:
    pixels = ramp()
    window = {"center": 2000.5, "width": 1, "function": "LINEAR"}
    harness.show(pixels, windows=[{"name": "", **window}], inverted=True)
    harness.js("viewer.actualSize()")
    assert np.array_equal(harness.film()[..., 0], np.where(pixels <= 2000, 255, 0))


def test_the_films_own_table_is_used(harness: ViewerHarness) -> None:
    pixels = ramp()
    values = (255 * np.linspace(0, 1, 3000) ** 2).astype(np.uint8)
    lut = {"first": 500, "values": base64.b64encode(values.tobytes()).decode()}
    harness.show(pixels, lut=lut)
    assert harness.js("viewer.window") == {"lut": True}
    harness.js("viewer.actualSize()")
    expected = values[np.clip(pixels.astype(int) - 500, 0, 2999)]
    assert np.array_equal(harness.film()[..., 0], expected)


@pytest.mark.parametrize("high", [1, 255, 16383, 65535])
def test_every_depth_uses_the_whole_range(harness: ViewerHarness, high: int) -> None:
    pixels = ramp(high)
    window = {"center": high / 2, "width": high, "function": "LINEAR_EXACT"}
    harness.show(pixels, windows=[{"name": "", **window}])
    harness.js("viewer.actualSize()")
    assert np.abs(harness.film()[..., 0] - grey(pixels, window)).max() <= 1


def test_a_reduced_film_is_averaged_before_the_window(harness: ViewerHarness) -> None:
    pixels = RNG.integers(0, 256, (4 * HEIGHT, 4 * WIDTH)).astype(np.uint16)
    window = {"center": 128, "width": 60, "function": "LINEAR_EXACT"}
    harness.show(pixels, windows=[{"name": "", **window}])
    averages = pixels.reshape(HEIGHT, 4, WIDTH, 4).mean(axis=(1, 3))
    assert np.abs(harness.drawn()[..., 0] - grey(averages, window)).max() <= 1


def test_no_pixel_is_left_out_between_two_levels(harness: ViewerHarness) -> None:
    pixels = ramp(4095, 3 * HEIGHT, 3 * WIDTH)
    harness.show(pixels, windows=[{"name": "", **FULL}])
    halves = pixels.reshape(3 * HEIGHT // 2, 2, 3 * WIDTH // 2, 2).mean(axis=(1, 3))
    spread = halves.repeat(2, axis=0).repeat(2, axis=1)
    expected = grey(spread.reshape(HEIGHT, 3, WIDTH, 3).mean(axis=(1, 3)), FULL)
    assert np.abs(harness.drawn()[..., 0] - expected).max() <= 1


def test_an_enlarged_film_is_smooth(harness: ViewerHarness) -> None:
    pixels = np.array([[0, 4000], [0, 4000]], np.uint16)
    harness.show(pixels, windows=[{"name": "", **FULL}])
    row = harness.drawn()[HEIGHT // 2, :, 0]
    left = (WIDTH - HEIGHT) // 2
    inside = row[left : left + HEIGHT]
    assert np.abs(np.diff(inside)).max() <= 2
    assert (inside[0], inside[-1]) == (0, 249)
    assert row[left - 1] == row[left + HEIGHT] == 0


def test_a_screen_of_two_pixels_per_css_pixel_shows_twice_as_much(
    browser: Browser, site: StaticSite
) -> None:
    pixels = ramp(4095, 2 * HEIGHT, 2 * WIDTH)
    with opened(browser, site, device_scale_factor=2) as harness:
        harness.show(pixels, windows=[{"name": "", **FULL}])
        assert harness.js("[viewer.state.scale, viewer.pixelScale]") == [1, 1]
        assert np.abs(harness.drawn()[..., 0] - grey(pixels, FULL)).max() <= 1


def test_moving_draws_the_same_as_drawing_anew(harness: ViewerHarness) -> None:
    harness.show(ramp(), lungs())
    harness.js("Object.assign(viewer, {overlay: 0.5, outlines: true, zones: true})")
    harness.js("viewer.zoomBy(4.3); viewer.draw()")
    for dx, dy in ((37, -12), (-260, 90), (13, 300), (200, -411), (-700, 2)):
        harness.js("([dx, dy]) => { viewer.panBy(dx, dy); viewer.draw(); }", [dx, dy])
    moved = harness.drawn()
    harness.js("viewer.mirrored = true; viewer.draw(); viewer.mirrored = false")
    assert np.array_equal(moved, harness.drawn())
    assert moved.std() > 10


def test_a_mirrored_film_is_the_film_turned_about(harness: ViewerHarness) -> None:
    harness.show(ramp(), lungs())
    harness.js("Object.assign(viewer, {overlay: 0.5, outlines: true}); viewer.actualSize()")
    straight = harness.film()
    harness.js("viewer.mirrored = true")
    left, right = harness.js("[viewer.toScreen(240, 0).x, viewer.toScreen(0, 0).x]")
    assert left < right
    mirrored = harness.drawn()[100:400, round(left) : round(right)]
    assert np.abs(mirrored[:, ::-1] - straight).max() <= 8  # lines round to other pixels


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


def test_presets_begin_with_the_films_own(harness: ViewerHarness) -> None:
    pixels = ramp()
    values = base64.b64encode(bytes(range(256))).decode()
    own = {"name": "Lung", "center": 1000.0, "width": 500.0, "function": "SIGMOID"}
    harness.show(pixels, lungs(), windows=[own], lut={"first": 0, "values": values})
    presets = harness.js("viewer.presets()")
    keys = [preset.get("name") or preset["key"] for preset in presets]
    assert keys == ["lut", "Lung", "automatic", "full", "lungs", "dense"]
    limits = {
        preset["key"]: (
            preset["window"]["center"] - preset["window"]["width"] / 2,
            preset["window"]["center"] + preset["window"]["width"] / 2,
        )
        for preset in presets[2:]
    }
    assert limits["full"] == (pixels.min(), pixels.max())
    assert limits["automatic"] == pytest.approx(np.percentile(pixels, (0.5, 99.5)), abs=20)
    inside = resized((lungs()[1:].max(0) / 255).astype(np.float32), (COLUMNS, ROWS)) > 0.5
    assert limits["lungs"] == pytest.approx(np.percentile(pixels[inside], (1, 99)), abs=80)
    assert limits["dense"] == pytest.approx(np.percentile(pixels, (50, 99.9)), abs=20)


def test_the_range_that_was_graded_is_the_automatic_window(harness: ViewerHarness) -> None:
    harness.show(ramp(), windows=[{"name": "range", **FULL}])
    presets = harness.js("viewer.presets()")
    assert [preset["key"] for preset in presets] == ["automatic", "full", "dense"]
    assert presets[0]["window"] == harness.js("viewer.window") == FULL


@pytest.mark.parametrize("value", [0, 700])
def test_a_film_of_one_value_is_shown(harness: ViewerHarness, value: int) -> None:
    harness.show(np.full((20, 30), value, np.uint16), np.zeros((3, 8, 8), np.uint8))
    assert harness.js("viewer.presets().map(({key}) => key)") == ["automatic", "full", "dense"]
    assert harness.js("viewer.zoneAnchors()") == {}
    assert harness.drawn().std() < 1


def test_a_film_wider_than_a_texture_is_shown_smaller(own_harness: ViewerHarness) -> None:
    own_harness.js(
        """() => {
            const { prototype } = WebGL2RenderingContext;
            const real = prototype.getParameter;
            prototype.getParameter = function (name) {
                return name === this.MAX_TEXTURE_SIZE ? 128 : real.call(this, name);
            };
        }"""
    )
    own_harness.begin()
    pixels = ramp(4095, 300, 241)
    own_harness.show(pixels, windows=[{"name": "", **FULL}])
    assert own_harness.js("viewer.reduced") is True
    own_harness.js("viewer.actualSize()")
    shown = own_harness.film()[..., 0].astype(float)
    smooth = grey(pixels[:300, :240].reshape(75, 4, 60, 4).mean(axis=(1, 3)), FULL)
    assert shown[:300, :240].reshape(75, 4, 60, 4).mean(axis=(1, 3)) == pytest.approx(
        smooth, abs=12
    )


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
    harness.js("viewer.clear()")
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
