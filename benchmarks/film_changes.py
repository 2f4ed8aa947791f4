"""From a press to another film on the screen, where every film has 8 megapixels.

A reader leafs through a day of them forwards and back, by key and by mouse, and opens one or
another out of the list. The films are of patients with courses, so a prior hangs beside each.
Measured is the time from the press to the picture at the screen's size, and to the whole film.

    python -m benchmarks.film_changes
"""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
from pathlib import Path

import click
from playwright.sync_api import Page, expect

from benchmarks.browsers import launched
from benchmarks.day_walk import Walk, wait_for_film, walked_page
from benchmarks.drawn_day import send_day
from benchmarks.stopwatch import RESULTS
from tests.web.page_driver import serving

SCREEN = {"width": 1600, "height": 1000}
MOST_MS = 100
WHOLE_POLLS = 100
POLL_MS = 50

_WHOLE = """() => {
  const isLater = ({ startTime }) => startTime > globalThis.pressed;
  const whole = performance.getEntriesByName("film-whole").find(isLater);
  return whole ? whole.startTime - globalThis.pressed : null;
}"""


@click.command()
@click.option("--films", default=30, show_default=True, help="All of 8 megapixels.")
@click.option("--jumps", default=20, show_default=True, help="Films opened out of the list.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder of the films; used again.")
def main(films: int, jumps: int, keep: Path | None) -> None:
    """Measure in Chromium and write benchmarks/results/film_changes.json."""
    walk, whole = Walk(), Walk()
    with tempfile.TemporaryDirectory() as name:
        folder = keep or Path(name)
        (folder / "serve.log").unlink(missing_ok=True)
        with serving(folder) as address:
            if not (folder / "day.txt").exists():
                send_day(address, folder, films, films)
                (folder / "day.txt").write_text(str(films))
            expect.set_options(timeout=60_000)
            with (
                launched("chromium") as browser,
                walked_page(browser, address, walk, {"viewport": SCREEN}) as page,
            ):
                _leaf(page, walk, whole, films)
                _jump(page, walk, whole, jumps)
                version = browser.version
    changes = [ms for what, times in walk.ms.items() if what != "first" for ms in times]
    facts = {
        "benchmark": "film_changes",
        "version": version,
        "films": films,
        "milliseconds_from_press_to_picture": walk.summary(),
        "milliseconds_from_press_to_whole_film": whole.summary(),
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


def _leaf(page: Page, walk: Walk, whole: Walk, films: int) -> None:
    """Go through the list and back."""
    page.locator(".card").first.click()
    _note(page, walk, whole, "first")
    for number in range(1, films):
        if number % 2:
            page.locator(".card[aria-current] >> xpath=../following::a[1]").click()
        else:
            page.keyboard.press("j")
        _note(page, walk, whole, "next by mouse" if number % 2 else "next by key")
    for _ in range(1, films):
        page.keyboard.press("k")
        _note(page, walk, whole, "back by key")


def _jump(page: Page, walk: Walk, whole: Walk, jumps: int) -> None:
    dice = random.Random(2)  # noqa: S311  drawn jumps, the same each time
    for _ in range(jumps):
        cards = page.locator(".card:not([aria-current])")
        cards.nth(dice.randrange(cards.count())).click()
        _note(page, walk, whole, "any by mouse")


def _note(page: Page, walk: Walk, whole: Walk, what: str) -> None:
    wait_for_film(page, walk, what)
    for _ in range(WHOLE_POLLS):
        ms = page.evaluate(_WHOLE)
        if ms is not None:
            whole.note(what, ms)
            return
        page.wait_for_timeout(POLL_MS)
    walk.errors.append(f"a film did not become whole ({what})")


if __name__ == "__main__":
    main()
