"""From a press to another film on the screen, where every film has 8 megapixels.

A reader leafs through a day of them forwards and back, by key and by mouse, and opens one or
another out of the list. The films are of patients with courses, so a prior hangs beside each.
Measured is the time from the press to the picture at the screen's size, and to the whole film; and
what the page's main thread computes until the picture, which hangs little on who else uses the
machine.

    python -m benchmarks.film_changes
"""

from __future__ import annotations

import json
import os
import random
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from playwright.sync_api import CDPSession, Page, expect

from benchmarks.browsers import launched
from benchmarks.day_walk import DWELL_MS, Walk, wait_for_film, walked_page
from benchmarks.drawn_day import served_day
from benchmarks.stopwatch import RESULTS

SCREEN = {"width": 1600, "height": 1000}
MOST_MS = 100
WHOLE_POLLS = 100
POLL_MS = 50

_WHOLE = """() => {
  const isLater = ({ startTime }) => startTime > globalThis.pressed;
  const whole = performance.getEntriesByName("film-whole").find(isLater);
  return whole ? whole.startTime - globalThis.pressed : null;
}"""


class Watched:
    """A page that is walked through, and what was measured on it."""

    def __init__(self, page: Page, walk: Walk) -> None:
        self.page = page
        self.walk = walk
        self.whole = Walk()
        self.computed = Walk()
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def change(self, what: str, press: Callable[[], None]) -> None:
        """Press, and wait for another film until it is whole."""
        before = self._computed_ms()
        press()
        wait_for_film(self.page, self.walk, what, dwell_ms=0)
        self.computed.note(what, self._computed_ms() - before)
        for _ in range(WHOLE_POLLS):
            ms = self.page.evaluate(_WHOLE)
            if ms is not None:
                self.whole.note(what, ms)
                self.page.wait_for_timeout(DWELL_MS)
                return
            self.page.wait_for_timeout(POLL_MS)
        self.walk.errors.append(f"a film did not become whole ({what})")

    def _computed_ms(self) -> float:
        """Return what the page's main thread has computed so far."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        seconds: float = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        return 1000 * seconds


@click.command()
@click.option("--films", default=30, show_default=True, help="All of 8 megapixels.")
@click.option("--jumps", default=20, show_default=True, help="Films opened out of the list.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder of the films; used again.")
def main(films: int, jumps: int, keep: Path | None) -> None:
    """Measure in Chromium and write benchmarks/results/film_changes.json."""
    walk = Walk()
    expect.set_options(timeout=60_000)
    with (
        served_day(keep, films, films) as address,
        launched("chromium") as browser,
        walked_page(browser, address, walk, {"viewport": SCREEN}) as page,
    ):
        watched = Watched(page, walk)
        _leaf(watched, films)
        _jump(watched, jumps)
        version = browser.version
    changes = [ms for what, times in walk.ms.items() if what != "first" for ms in times]
    facts = {
        "benchmark": "film_changes",
        "version": version,
        "films": films,
        "milliseconds_from_press_to_picture": walk.summary(),
        "milliseconds_from_press_to_whole_film": watched.whole.summary(),
        "milliseconds_of_the_page_s_processor_until_the_picture": watched.computed.summary(),
        "changes": len(changes),
        "p95_of_all": round(statistics.quantiles(changes, n=20)[-1], 1),
        "at_most": MOST_MS,
        "processes_waiting": round(os.getloadavg()[0], 1),
    }
    path = RESULTS / "film_changes.json"
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(facts, indent=2)}\n{path}")
    if walk.errors:
        raise click.ClickException("; ".join(walk.errors))


def _leaf(watched: Watched, films: int) -> None:
    """Go through the list and back."""
    page = watched.page
    watched.change("first", page.locator(".card").first.click)
    following = page.locator(".card[aria-current] >> xpath=../following::a[1]")
    for number in range(1, films):
        if number % 2:
            watched.change("next by mouse", following.click)
        else:
            watched.change("next by key", partial(page.keyboard.press, "j"))
    for _ in range(1, films):
        watched.change("back by key", partial(page.keyboard.press, "k"))


def _jump(watched: Watched, jumps: int) -> None:
    """Open one film or another out of the list."""
    dice = random.Random(2)  # noqa: S311  drawn jumps, the same each time
    for _ in range(jumps):
        cards = watched.page.locator(".card:not([aria-current])")
        watched.change("any by mouse", cards.nth(dice.randrange(cards.count())).click)


if __name__ == "__main__":
    main()
