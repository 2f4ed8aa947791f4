"""A reader's day: every film of the list opened by mouse, keys and touch, in a real browser.

Whatever goes wrong fails the walk: an error in the console, a request that leaves the origin, a
serious finding of axe, a film that shows another score than the list. Measured is the time from
the press to the film on the screen; films of 8 megapixels are counted apart.

    python -m benchmarks.day_walk --browser chromium
    xvfb-run -a python -m benchmarks.day_walk --browser firefox
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import Browser, Page, expect

from benchmarks.browsers import launched
from benchmarks.drawn_day import served_day
from benchmarks.stopwatch import RESULTS
from tests.web.page_driver import serious_axe_findings

TOUCHED = 40
"""Films that are opened by a finger, on a tablet."""

AXE_EVERY, TOOLS_EVERY, REVIEW_EVERY = 50, 10, 20
DWELL_MS = 500
"""How long a film is looked at, at least; a reader takes longer."""

KEYS = ("i", "i", "o", "o", "z", "z", "l", "l", "y", "y", "p", "+", "0", "v", "0")
"""Tools by key, each undone."""

_PRESSED = """() => {
  const note = ({ timeStamp }) => { globalThis.pressed = timeStamp; };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, note, { capture: true });
}"""
_SHOWN = """() => {
  const shown = performance.getEntriesByName("film-shown").at(-1)?.startTime ?? 0;
  return shown > globalThis.pressed ? shown - globalThis.pressed : null;
}"""
_PINCH = """(canvas) => {
  const { left, top } = canvas.getBoundingClientRect();
  const send = (type, pointerId, x) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerId, pointerType: "touch", clientX: left + x, clientY: top + 200, bubbles: true,
    isPrimary: pointerId === 1,
  }));
  canvas.setPointerCapture = () => {};
  for (const id of [1, 2]) send("pointerdown", id, 100 + 60 * id);
  for (let step = 1; step < 8; step += 1) {
    send("pointermove", 1, 160 - 8 * step);
    send("pointermove", 2, 220 + 8 * step);
  }
  for (const id of [1, 2]) send("pointerup", id, 100 + 60 * id);
}"""


@dataclass
class Walk:
    """What was found on the way. ``ms``: of each way to open a film, by its size."""

    errors: list[str] = field(default_factory=list)
    films: int = 0
    ms: dict[str, list[float]] = field(default_factory=dict)

    def note(self, what: str, ms: float) -> None:
        """Count a film that was opened."""
        self.films += 1
        self.ms.setdefault(what, []).append(ms)

    def summary(self) -> dict[str, dict[str, float]]:
        """Return the median and the 95th percentile of each way."""
        return {
            what: {
                "films": len(times),
                "median": round(statistics.median(times), 1),
                "p95": round(statistics.quantiles(times, n=20)[-1], 1),
            }
            for what, times in self.ms.items()
            if len(times) > 1
        }


@click.command()
@click.option("--browser", type=click.Choice(["chromium", "firefox"]), default="chromium")
@click.option("--films", default=200, show_default=True)
@click.option("--large", default=24, show_default=True, help="Of them, of 8 megapixels.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder of the day; used again.")
def main(browser: str, films: int, large: int, keep: Path | None) -> None:
    """Walk through the day and add it to benchmarks/results/day_walk.json."""
    with served_day(keep, films, large) as address, launched(browser) as opened:
        walk = walked(opened, address, films, large)
        version = opened.version
    report(browser, version, films, walk)


def walked(browser: Browser, address: str, films: int, large: int) -> Walk:
    """Return what was found on the way through the day's films."""
    walk = Walk()
    expect.set_options(timeout=60_000)
    with walked_page(browser, address, walk, {"viewport": {"width": 1600, "height": 1000}}) as page:
        _read_all(page, walk, films, large)
    tablet = {"viewport": {"width": 1180, "height": 820}, "has_touch": True}
    with walked_page(browser, address, walk, tablet) as page:
        # Firefox on a desk takes no taps from WebDriver; a pinch is the page's own events.
        taps = browser.browser_type.name == "chromium"
        _touch_some(page, walk, min(TOUCHED, films), taps=taps)
    return walk


