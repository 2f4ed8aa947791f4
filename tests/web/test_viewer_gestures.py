"""What mouse, wheel and fingers do to the viewer, and where a place of the film comes to lie."""

from __future__ import annotations

import base64

import pytest

pytest.importorskip("playwright.sync_api")

from tests.web.viewer_films import FULL, ramp
from tests.web.viewer_page import Stage


def test_dragging_changes_the_window(stage: Stage) -> None:
    stage.show(ramp(), windows=[{"name": "", **FULL}])
    stage.drag(60, 0)
    wider = stage.js("viewer.window")
    assert wider["width"] > FULL["width"] * 1.05
    assert wider["center"] == FULL["center"]
    before = stage.drawn().mean()
    stage.drag(0, 60)
    assert stage.js("viewer.window.center") > FULL["center"] * 1.05
    assert stage.drawn().mean() < before - 5


def test_dragging_down_darkens_an_inverted_film_too(stage: Stage) -> None:
    stage.show(ramp(), windows=[{"name": "", **FULL}], inverted=True)
    before = stage.drawn().mean()
    stage.drag(0, 60)
    assert stage.drawn().mean() < before - 5


def test_dragging_begins_at_the_films_own_table(stage: Stage) -> None:
    values = base64.b64encode(bytes(range(256))).decode()
    stage.show(ramp(255), lut={"first": 0, "values": values})
    stage.drag(30, 0)
    window = stage.js("viewer.window")
    assert window["center"] == 128
    assert 256 < window["width"] < 300


@pytest.mark.parametrize("how", ["right", "shift", "space", "tool"])
def test_a_drag_can_move_the_film(stage: Stage, how: str) -> None:
    stage.show(ramp())
    stage.js("viewer.zoomBy(3); canvas.addEventListener('contextmenu', "
             "(event) => { globalThis.menu = !event.defaultPrevented; })")  # fmt: skip
    before = stage.js("[viewer.window, viewer.toScreen(100, 100)]")
    key = {"shift": "Shift", "space": "Space"}.get(how)
    if key:
        stage.page.keyboard.down(key)
    if how == "tool":
        stage.js("viewer.tool = 'pan'")
    stage.drag(40, -30, button="right" if how == "right" else "left")
    if key:
        stage.page.keyboard.up(key)
    window, place = stage.js("[viewer.window, viewer.toScreen(100, 100)]")
    assert window == before[0]
    assert place["x"] - before[1]["x"] == pytest.approx(40, abs=1)
    assert place["y"] - before[1]["y"] == pytest.approx(-30, abs=1)
    if how == "right":
        assert stage.js("globalThis.menu") is False


def test_a_middle_drag_up_enlarges(stage: Stage) -> None:
    stage.show(ramp())
    stage.drag(0, -50, button="middle")
    assert stage.js("viewer.state.scale") > 1.3


def test_the_wheel_zooms_at_the_pointer_and_a_double_click_fits(stage: Stage) -> None:
    stage.show(ramp())
    stage.page.mouse.move(220, 190)
    before = stage.js("viewer.toFilm(220, 190)")
    stage.page.mouse.wheel(0, -500)
    stage.page.wait_for_function("viewer.state.scale > 1.5")
    after = stage.js("({x, y}) => viewer.toScreen(x, y)", before)
    assert (after["x"], after["y"]) == pytest.approx((220, 190), abs=1)
    stage.page.mouse.dblclick(300, 250)
    assert stage.js("viewer.state.scale") == 1
    assert stage.js("viewer.state.center") == {"x": 0.5, "y": 0.5}


def test_one_finger_moves_and_two_zoom(stage: Stage) -> None:
    stage.show(ramp())
    stage.js("viewer.zoomBy(2)")
    window, before = stage.js("[viewer.window, viewer.toScreen(100, 100)]")
    hand = stage.page.context.new_cdp_session(stage.page)

    def touch(kind: str, *places: tuple[int, int]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        hand.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    touch("Start", (300, 250))
    touch("Move", (340, 270))
    touch("End")
    place = stage.js("viewer.toScreen(100, 100)")
    moved = place["x"] - before["x"], place["y"] - before["y"]
    assert moved == pytest.approx((40, 20), abs=1)
    under = stage.js("viewer.toFilm(300, 250)")
    touch("Start", (250, 250), (350, 250))
    touch("Move", (200, 250), (400, 250))
    touch("End")
    assert stage.js("viewer.state.scale") == pytest.approx(4, rel=0.02)
    again = stage.js("viewer.toFilm(300, 250)")
    assert (again["x"], again["y"]) == pytest.approx((under["x"], under["y"]), abs=1)
    assert stage.js("viewer.window") == window


@pytest.mark.parametrize("mirrored", [False, True])
def test_places_on_screen_and_film_are_inverse(stage: Stage, mirrored: bool) -> None:
    pixels = ramp()
    stage.show(pixels, slope=2, intercept=-10)
    stage.js("viewer.zoomBy(2.7, 100, 80); viewer.panBy(11, 3)")
    stage.js("mirrored => { viewer.mirrored = mirrored; }", mirrored)
    there = stage.js("viewer.toScreen(30.25, 77.75)")
    back = stage.js("({x, y}) => viewer.toFilm(x, y)", there)
    assert (back["x"], back["y"]) == pytest.approx((30.25, 77.75))
    value = stage.js("({x, y}) => viewer.valueAt(x, y)", there)
    assert value == int(pixels[77, 30]) * 2 - 10
    assert stage.js("viewer.valueAt(viewer.toScreen(-1, 5).x, 100)") is None


def test_a_scale_bar_needs_the_spacing(stage: Stage) -> None:
    stage.show(ramp())
    assert stage.js("viewer.mmPerPixel()") is None
    stage.show(ramp(), spacing_mm=[0.14, 0.15])
    stage.js("viewer.actualSize()")
    assert stage.js("viewer.mmPerPixel()") == pytest.approx(0.15)


def test_two_viewers_move_as_one(stage: Stage) -> None:
    stage.show(ramp())
    stage.js(
        """async () => {
            const second = document.createElement("canvas");
            document.body.append(second);
            second.style.width = "200px";
            globalThis.other = new Viewer(second);
            await show("film", other);
            await frame();
            globalThis.told = [];
            const link = (one, two) => one.addEventListener("change", ({ detail }) => {
                told.push(detail.kind);
                two.state = one.state;
            });
            link(viewer, other);
            link(other, viewer);
        }"""
    )
    stage.js("viewer.zoomBy(2.5); viewer.panBy(-40, 15); viewer.invert = true")
    stage.js("viewer.window = {center: 900, width: 333, function: 'SIGMOID'}")
    stage.js("other.mirrored = true")
    one, two = stage.js("[viewer.state, other.state]")
    assert one == two
    assert (one["scale"], one["window"]["center"]) == (2.5, 900)
    assert one["invert"] is one["mirrored"] is True
    assert sorted(set(stage.js("told"))) == ["camera", "invert", "mirrored", "window"]
    assert len(stage.js("told")) == 10
