"""The film on the viewer's canvas, read back and compared with numpy."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser

from radiograde.service.documents.drawing import resized
from tests.web.static_site import StaticSite
from tests.web.viewer_films import COLUMNS, FULL, RNG, ROWS, grey, lungs, ramp
from tests.web.viewer_harness import HEIGHT, WIDTH, ViewerHarness, opened


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