@contextmanager
def walked_page(
    browser: Browser, address: str, walk: Walk, options: dict[str, Any]
) -> Iterator[Page]:
    """Open the page within the ``with`` block; what goes wrong on it is noted."""
    context = browser.new_context(locale="en-GB", **options)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: walk.errors.append(f"error: {error}"))
    page.on(
        "console",
        lambda line: walk.errors.append(f"console: {line.text}") if line.type == "error" else None,
    )
    page.on("request", lambda asked: _check_origin(asked.url, address, walk))
    page.goto(address)
    page.locator(".card").first.wait_for()
    page.evaluate(_PRESSED)
    page.wait_for_timeout(DWELL_MS)
    yield page
    context.close()


def _check_origin(url: str, address: str, walk: Walk) -> None:
    if not url.startswith((address, "data:", "blob:")):
        walk.errors.append(f"request to {url}")


def _read_all(page: Page, walk: Walk, films: int, large: int) -> None:
    """Open every film, by mouse and by key in turn; measure, look and review on the way."""
    page.locator(".card").first.click()
    wait_for_film(page, walk, "first")
    for number in range(1, films):
        size = "8 megapixels" if number < large else "small"
        if number % 2:
            card = page.locator(".card[aria-current] >> xpath=../following::a[1]")
            card.click()
        else:
            page.keyboard.press("j")
        wait_for_film(page, walk, f"{'mouse' if number % 2 else 'key'}, {size}")
        _compare_score(page, walk)
        if number % TOOLS_EVERY == 0:
            _use_tools(page)
        if number % REVIEW_EVERY == 0:
            page.keyboard.press("a")
            page.get_by_role("button", name="Save review").click()
            expect(page.locator(".review-list li").first).to_be_visible()
        if number % AXE_EVERY == 0:
            walk.errors += [f"axe: {finding}" for finding in serious_axe_findings(page)]


def _use_tools(page: Page) -> None:
    canvas = page.locator(".viewport canvas").last
    box = canvas.bounding_box()
    if box is None:
        return
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 30, steps=6)
    page.mouse.up()
    page.mouse.wheel(0, -240)
    for key in KEYS:
        page.keyboard.press(key)


def _touch_some(page: Page, walk: Walk, films: int, *, taps: bool) -> None:
    """Open films on a tablet and pinch them; ``taps``: the browser can be driven by a finger."""
    for number in range(films):
        current = ".card[aria-current] >> xpath=../following::a[1]"
        card = page.locator(current if number else ".card").first
        if taps:
            card.tap()
        else:
            card.click()
        wait_for_film(page, walk, "touch" if taps else "tablet, mouse")
        _compare_score(page, walk)
        if number % TOOLS_EVERY == 0:
            page.locator(".viewport canvas").last.evaluate(_PINCH)
    walk.errors += [f"axe, tablet: {finding}" for finding in serious_axe_findings(page)]


def wait_for_film(page: Page, walk: Walk, what: str, dwell_ms: float = DWELL_MS) -> None:
    """Wait until a film is on the screen that was not there at the last press."""
    for _ in range(600):
        ms = page.evaluate(_SHOWN)
        if ms is not None:
            walk.note(what, ms)
            page.wait_for_timeout(dwell_ms)
            return
        page.wait_for_timeout(50)
    said = "; ".join([*page.locator(".viewport .message").all_inner_texts(), *walk.errors])
    raise click.ClickException(f"film {walk.films + 1} ({what}) did not appear. {said}")


def _compare_score(page: Page, walk: Walk) -> None:
    """Note a film whose panel shows another score than the list."""
    listed = page.locator(".card[aria-current] .score").inner_text()
    shown = page.locator(".headline .value")
    if listed != "–":
        expect(shown).to_have_text(listed)
    elif shown.count():
        walk.errors.append(f"a film without a score shows one: {page.url}")


def report(name: str, version: str, films: int, walk: Walk) -> None:
    """Show a walk and add it to benchmarks/results/day_walk.json.

    Raises:
        click.ClickException: something went wrong on the way.
    """
    facts = {
        "version": version,
        "films": films,
        "opened": walk.films,
        "milliseconds_from_press_to_picture": walk.summary(),
        "processes_waiting": round(os.getloadavg()[0], 1),
    }
    path = RESULTS / "day_walk.json"
    known = json.loads(path.read_text()) if path.exists() else {"benchmark": "day_walk"}
    path.write_text(json.dumps(known | {name: facts}, indent=2) + "\n")
    click.echo(json.dumps(facts, indent=2))
    for error in walk.errors:
        click.echo(error, err=True)
    if walk.errors:
        raise click.ClickException(f"{len(walk.errors)} things went wrong.")


if __name__ == "__main__":
    main()
