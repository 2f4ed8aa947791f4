"""The viewer on a 7-megapixel film, 14 bits deep, in a headless browser.

A change of the window goes through a table on the graphics card, beside computing every pixel of
the film anew. Where there is no graphics card, the browser computes what it would do.

python -m benchmarks.viewer
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.film import COLUMNS, ROWS, film
from benchmarks.stopwatch import table, write_results
from radiograde.data.phantom import Phantom
from tests.web.static_site import HARNESS, StaticSite, serving

WIDTH, HEIGHT = 1200, 1000
"""The canvas, in CSS pixels."""

HIGHEST = 16383
MAP_SIDE = 128
BASELINE = "window by table"
SCRIPT = Path(__file__).with_suffix(".js")
COLOUR = {"overlay": 0.6, "outlines": True, "zones": True}
PLAIN = {"overlay": 0, "outlines": False, "zones": False}


@click.command()
@click.option("--rounds", default=20, show_default=True, help="Rounds; each runs every contender.")
@click.option("--seconds", default=3.0, show_default=True, help="How long frames are counted.")
def main(rounds: int, seconds: float) -> None:
    """Time the viewer in Chromium and write benchmarks/results/viewer.json."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("chromium is not installed: apt-get install chromium.")
    with serving() as site, sync_playwright() as driver:
        _hold(site, film())
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"{site.url}/benchmark.html")
        page.wait_for_function("Boolean(globalThis.begin && globalThis.load)")
        page.evaluate("([w, h]) => load('film', w, h)", [WIDTH, HEIGHT])
        begun: float = page.evaluate("milliseconds(firstFrame)")
        rates = _rates(page, seconds)
        samples = page.evaluate(
            "([rounds, w, h]) => interleave(rounds, w, h)", [rounds, WIDTH, HEIGHT]
        )
        what = {
            "rows": ROWS,
            "columns": COLUMNS,
            "bits": 14,
            "canvas": [WIDTH, HEIGHT],
            "frames_per_second": rates,
            "first_frame_with_compiling_ms": round(begun, 1),
            "processes_waiting": round(os.getloadavg()[0], 1),
            "cores": os.cpu_count(),
            "renderer": page.evaluate("renderer()"),
            "browser": browser.version,
        }
        browser.close()
    path = write_results("viewer", what, samples, BASELINE)
    click.echo(f"{table(samples, BASELINE)}\n\n{what}\n{path}")


def _rates(page: Page, seconds: float) -> dict[str, float]:
    """Return frames a second, each with a change; the screen's own rate is the most."""
    displays: dict[str, tuple[str, dict[str, Any]]] = {
        "window": ("window", PLAIN),
        "window, with colour": ("window", COLOUR),
        "pan": ("pan", PLAIN),
        "pan, with colour": ("pan", COLOUR),
        "pan, enlarged four times": ("pan", {**PLAIN, "zoom": 4}),
    }
    count = "([kind, display, seconds]) => framesPerSecond(kind, display, seconds)"
    return {
        name: round(page.evaluate(count, [kind, display, seconds]), 1)
        for name, (kind, display) in displays.items()
    }


def _hold(site: StaticSite, phantom: Phantom) -> None:
    """Serve the film, its maps and the benchmark's script."""
    pixels = np.rint(phantom.pixels * HIGHEST).astype(np.uint16)
    planes = [phantom.opacity, *phantom.lungs.astype(np.float32)]
    window = {"name": "", "center": HIGHEST / 2, "width": HIGHEST, "function": "LINEAR_EXACT"}
    size = {"rows": MAP_SIDE, "columns": MAP_SIDE, "borders": [1 / 3, 2 / 3]}
    view = {
        "rows": ROWS, "columns": COLUMNS, "slope": 1, "intercept": 0, "inverted": False,
        "windows": [window], "lut": None, "spacing_mm": [0.14, 0.14], "maps": size,
    }  # fmt: skip
    site.hold("film", view, pixels, np.stack([_map(plane) for plane in planes]))
    site.files["/benchmark.js"] = SCRIPT.read_bytes()
    script = b'<script type="module" src="benchmark.js"></script>'
    site.files["/benchmark.html"] = (HARNESS / "viewer.html").read_bytes() + script


def _map(plane: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a plane in 0-1 at the size of the model's maps, 0-255."""
    levels = Image.fromarray((plane * 255).astype(np.uint8))
    return np.asarray(levels.resize((MAP_SIDE, MAP_SIDE), Image.Resampling.BOX))


if __name__ == "__main__":
    main()
