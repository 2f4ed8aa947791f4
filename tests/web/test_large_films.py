"""Large films on the page: at the screen's size at once, whole once they are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from radiograde.data.phantom import PhantomSpec
from tests.web.page_driver import opened_page, send_film, serving, soon, write_film

FILMS = 4


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("large")
    with serving(folder) as address:
        for number in range(FILMS):
            spec = PhantomSpec(zones={"C": 1}, seed=number, rows=1600, columns=1400)
            patient = f"P{number}"
            send_film(address, write_film(folder, "film.dcm", "20240301", spec, patient))
        yield address


@contextmanager
def recorded(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    """Open the page; give it with the parts of films that it asks for, in order."""
    with opened_page(browser, address) as page:
        asked: list[str] = []

        def note(url: str) -> None:
            part = url.partition("?")[0].rpartition("/")[2]
            if part in ("preview", "pixels"):
                asked.append(part)

        page.on("request", lambda request: note(request.url))
        page.locator(".card").first.wait_for()
        yield page, asked


def marks(page: Page, name: str) -> int:
    found: int = page.evaluate("(name) => performance.getEntriesByName(name).length", name)
    return found


def test_a_film_is_shown_before_it_is_whole(browser: Browser, address: str) -> None:
    with recorded(browser, address) as (page, asked):
        page.locator(".card").first.click()
        expect(page.locator(".readout")).to_be_visible()
        assert soon(page, lambda: marks(page, "film-whole") == 1)
        assert marks(page, "film-shown") == 1
        assert asked.count("pixels") == 1
        box = page.locator(".viewport canvas").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(".readout")).to_contain_text("value")


def test_the_next_film_is_there_before_it_is_opened(browser: Browser, address: str) -> None:
    with recorded(browser, address) as (page, asked):
        page.locator(".card").first.click()
        assert soon(page, lambda: asked.count("preview") == 2 and marks(page, "film-whole") == 1)
        page.wait_for_timeout(500)
        page.keyboard.press("j")
        assert soon(page, lambda: marks(page, "film-shown") == 2)
        assert soon(page, lambda: asked.count("preview") == 3)
