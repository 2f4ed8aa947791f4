"""A reader's day with a finger, in Debian's Firefox: films opened by taps, pinched and windowed.

Every film of the list is tapped in turn. On some two fingers zoom, and two fingers side by side
change the window, as the page says that they do. What goes wrong fails the walk: an error on the
page, a request that leaves the origin, a film that shows another score than the list, fingers that
change nothing.

    xvfb-run -a python -m benchmarks.touch_walk --keep FOLDER

``--keep`` is the folder of a day that ``benchmarks.day_walk`` kept.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from benchmarks.day_walk import TOOLS_EVERY, Walk, report
from benchmarks.drawn_day import served_day
from benchmarks.marionette import Firefox, driven_firefox

WIDTH, HEIGHT = 1180, 900
POLL_S, POLLS = 0.05, 600

_LISTEN = """
// Scripts share nothing but the document.
const facts = document.documentElement.dataset;
facts.errors = "";
const note = (message) => { facts.errors += `${message}; `; };
addEventListener("error", ({ message }) => note(message));
addEventListener("unhandledrejection", ({ reason }) => note(reason));
addEventListener("pointerdown", ({ timeStamp, pointerType }) => {
  Object.assign(facts, { pressed: timeStamp, pressedBy: pointerType });
}, { capture: true });
"""
_NEXT = """
const cards = [...document.querySelectorAll(".card")];
const card = cards[cards.findIndex((one) => one.hasAttribute("aria-current")) + 1];
card.scrollIntoView({ block: "center" });
const { left, top, width, height } = card.getBoundingClientRect();
return [left + width / 2, top + height / 2];
"""
_SHOWN = """
const { pressed, pressedBy } = document.documentElement.dataset;
const shown = performance.getEntriesByName("film-shown").at(-1)?.startTime ?? 0;
return pressedBy === "touch" && shown > pressed ? shown - pressed : null;
"""
_SCORES = """
const textOf = (one) => document.querySelector(one)?.textContent;
return [".card[aria-current] .score", ".headline .value"].map(textOf);
"""
_CANVAS = """
const canvas = [...document.querySelectorAll(".viewport canvas")].at(-1);
const { left, top, width, height } = canvas.getBoundingClientRect();
return [left + width / 2, top + height / 2];
"""
_ERRORS = "return document.documentElement.dataset.errors;"
_READOUT = "return [...document.querySelectorAll('.viewport .readout')].at(-1).textContent;"
_STRANGERS = """
return performance.getEntriesByType("resource").map(({ name }) => name)
  .filter((name) => !name.startsWith(location.origin) && !/^(data|blob):/.test(name));
"""


@click.command()
@click.option("--films", default=200, show_default=True)
@click.option("--large", default=24, show_default=True, help="Of them, of 8 megapixels.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder of the day; used again.")
def main(films: int, large: int, keep: Path | None) -> None:
    """Walk through the day with a finger and add it to benchmarks/results/day_walk.json."""
    with (
        served_day(keep, films, large) as address,
        driven_firefox(WIDTH, HEIGHT) as firefox,
    ):
        walk = touched(firefox, address, films)
        version = firefox.version
    report("firefox, by touch", version, films, walk)


def touched(firefox: Firefox, address: str, films: int) -> Walk:
    """Return what was found on the way through the day's films."""
    walk = Walk()
    firefox.ask("WebDriver:Navigate", url=address)
    _soon(firefox, "return document.querySelector('.card') !== null;")
    firefox.run(_LISTEN)
    for number in range(films):
        firefox.tap(*firefox.run(_NEXT))
        ms = _soon(firefox, _SHOWN)
        walk.note("tap", ms)
        _soon(firefox, "return document.querySelector('.readout') !== null;")
        time.sleep(0.5)
        listed, shown = firefox.run(_SCORES)
        if shown not in (listed, None):
            walk.errors.append(f"film {number + 1}: {listed} in the list, {shown} beside the film")
        if number % TOOLS_EVERY == 0:
            walk.errors += _fingers(firefox)
    if errors := firefox.run(_ERRORS):
        walk.errors.append(f"error: {errors}")
    walk.errors += [f"request to {url}" for url in firefox.run(_STRANGERS)]
    return walk


def _fingers(firefox: Firefox) -> list[str]:
    """Return what two fingers did not do: zoom by a pinch, change the window side by side."""
    x, y = firefox.run(_CANVAS)
    apart = [[(x + side * (40 + 8 * step), y) for step in range(10)] for side in (-1, 1)]
    beside = [[(x + side * 50 + 6 * step, y + 6 * step) for step in range(10)] for side in (-1, 1)]
    wrong = []
    for what, paths in (("pinch", apart), ("window", beside)):
        before = firefox.run(_READOUT)
        firefox.touch(paths)
        time.sleep(0.3)
        if firefox.run(_READOUT) == before:
            wrong.append(f"two fingers changed nothing ({what})")
    return wrong


def _soon(firefox: Firefox, script: str) -> Any:
    """Return what a script returns once that is something."""
    for _ in range(POLLS):
        found = firefox.run(script)
        if found:
            return found
        time.sleep(POLL_S)
    raise click.ClickException(f"It did not come true: {script}")


if __name__ == "__main__":
    main()
