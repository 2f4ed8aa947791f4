"""The viewer's canvas, read back and compared with numpy."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser

from radiograde.service.documents.drawing import heat
from radiograde.service.documents.maps import resized
from radiograde.service.documents.overlay import _zone_rows
from tests.web.static_site import Site
from tests.web.viewer_films import COLUMNS, FULL, RNG, ROWS, lungs, ramp
from tests.web.viewer_page import HEIGHT, WIDTH, Stage, opened


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
    stage: Stage, curve: str, inverted: bool, invert: bool
) -> None:
    pixels = ramp()
    window = {"center": 400.5, "width": 900.0, "function": curve}
    facts: dict[str, Any] = {"slope": 0.5, "intercept": -200, "inverted": inverted}
    stage.show(pixels, windows=[{"name": "", **window}], **facts)
    assert stage.js("viewer.window") == window
    stage.js("invert => { viewer.actualSize(); viewer.invert = invert; }", invert)
    expected = grey(pixels * 0.5 - 200, window)
    if inverted != invert:
        expected = 255 - expected
    assert np.abs(stage.film() - expected[..., None]).max() <= 1


def test_a_window_of_one_is_a_step(stage: Stage) -> None:
    pixels = ramp()
    window = {"center": 2000.5, "width": 1, "function": "LINEAR"}
    stage.show(pixels, windows=[{"name": "", **window}], inverted=True)
    stage.js("viewer.actualSize()")
    assert np.array_equal(stage.film()[..., 0], np.where(pixels <= 2000, 255, 0))


def test_the_films_own_table_is_used(stage: Stage) -> None:
    pixels = ramp()
    values = (255 * np.linspace(0, 1, 3000) ** 2).astype(np.uint8)
    lut = {"first": 500, "values": base64.b64encode(values.tobytes()).decode()}
    stage.show(pixels, lut=lut)
    assert stage.js("viewer.window") == {"lut": True}
    stage.js("viewer.actualSize()")
    expected = values[np.clip(pixels.astype(int) - 500, 0, 2999)]
    assert np.array_equal(stage.film()[..., 0], expected)


@pytest.mark.parametrize("high", [1, 255, 16383, 65535])
def test_every_depth_uses_the_whole_range(stage: Stage, high: int) -> None:
    pixels = ramp(high)
    window = {"center": high / 2, "width": high, "function": "LINEAR_EXACT"}
    stage.show(pixels, windows=[{"name": "", **window}])
    stage.js("viewer.actualSize()")
    assert np.abs(stage.film()[..., 0] - grey(pixels, window)).max() <= 1


def test_a_reduced_film_is_averaged_before_the_window(stage: Stage) -> None:
    pixels = RNG.integers(0, 256, (4 * HEIGHT, 4 * WIDTH)).astype(np.uint16)
    window = {"center": 128, "width": 60, "function": "LINEAR_EXACT"}
    stage.show(pixels, windows=[{"name": "", **window}])
    averages = pixels.reshape(HEIGHT, 4, WIDTH, 4).mean(axis=(1, 3))
    assert np.abs(stage.drawn()[..., 0] - grey(averages, window)).max() <= 1


def test_no_pixel_is_left_out_between_two_levels(stage: Stage) -> None:
    pixels = ramp(4095, 3 * HEIGHT, 3 * WIDTH)
    stage.show(pixels, windows=[{"name": "", **FULL}])
    halves = pixels.reshape(3 * HEIGHT // 2, 2, 3 * WIDTH // 2, 2).mean(axis=(1, 3))
    spread = halves.repeat(2, axis=0).repeat(2, axis=1)
    expected = grey(spread.reshape(HEIGHT, 3, WIDTH, 3).mean(axis=(1, 3)), FULL)
    assert np.abs(stage.drawn()[..., 0] - expected).max() <= 1


def test_an_enlarged_film_is_smooth(stage: Stage) -> None:
    pixels = np.array([[0, 4000], [0, 4000]], np.uint16)
    stage.show(pixels, windows=[{"name": "", **FULL}])
    row = stage.drawn()[HEIGHT // 2, :, 0]
    left = (WIDTH - HEIGHT) // 2
    inside = row[left : left + HEIGHT]
    assert np.abs(np.diff(inside)).max() <= 2
    assert (inside[0], inside[-1]) == (0, 249)
    assert row[left - 1] == row[left + HEIGHT] == 0


def test_a_screen_of_two_pixels_per_css_pixel_shows_twice_as_much(
    browser: Browser, site: Site
) -> None:
    pixels = ramp(4095, 2 * HEIGHT, 2 * WIDTH)
    with opened(browser, site, device_scale_factor=2) as stage:
        stage.show(pixels, windows=[{"name": "", **FULL}])
        assert stage.js("[viewer.state.scale, viewer.pixelScale]") == [1, 1]
        assert np.abs(stage.drawn()[..., 0] - grey(pixels, FULL)).max() <= 1


def test_moving_draws_the_same_as_drawing_anew(stage: Stage) -> None:
    stage.show(ramp(), lungs())
    stage.js("Object.assign(viewer, {overlay: 0.5, outlines: true, zones: true})")
    stage.js("viewer.zoomBy(4.3); viewer.draw()")
    for dx, dy in ((37, -12), (-260, 90), (13, 300), (200, -411), (-700, 2)):
        stage.js("([dx, dy]) => { viewer.panBy(dx, dy); viewer.draw(); }", [dx, dy])
    moved = stage.drawn()
    stage.js("viewer.mirrored = true; viewer.draw(); viewer.mirrored = false")
    assert np.array_equal(moved, stage.drawn())
    assert moved.std() > 10


def test_a_mirrored_film_is_the_film_turned_about(stage: Stage) -> None:
    stage.show(ramp(), lungs())
    stage.js("Object.assign(viewer, {overlay: 0.5, outlines: true}); viewer.actualSize()")
    straight = stage.film()
    stage.js("viewer.mirrored = true")
    left, right = stage.js("[viewer.toScreen(240, 0).x, viewer.toScreen(0, 0).x]")
    assert left < right
    mirrored = stage.drawn()[100:400, round(left) : round(right)]
    assert np.abs(mirrored[:, ::-1] - straight).max() <= 8  # lines round to other pixels


def test_colour_lies_as_in_the_services_own_picture(stage: Stage) -> None:
    pixels, maps = ramp(), lungs()
    stage.show(pixels, maps, windows=[{"name": "", **FULL}])
    stage.js("viewer.actualSize(); viewer.overlay = 0.68")
    opacity, right, left = (
        resized((plane / 255).astype(np.float32), (COLUMNS, ROWS)) for plane in maps
    )
    greys = Image.fromarray(np.rint(grey(pixels, FULL)).astype(np.uint8))
    expected = greys.convert("RGB")
    heat(expected, opacity * np.clip(right + left, 0, 1))
    seen = stage.film()
    assert np.abs(seen - np.asarray(expected, np.int16)).max() <= 4
    outside = right + left == 0
    assert np.ptp(seen, axis=2)[outside].max() == 0
    assert np.ptp(seen, axis=2)[~outside].max() > 90


@pytest.mark.parametrize("zoom", [1, 8])
def test_an_outline_is_thin_at_every_zoom(stage: Stage, zoom: float) -> None:
    stage.show(np.zeros((ROWS, COLUMNS), np.uint16), lungs())
    stage.js("zoom => { viewer.outlines = true; viewer.actualSize(); viewer.zoomBy(zoom); }", zoom)
    stage.js("viewer.state = {center: {x: 0.12, y: 0.5}}")
    blue = stage.drawn()[HEIGHT // 2, :, 2]
    edge = stage.js("viewer.toScreen(240 * 0.12, 0).x")
    places = np.flatnonzero(blue > 100)
    near = places[np.abs(places - edge) < 12]
    assert 1 <= near.size <= 3
    assert places.size <= 4 * 3


def test_zones_end_where_the_services_own_picture_ends_them(stage: Stage) -> None:
    maps = lungs()
    stage.show(np.zeros((ROWS, COLUMNS), np.uint16), maps, spacing_mm=[0.2, 0.2])
    stage.js("viewer.actualSize(); viewer.zones = true")
    blue = stage.film()[..., 2]
    places = stage.js("viewer.zonePlaces()")
    assert sorted(places) == list("ABCDEF")
    for plane, names in zip(maps[1:], ("ABC", "DEF"), strict=True):
        inside = resized((plane / 255).astype(np.float32), (COLUMNS, ROWS)) > 0.5
        rows = _zone_rows(inside, (0.35, 0.7))
        lines = np.flatnonzero((blue * inside).max(axis=1) > 80)
        borders = [top for top, _ in rows[1:]]
        assert all(min(abs(line - border) for border in borders) <= 2 for line in lines)
        assert all(min(abs(line - border) for line in lines) <= 2 for border in borders)
        for name, (top, bottom) in zip(names, rows, strict=True):
            place = places[name]
            assert abs(place["y"] - (top + bottom) / 2) <= 1.5
            assert inside[int(place["y"]), int(place["x"])]
            row = np.flatnonzero(inside[int(place["y"])])
            border = row[0] if name in "ABC" else row[-1] + 1
            assert abs(place["outer"]["x"] - border) <= 1.5


def test_a_lung_that_is_not_seen_has_no_zones(stage: Stage) -> None:
    maps = lungs()
    maps[1] = 0
    stage.show(ramp(), maps)
    stage.js("viewer.zones = viewer.outlines = true")
    assert sorted(stage.js("viewer.zonePlaces()")) == list("DEF")
    assert np.ptp(stage.drawn()[:, : WIDTH // 2], axis=2).max() == 0


def test_presets_begin_with_the_films_own(stage: Stage) -> None:
    pixels = ramp()
    values = base64.b64encode(bytes(range(256))).decode()
    own = {"name": "Lung", "center": 1000.0, "width": 500.0, "function": "SIGMOID"}
    stage.show(pixels, lungs(), windows=[own], lut={"first": 0, "values": values})
    presets = stage.js("viewer.presets()")
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


def test_the_range_that_was_graded_is_the_automatic_window(stage: Stage) -> None:
    stage.show(ramp(), windows=[{"name": "range", **FULL}])
    presets = stage.js("viewer.presets()")
    assert [preset["key"] for preset in presets] == ["automatic", "full", "dense"]
    assert presets[0]["window"] == stage.js("viewer.window") == FULL


@pytest.mark.parametrize("value", [0, 700])
def test_a_film_of_one_value_is_shown(stage: Stage, value: int) -> None:
    stage.show(np.full((20, 30), value, np.uint16), np.zeros((3, 8, 8), np.uint8))
    assert stage.js("viewer.presets().map(({key}) => key)") == ["automatic", "full", "dense"]
    assert stage.js("viewer.zonePlaces()") == {}
    assert stage.drawn().std() < 1


def test_a_film_wider_than_a_texture_is_shown_smaller(own_stage: Stage) -> None:
    own_stage.js(
        """() => {
            const { prototype } = WebGL2RenderingContext;
            const real = prototype.getParameter;
            prototype.getParameter = function (name) {
                return name === this.MAX_TEXTURE_SIZE ? 128 : real.call(this, name);
            };
        }"""
    )
    own_stage.begin()
    pixels = ramp(4095, 300, 241)
    own_stage.show(pixels, windows=[{"name": "", **FULL}])
    assert own_stage.js("viewer.reduced") is True
    own_stage.js("viewer.actualSize()")
    seen = own_stage.film()[..., 0].astype(float)
    smooth = grey(pixels[:300, :240].reshape(75, 4, 60, 4).mean(axis=(1, 3)), FULL)
    assert seen[:300, :240].reshape(75, 4, 60, 4).mean(axis=(1, 3)) == pytest.approx(smooth, abs=12)


def test_a_lost_context_comes_back_with_the_film(stage: Stage) -> None:
    stage.show(ramp(), lungs())
    stage.js("viewer.outlines = true; viewer.overlay = 0.5; viewer.zoomBy(1.7)")
    before = stage.drawn()
    stage.js(
        """async () => {
            const told = (lost) => new Promise((resolve) => {
                const hear = () => viewer.lost === lost && resolve();
                viewer.addEventListener("change", hear);
            });
            const losing = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
            const lost = told(true);
            losing.loseContext();
            await lost;
            await frame(); // it may come back once the event is over
            await show("film");
            viewer.zoomBy(1.7);
            viewer.draw();
            const back = told(false);
            losing.restoreContext();
            await back;
        }"""
    )
    assert np.array_equal(stage.drawn(), before)


def test_a_frame_draws_once_whatever_changed(stage: Stage) -> None:
    stage.show(ramp())
    drawn = stage.js(
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


def test_a_canvas_that_grows_shows_the_film_larger(stage: Stage) -> None:
    stage.show(ramp())
    stage.js("async () => { canvas.style.height = '250px'; await frame(); await frame(); }")
    assert stage.drawn().shape[:2] == (250, WIDTH)
    assert stage.js("viewer.state.scale") == 1
    assert stage.js("viewer.toScreen(0, 0).y") == 0
    assert stage.js("viewer.toScreen(0, 300).y") == pytest.approx(250)


def test_what_cannot_be_shown_is_passed_over(stage: Stage) -> None:
    assert stage.js("[viewer.presets(), viewer.zonePlaces(), viewer.mmPerPixel()]") == [
        [],
        {},
        None,
    ]
    stage.js("viewer.window = {center: 1, width: 2, function: 'LINEAR'}; viewer.windowBy(3, 3)")
    assert stage.drawn().max() == 0
    stage.show(ramp(), windows=[{"name": "", **FULL}])
    for bad in ({"lut": True}, {"center": None, "width": 5}, {"center": 3}):
        stage.js("bad => { viewer.window = bad; }", bad)
    stage.js("viewer.zoomBy(NaN); viewer.zoomBy(0); viewer.zoomBy(-1); viewer.panBy(NaN, 0)")
    stage.js("viewer.tool = 'saw'; viewer.overlay = 7")
    assert stage.js("[viewer.window, viewer.tool, viewer.overlay]") == [FULL, "window", 1]
    assert stage.js("viewer.state.center") == {"x": 0.5, "y": 0.5}
    assert stage.js("viewer.state.scale") == 1
    stage.js("viewer.clear()")
    assert stage.drawn().max() == 0
    assert stage.js("viewer.valueAt(300, 250)") is None


def test_closing_frees_everything(own_stage: Stage) -> None:
    left = own_stage.js(
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
            globalThis.told = 0;
            brief.addEventListener("change", () => { told += 1; });
            globalThis.count = () => alive.size;
            globalThis.alive = alive;
        }"""
    )
    assert left is None
    own_stage.show(ramp(), lungs())
    own_stage.js("show('film', brief)")
    own_stage.js("brief.outlines = true; brief.zoomBy(2); brief.draw()")
    made = own_stage.js("count()")
    assert made > 8
    own_stage.js("viewer.close(); brief.close()")
    heard = own_stage.js("told")
    own_stage.page.mouse.move(50, 50)
    own_stage.page.mouse.wheel(0, -300)
    own_stage.js("async () => { brief.zoomBy(2); brief.draw(); await frame(); }")
    assert own_stage.js("told") == heard
    assert own_stage.js("count()") == 0


def test_without_webgl_the_error_says_so(own_stage: Stage) -> None:
    code = own_stage.js(
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
