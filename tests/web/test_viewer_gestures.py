"""Mouse, wheel and touch on the viewer, and the transform between film and screen."""

from __future__ import annotations

import base64

import pytest

pytest.importorskip("playwright.sync_api")

from tests.web.viewer_films import FULL, ramp
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


@pytest.mark.parametrize("how", ["right", "shift", "space", "tool"])
def test_a_drag_can_move_the_film(harness: ViewerHarness, how: str) -> None:
    harness.show(ramp())
    harness.js("viewer.zoomBy(3); canvas.addEventListener('contextmenu', "
             "(event) => { globalThis.menu = !event.defaultPrevented; })")  # fmt: skip
    before = harness.js("[viewer.window, viewer.toScreen(100, 100)]")
    key = {"shift": "Shift", "space": "Space"}.get(how)
    if key:
        harness.page.keyboard.down(key)
    if how == "tool":
        harness.js("viewer.tool = 'pan'")
    harness.drag(40, -30, button="right" if how == "right" else "left")
    if key:
        harness.page.keyboard.up(key)
    window, position = harness.js("[viewer.window, viewer.toScreen(100, 100)]")
    assert window == before[0]
    assert position["x"] - before[1]["x"] == pytest.approx(40, abs=1)
    assert position["y"] - before[1]["y"] == pytest.approx(-30, abs=1)
    if how == "right":
        assert harness.js("globalThis.menu") is False


def test_a_middle_drag_up_enlarges(harness: ViewerHarness) -> None:
    harness.show(ramp())
    harness.drag(0, -50, button="middle")
    assert harness.js("viewer.state.scale") > 1.3


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
    harness.show(ramp(), spacing_mm=[0.14, 0.15])
    harness.js("viewer.actualSize()")
    assert harness.js("viewer.mmPerPixel()") == pytest.approx(0.15)


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
