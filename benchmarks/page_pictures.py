"""The page as people see it, in eight pictures: four screens, a film alone and beside its prior.

The films are the drawn ones of the demonstration. The first picture beside the prior is that of the
README.

    python -m benchmarks.page_pictures --out artefacts/pictures
    python -m benchmarks.page_pictures --readme
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from PIL import Image
from playwright.sync_api import Browser, expect

from benchmarks.browsers import launched
from radiograde.service.http.routes.page_routes import WEB
from tests.web.page_driver import LAYOUT, send_film, serving

ROOT = Path(__file__).parents[1]
README_PICTURE = ROOT / "docs" / "images" / "page.webp"
DEMONSTRATION = WEB / "demonstration"

SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1600, "height": 1000}},
    "laptop": {"viewport": {"width": 1280, "height": 800}},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    },
}
GRAVEST = 2
"""Of the demonstration's films, which begin with a patient's course."""

VIEWS = {"alone": 1, "beside": 2}


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "artefacts" / "pictures")
@click.option("--screen", "screens", multiple=True, type=click.Choice(list(SCREENS)))
@click.option("--readme", is_flag=True, help="Also write docs/images/page.webp.")
def main(out: Path, screens: tuple[str, ...], readme: bool) -> None:
    """Draw the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as address:
        films = [send_film(address, path) for path in sorted(DEMONSTRATION.glob("*.dcm"))]
        with launched("chromium") as browser:
            url = f"{address}/#/film/{films[GRAVEST]}"
            for screen, view, picture in _pictures(browser, url, screens or tuple(SCREENS)):
                path = out / f"{screen}-{view}.png"
                path.write_bytes(picture)
                click.echo(path)
                if readme and (screen, view) == ("desktop", "beside"):
                    Image.open(io.BytesIO(picture)).save(README_PICTURE, quality=80, method=6)
                    click.echo(README_PICTURE)


def _pictures(
    browser: Browser, url: str, screens: tuple[str, ...]
) -> Iterator[tuple[str, str, bytes]]:
    for screen in screens:
        options = SCREENS[screen]
        for view, count in VIEWS.items():
            context = browser.new_context(locale="en-GB", **options)
            context.add_init_script(f"localStorage.setItem('{LAYOUT}', {count})")
            page = context.new_page()
            page.set_default_timeout(120_000)
            expect.set_options(timeout=120_000)
            page.goto(url)
            expect(page.locator(".viewport .readout")).to_have_count(count)
            expect(page.locator(".headline .value")).to_be_visible()
            expect(page.locator(".timeline")).to_be_visible()
            page.wait_for_timeout(1000)
            yield screen, view, page.screenshot()
            context.close()


if __name__ == "__main__":
    main()
