"""Scrolling the page's list of 100,000 drawn films, in a real browser.

The wheel turns without a pause through thousands of films, which the page fetches 200 at a time.
Measured are the times between frames while it turns, tasks that kept the page for longer than 50
ms, how many films had been loaded at the end and how many rows of them were in the page. Frames are
measured beside those of the same page while nothing moves: where there is no graphics card and
others compute, these take their time, too.

    python -m benchmarks.long_list
"""

from __future__ import annotations

import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from playwright.sync_api import Page, ViewportSize

from benchmarks.browsers import launched
from benchmarks.drawn_year import fill
from benchmarks.stopwatch import RESULTS
from radiograde.service.config.settings import Settings
from tests.web.page_driver import serving

SCREEN = ViewportSize(width=1600, height=1000)
TURN_PX = 240
TURN_EVERY_MS = 16
STILL_MS = 3000

_WATCH = """() => {
  const seen = { frames: [], tasks: [] };
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const note = (list) => seen.tasks.push(...list.getEntries().map(({ duration }) => duration));
  new PerformanceObserver(note).observe({ type: "longtask" });
  globalThis.seen = seen;
}"""
_TAKE = "() => ({ frames: seen.frames.splice(0), tasks: seen.tasks.splice(0) })"
_COUNT = """() => ({
  loaded: document.querySelector(".heading .small").textContent,
  in_the_page: document.querySelectorAll(".card").length,
  elements: document.querySelectorAll("*").length,
})"""


@click.command()
@click.option("--films", default=100_000, show_default=True, help="In the database.")
@click.option("--turns", default=2000, show_default=True, help="Of the wheel, 240 pixels each.")
def main(films: int, turns: int) -> None:
    """Measure in Chromium and write benchmarks/results/long_list.json."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        fill(Settings(data_dir=folder / "data"), films, datetime.now(UTC))
        with serving(folder, "--no-worker") as address, launched("chromium") as browser:
            page = browser.new_page(viewport=SCREEN)
            page.goto(address)
            page.locator(".card").first.wait_for(timeout=60_000)
            page.evaluate(_WATCH)
            page.wait_for_timeout(STILL_MS)
            still = page.evaluate(_TAKE)
            moving = _scrolled(page, turns)
            facts = {
                "benchmark": "long_list",
                "version": browser.version,
                "films": films,
                "turns_of_the_wheel": turns,
                **page.evaluate(_COUNT),
                "frames_while_nothing_moves": _frames(still["frames"]),
                "frames_while_scrolling": _frames(moving["frames"]),
                "tasks_over_50_ms": len(moving["tasks"]),
                "longest_task_ms": max(moving["tasks"], default=0),
                "processes_waiting": round(os.getloadavg()[0], 1),
            }
    path = RESULTS / "long_list.json"
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(facts, indent=2)}\n{path}")


def _scrolled(page: Page, turns: int) -> dict[str, list[float]]:
    """Return what was seen while the wheel turned."""
    page.mouse.move(150, 600)
    for _ in range(turns):
        page.mouse.wheel(0, TURN_PX)
        page.wait_for_timeout(TURN_EVERY_MS)
    seen: dict[str, list[float]] = page.evaluate(_TAKE)
    return seen


def _frames(milliseconds: list[float]) -> dict[str, Any]:
    median, p95, p99, longest = np.quantile(milliseconds, [0.5, 0.95, 0.99, 1]).round(1).tolist()
    return {
        "frames": len(milliseconds),
        "median_ms": median,
        "p95_ms": p95,
        "p99_ms": p99,
        "longest_ms": longest,
    }


if __name__ == "__main__":
    main()
