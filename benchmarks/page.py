"""From the end of an upload to the film on the screen, in a real browser against a real service.

A synthetic 8-megapixel film of 14 bits is dropped on the page repeatedly, each time as a new film.
Measured is what a reader waits for: the service stores and grades the film and responds, the page
loads its pixels and draws them. The response alone is measured beside it.

    python -m benchmarks.page
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright
from pydicom.uid import generate_uid

from benchmarks.film import COLUMNS, ROWS, film
from benchmarks.stopwatch import Samples, table, write_results
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from tests.web.conftest import CHROMIUM
from tests.web.page_driver import drop_files, serving

RESPONSE = "the service's answer"
SHOWN = "the film on the screen"
BITS = 14
POLL_MS, MAX_POLLS = 100, 300

_TIMES = """() => {
  const sent = performance.getEntriesByName("film-sent").at(-1)?.startTime ?? Infinity;
  const shown = performance.getEntriesByName("film-shown").at(-1)?.startTime ?? 0;
  const isScore = ({ name }) => name.endsWith("v1/score");
  const responded = performance.getEntriesByType("resource").findLast(isScore)?.responseEnd;
  return shown > sent ? { response: responded - sent, shown: shown - sent } : null;
}"""


@click.command()
@click.option("--rounds", default=8, show_default=True, help="Films, beyond one to warm up.")
def main(rounds: int) -> None:
    """Time the page and write benchmarks/results/page.json."""
    if CHROMIUM is None:
        raise click.ClickException("chromium is not installed: apt-get install chromium.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder / "service") as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            page.goto(address)
            samples = _measure(page, folder, rounds)
            browser.close()
    what = {"film": [ROWS, COLUMNS], "bits": BITS, "browser": "headless Chromium"}
    path = write_results("page", what, samples, RESPONSE)
    click.echo(f"{table(samples, RESPONSE)}\n\n{path}")


def _measure(page: Page, folder: Path, rounds: int) -> Samples:
    samples: dict[str, list[float]] = {RESPONSE: [], SHOWN: []}
    ds = to_dicom(film(), Storage(bits=BITS))
    for number in range(rounds + 1):
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        path = folder / f"{number}.dcm"
        ds.save_as(path, enforce_file_format=True)
        drop_files(page, path)
        times = _times(page)
        page.evaluate("performance.clearMarks(); performance.clearResourceTimings()")
        if number:
            samples[RESPONSE].append(times["response"])
            samples[SHOWN].append(times["shown"])
    return samples


def _times(page: Page) -> dict[str, float]:
    """Return milliseconds since the upload's end; the page forbids scripts that wait inside it."""
    for _ in range(MAX_POLLS):
        times: dict[str, float] | None = page.evaluate(_TIMES)
        if times is not None:
            return times
        page.wait_for_timeout(POLL_MS)
    raise click.ClickException("the film did not appear on the page")


if __name__ == "__main__":
    main()
