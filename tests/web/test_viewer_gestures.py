"""Mouse, wheel and touch on the viewer, and the transform between film and screen."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")

from tests.web.viewer_films import FULL, lungs, ramp
from tests.web.viewer_harness import ViewerHarness


def test_dragging_changes_the_window(harness: ViewerHarness) -> None:
    harness.show(ramp(), windows=[{"name": "", **FULL}])
    harness.drag(60, 0)
    wider = harness.js("viewer.window")
    assert wider["width"] > FULL["width"] * 1.05
    assert wider["center"] == FULL["center"]
    before = harness.drawn().mean()
    harness.drag(0, 60)
    assert harness.js("viewer.window.center") > FULL["center"] * 1.05
    assert harness.drawn().mean() < before - 5


def test_dragging_down_darkens_an_inverted_film_too(harness: ViewerHarness) -> None:
    harness.show(ramp(), windows=[{"name": "", **FULL}], inverted=True)
    before = harness.drawn().mean()
    harness.drag(0, 60)
    assert harness.drawn().mean() < before - 5


def test_dragging_begins_at_the_films_own_table(harness: ViewerHarness) -> None:
    values = base64.b64encode(bytes(range(256))).decode()
    harness.show(ramp(255), lut={"first": 0, "values": values})
    harness.drag(30, 0)
    window = harness.js("viewer.window")
    assert window["center"] == 128
    assert 256 < window["width"] < 300


@pytest.mark.parametrize("how", ["middle", "shift", "space", "tool"])
def test_a_drag_can_move_the_film(harness: ViewerHarness, how: str) -> None:
    harness.show(ramp())
    harness.js("viewer.zoomBy(3)")
    before = harness.js("[viewer.window, viewer.toScreen(100, 100)]")
    key = {"shift": "Shift", "space": "Space"}.get(how)
    if key:
        harness.page.keyboard.down(key)
    if how == "tool":
        harness.js("viewer.tool = 'pan'")
    harness.drag(40, -30, button="middle" if how == "middle" else "left")
    if key:
        harness.page.keyboard.up(key)
    window, position = harness.js("[viewer.window, viewer.toScreen(100, 100)]")
    assert window == before[0]
    assert position["x"] - before[1]["x"] == pytest.approx(40, abs=1)
    assert position["y"] - before[1]["y"] == pytest.approx(-30, abs=1)


def test_a_right_drag_up_enlarges_and_opens_no_menu(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.js("canvas.addEventListener('contextmenu', "
               "(event) => { globalThis.menu = !event.defaultPrevented; })")  # fmt: skip
    harness.drag(0, -50, button="right")
    assert harness.js("viewer.state.scale") > 1.3
    assert harness.js("globalThis.menu") is False


def test_the_wheel_zooms_at_the_pointer_and_a_double_click_fits(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.page.mouse.move(220, 190)
    before = harness.js("viewer.toFilm(220, 190)")
    harness.page.mouse.wheel(0, -500)
    harness.page.wait_for_function("viewer.state.scale > 1.5")
    after = harness.js("({x, y}) => viewer.toScreen(x, y)", before)
    assert (after["x"], after["y"]) == pytest.approx((220, 190), abs=1)
    harness.page.mouse.dblclick(300, 250)
    assert harness.js("viewer.state.scale") == 1
    assert harness.js("viewer.state.center") == {"x": 0.5, "y": 0.5}


def test_one_finger_moves_and_two_zoom(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.js("viewer.zoomBy(2)")
    window, before = harness.js("[viewer.window, viewer.toScreen(100, 100)]")
    hand = harness.page.context.new_cdp_session(harness.page)

    def touch(kind: str, *positions: tuple[int, int]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(positions)]
        hand.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    touch("Start", (300, 250))
    touch("Move", (340, 270))
    touch("End")
    position = harness.js("viewer.toScreen(100, 100)")
    moved = position["x"] - before["x"], position["y"] - before["y"]
    assert moved == pytest.approx((40, 20), abs=1)
    under = harness.js("viewer.toFilm(300, 250)")
    touch("Start", (250, 250), (350, 250))
    touch("Move", (200, 250), (400, 250))
    touch("End")
    assert harness.js("viewer.state.scale") == pytest.approx(4, rel=0.02)
    again = harness.js("viewer.toFilm(300, 250)")
    assert (again["x"], again["y"]) == pytest.approx((under["x"], under["y"]), abs=1)
    assert harness.js("viewer.window") == window
    state = harness.js("[viewer.state.scale, viewer.state.center]")
    touch("Start", (250, 250), (350, 250))
    touch("Move", (250, 270), (350, 270))
    touch("Move", (250, 310), (350, 310))
    touch("End")
    assert harness.js("viewer.window.center") > window["center"] * 1.05
    assert harness.js("viewer.window.width") == window["width"]
    assert harness.js("[viewer.state.scale, viewer.state.center]") == state


def measured(harness: ViewerHarness) -> Any:
    return harness.js("viewer.measured")


def test_a_length_is_in_pixels_and_where_it_can_be_believed_in_mm(harness: ViewerHarness) -> None:
    for spacing, mm in ((None, None), ([3.0, 4.0], None), ([0.5, 0.6], 100 * 0.6)):
        harness.show(ramp(), spacing_mm=spacing, spacing_origin=spacing and "detector")
        harness.js("viewer.actualSize(); viewer.tool = 'length'")
        harness.drag(100, 0)
        (length,) = measured(harness)
        assert length["kind"] == "length"
        assert length["px"] == pytest.approx(100)
        assert length["mm"] == (mm if mm is None else pytest.approx(mm))
        harness.js("viewer.measure('drop')")
        assert measured(harness) == []


def test_an_angle_has_two_arms_and_a_click_measures_nothing(harness: ViewerHarness) -> None:
    harness.show(ramp(), spacing_mm=[1.0, 2.0])
    harness.js("viewer.actualSize(); viewer.tool = 'angle'")
    harness.drag(0, 0)
    assert measured(harness) == []
    harness.drag(-50, 0)
    assert measured(harness)[0]["degrees"] is not None, "the second arm follows the pointer"
    harness.drag(0, 0, start=(250, 150))
    harness.page.mouse.move(20, 20)
    (angle,) = measured(harness)
    assert angle["degrees"] == pytest.approx(90, abs=1)
    harness.js("viewer.tool = 'angle'")
    harness.drag(50, 0, start=(200, 250))
    harness.drag(0, 0, start=(200, 200))
    expected = math.degrees(math.atan2(50, 2 * 50))
    assert measured(harness)[1]["degrees"] == pytest.approx(expected, abs=1)


def test_a_region_has_the_mean_of_the_values_within(harness: ViewerHarness) -> None:
    pixels = ramp()
    harness.show(pixels, slope=2, intercept=-10, spacing_mm=[0.7, 0.8], spacing_origin="calibrated")
    harness.js("viewer.actualSize(); viewer.tool = 'region'")
    harness.drag(60, 40)
    (region,) = measured(harness)
    (left, top), (right, bottom) = ((point["x"], point["y"]) for point in region["points"])
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]] + 0.5
    across, down = (2 * x - left - right) / (right - left), (2 * y - top - bottom) / (bottom - top)
    inside = pixels[np.hypot(across, down) <= 1] * 2.0 - 10
    assert abs(region["count"] - inside.size) <= 2
    assert region["mean"] == pytest.approx(inside.mean(), rel=0.01)
    assert region["deviation"] == pytest.approx(inside.std(), rel=0.02)
    assert region["mm2"] == pytest.approx(region["count"] * 0.7 * 0.8)


def test_spacing_that_makes_the_lungs_a_childs_is_not_believed(harness: ViewerHarness) -> None:
    for spacing, believed in ((0.3, None), (1.2, 1.2), (2.5, None)):
        maps = lungs(64, 64)
        harness.show(ramp(), maps, spacing_mm=[spacing, spacing], spacing_origin="detector")
        found = harness.js("viewer.spacing")
        assert (found and found["across"]) == believed


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_rotated_film_is_the_film_turned_about(
    harness: ViewerHarness, turns: int, mirrored: bool
) -> None:
    pixels = ramp()
    harness.show(pixels, windows=[{"name": "", **FULL}])
    harness.js("viewer.actualSize()")
    straight = harness.film()
    harness.js("([turns, mirrored]) => { viewer.mirrored = mirrored; viewer.turns = turns; "
               "viewer.actualSize(); }", [turns, mirrored])  # fmt: skip
    corners = [harness.js("([x, y]) => viewer.toScreen(x, y)", [x, y])
               for x, y in ((0, 0), (pixels.shape[1], pixels.shape[0]))]  # fmt: skip
    (left, right), (top, bottom) = (
        sorted(round(corner[axis]) for corner in corners) for axis in "xy"
    )
    turned = np.rot90(straight[:, ::-1] if mirrored else straight, -turns)
    assert np.array_equal(harness.drawn()[top:bottom, left:right], turned)
    there = harness.js("viewer.toScreen(30.25, 77.75)")
    back = harness.js("({x, y}) => viewer.toFilm(x, y)", there)
    assert (back["x"], back["y"]) == pytest.approx((30.25, 77.75))
    before = harness.js("viewer.toFilm(300, 250)")
    harness.js("viewer.zoomBy(2, 300, 250); viewer.panBy(30, 10)")
    after = harness.js("viewer.toFilm(330, 260)")
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=1)


def test_mirroring_a_rotated_film_exchanges_the_screens_sides(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.js("viewer.turns = 1")
    assert harness.js("viewer.sideOfLeft") == "top"
    before = harness.js("viewer.toScreen(60, 80)")
    harness.js("viewer.mirrored = true")
    after = harness.js("viewer.toScreen(60, 80)")
    assert (after["x"] - 300, after["y"]) == pytest.approx((300 - before["x"], before["y"]), abs=1)
    harness.js("viewer.reset()")
    assert harness.js("[viewer.turns, viewer.mirrored]") == [0, False]


def test_the_magnifier_shows_what_lies_under_the_pointer(harness: ViewerHarness) -> None:
    pixels = ramp()
    harness.show(pixels, windows=[{"name": "", **FULL}])
    harness.js("viewer.actualSize(); viewer.draw()")
    answer = harness.js(
        """() => {
          const lens = document.createElement("canvas");
          lens.width = lens.height = 90;
          const context = lens.getContext("2d");
          viewer.lens(context, 300.5, 250.5, 3);
          const { x, y } = viewer.toFilm(300.5, 250.5);
          return { x, y, greys: [...context.getImageData(0, 0, 90, 90).data] };
        }"""
    )
    greys = np.array(answer["greys"], np.uint8).reshape(90, 90, 4)[..., 0]
    row, column = int(answer["y"]), int(answer["x"])
    expected = np.rint(pixels[row - 10 : row + 11, column - 10 : column + 11] / 4096 * 255)
    assert np.abs(greys[15:76:3, 15:76:3].astype(int) - expected).max() <= 1


def test_the_pointer_is_reported_until_it_leaves(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.js("globalThis.at = []; viewer.addEventListener('hover', (e) => at.push(e.detail))")
    harness.page.mouse.move(310, 240)
    assert harness.js("at.at(-1)") == {"x": 310, "y": 240}
    harness.js("canvas.dispatchEvent(new PointerEvent('pointerleave'))")
    assert harness.js("at.at(-1)") is None


@pytest.mark.parametrize("mirrored", [False, True])
def test_positions_on_screen_and_film_are_inverse(harness: ViewerHarness, mirrored: bool) -> None:
    pixels = ramp()
    harness.show(pixels, slope=2, intercept=-10)
    harness.js("viewer.zoomBy(2.7, 100, 80); viewer.panBy(11, 3)")
    harness.js("mirrored => { viewer.mirrored = mirrored; }", mirrored)
    there = harness.js("viewer.toScreen(30.25, 77.75)")
    back = harness.js("({x, y}) => viewer.toFilm(x, y)", there)
    assert (back["x"], back["y"]) == pytest.approx((30.25, 77.75))
    value = harness.js("({x, y}) => viewer.valueAt(x, y)", there)
    assert value == int(pixels[77, 30]) * 2 - 10
    assert harness.js("viewer.valueAt(viewer.toScreen(-1, 5).x, 100)") is None


def test_a_scale_bar_needs_the_spacing(harness: ViewerHarness) -> None:
    harness.show(ramp())
    assert harness.js("viewer.mmPerPixel()") is None
    harness.show(ramp(), spacing_mm=[0.64, 0.65])
    harness.js("viewer.actualSize()")
    assert harness.js("viewer.mmPerPixel()") == pytest.approx(0.65)
    harness.js("viewer.turns = 1; viewer.actualSize()")
    assert harness.js("viewer.mmPerPixel()") == pytest.approx(0.64)


def test_two_viewers_move_as_one(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.js(
        """async () => {
            const second = document.createElement("canvas");
            document.body.append(second);
            second.style.width = "200px";
            globalThis.other = new Viewer(second);
            await show("film", other);
            await frame();
            globalThis.events = [];
            const link = (one, two) => one.addEventListener("change", ({ detail }) => {
                events.push(detail.kind);
                two.state = one.state;
            });
            link(viewer, other);
            link(other, viewer);
        }"""
    )
    harness.js("viewer.zoomBy(2.5); viewer.panBy(-40, 15); viewer.invert = true")
    harness.js("viewer.window = {center: 900, width: 333, function: 'SIGMOID'}")
    harness.js("other.mirrored = true")
    one, two = harness.js("[viewer.state, other.state]")
    assert one == two
    assert (one["scale"], one["window"]["center"]) == (2.5, 900)
    assert one["invert"] is one["mirrored"] is True
    assert sorted(set(harness.js("events"))) == ["camera", "invert", "mirrored", "window"]
    assert len(harness.js("events")) == 10


def test_lungs_of_linked_viewers_lie_at_the_same_place(harness: ViewerHarness) -> None:
    maps = lungs()
    smaller = np.zeros_like(maps)
    smaller[:, 8:40, 20:52] = maps[:, ::2, ::2]
    view = {"windows": [{"name": "", **FULL}]}
    harness.show(ramp(), maps, **view)
    harness.site.hold("other", harness.view | {"rows": 600, "columns": 480}, ramp(4095, 600, 480),
                      smaller)  # fmt: skip
    places = harness.js(
        """async () => {
          const { linkViewers } = await import("./components/linked_viewers.js");
          const second = document.createElement("canvas");
          document.body.append(second);
          second.style.width = "600px";
          globalThis.other = new Viewer(second);
          await show("other", other);
          await frame();
          const unlink = linkViewers([viewer, other], true);
          viewer.zoomBy(1.7, 200, 150);
          viewer.turns = 1;
          const both = [viewer, other].map((one) => Object.entries(one.zoneAnchors())
            .map(([name, { outer }]) => [name, one.toScreen(outer.x, outer.y)]));
          unlink();
          viewer.panBy(50, 0);
          return [...both, other.state.center.y === viewer.state.center.y];
        }"""
    )
    one, two, still_linked = places
    assert [name for name, _ in one] == list("ABCDEF") == [name for name, _ in two]
    for (_, first), (_, second) in zip(one, two, strict=True):
        assert (first["x"], first["y"]) == pytest.approx((second["x"], second["y"]), abs=12)
    assert not still_linked


def test_linked_films_still_fit_when_their_canvases_are_resized(harness: ViewerHarness) -> None:
    harness.show(ramp(), lungs(), windows=[{"name": "", **FULL}])
    harness.site.hold("other", harness.view, ramp(), lungs()[:, ::-1])
    scales = harness.js(
        """async () => {
          const { linkViewers } = await import("./components/linked_viewers.js");
          const second = document.createElement("canvas");
          document.body.append(second);
          second.style.width = "600px";
          globalThis.other = new Viewer(second);
          await show("other", other);
          await frame();
          linkViewers([viewer, other], true);
          for (const height of ["125px", "400px", "250px"]) {
            for (const one of [second, canvas]) { one.style.height = height; await frame(); }
          }
          await frame();
          const [one, two] = [viewer, other].map(({ place }) => place.magnification);
          return [viewer.state.scale, other.state.scale, one / two];
        }"""
    )
    assert scales == pytest.approx([1, 1, 1], rel=0.05)
