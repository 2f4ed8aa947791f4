"""A viewer in a browser, and what tests do to it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from tests.web.static_site import StaticSite

WIDTH, HEIGHT = 600, 500
"""The canvas of the harness, in CSS pixels."""


@dataclass
class ViewerHarness:
    """A page with one viewer, as ``viewer`` on it."""

    page: Page
    site: StaticSite
    errors: list[str] = field(default_factory=list)
    shape: tuple[int, int] = (0, 0)
    view: dict[str, Any] = field(default_factory=dict)

    def open(self) -> None:
        """Load the page."""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._record_error)
        self.page.goto(f"{self.site.url}/viewer.html")
        self.page.wait_for_function("Boolean(globalThis.begin)")

    def begin(self) -> None:
        """Have a viewer that knows its size and shows nothing yet."""
        self.page.mouse.move(0, 0)
        self.js("begin()")

    def _record_error(self, line: Any) -> None:
        is_error = line.type == "error" or "GL_INVALID" in line.text
        if is_error and "favicon" not in line.location.get("url", ""):
            self.errors.append(line.text)

    def show(
        self,
        pixels: NDArray[np.uint16],
        maps: NDArray[np.uint8] | None = None,
        **facts: Any,
    ) -> None:
        """Show a film; ``facts`` stand in its document of ``/view``."""
        rows, columns = self.shape = pixels.shape
        size = None
        if maps is not None:
            rows_of_map, columns_of_map = maps.shape[1:]
            size = {
                "rows": rows_of_map, "columns": columns_of_map,
                "borders": [0.35, 0.7], "involved": 0.25,
            }  # fmt: skip
        self.view = {
            "rows": rows, "columns": columns, "slope": 1, "intercept": 0, "inverted": False,
            "windows": [], "lut": None, "spacing_mm": None, "spacing_origin": None, "maps": size,
            **facts,
        }  # fmt: skip
        self.site.hold("film", self.view, pixels, maps)
        self.page.evaluate("show('film')")

    def js(self, script: str, argument: Any = None) -> Any:
        """Return the value of an expression or of a function of ``argument``."""
        return self.page.evaluate(script, argument)

    def drawn(self) -> NDArray[np.int16]:
        """Return what is on the canvas, (rows, columns, 3) of 0-255."""
        answer = self.js("drawn()")
        raw = np.frombuffer(base64.b64decode(answer["base64"]), np.uint8)
        picture: NDArray[np.uint8] = raw.reshape(answer["height"], answer["width"], 4)[..., :3]
        return picture.astype(np.int16)

    def film(self) -> NDArray[np.int16]:
        """Return the part of the canvas that holds the whole film, at actual size or less."""
        rows, columns = self.shape
        left, top = self._screen(0, 0)
        right, bottom = self._screen(columns, rows)
        picture = self.drawn()
        return picture[round(top) : round(bottom), round(left) : round(right)]

    def _screen(self, x: float, y: float) -> tuple[float, float]:
        position = self.js("([x, y]) => viewer.toScreen(x, y)", [x, y])
        return position["x"], position["y"]

    def drag(
        self, dx: int, dy: int, button: str = "left", start: tuple[int, int] = (300, 250)
    ) -> None:
        """Drag with the mouse by CSS pixels, in two steps."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down(button=button)  # type: ignore[arg-type]
        mouse.move(start[0] + dx, start[1] + dy, steps=2)
        mouse.up(button=button)  # type: ignore[arg-type]


@contextmanager
def opened(browser: Browser, site: StaticSite, **options: Any) -> Iterator[ViewerHarness]:
    """Open a page of its own with a viewer; at the end nothing may have gone wrong."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, **options)
    harness = ViewerHarness(page, site)
    harness.open()
    harness.begin()
    yield harness
    page.close()
    assert harness.errors == []
