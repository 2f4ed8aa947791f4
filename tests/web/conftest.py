"""A real browser, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.web.static_site import StaticSite, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.web.course import Course
    from tests.web.viewer_harness import ViewerHarness

PATIENCE_MS = 60_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


# Not for the session: while it lives, the main thread can run no other event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start a headless Chromium; skip where it or Playwright is absent."""
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=PATIENCE_MS)
    if CHROMIUM is None:
        pytest.skip("the page's tests need chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site() -> Iterator[StaticSite]:
    """Serve the page's files, and what a test puts beside them."""
    with serving() as site:
        yield site


@pytest.fixture(scope="module")
def shared_harness(browser: Browser, site: StaticSite) -> Iterator[ViewerHarness]:
    """Open the one page on which a module's viewers are shown."""
    from tests.web.viewer_harness import opened

    with opened(browser, site) as harness:
        yield harness


@pytest.fixture
def harness(shared_harness: ViewerHarness) -> ViewerHarness:
    """Return a new viewer on the one page: loading it takes longest."""
    shared_harness.begin()
    return shared_harness


@pytest.fixture
def own_harness(browser: Browser, site: StaticSite) -> Iterator[ViewerHarness]:
    """Return a viewer on a page whose own functions may be replaced."""
    from tests.web.viewer_harness import opened

    with opened(browser, site) as harness:
        yield harness


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """Serve a patient's course of films."""
    from tests.web.course import serving_course

    with serving_course(tmp_path_factory.mktemp("course")) as course:
        yield course


@pytest.fixture
def page(browser: Browser, course: Course) -> Iterator[Page]:
    """Open the page of the course's service."""
    from tests.web.page_driver import opened_page

    with opened_page(browser, course.address) as page:
        yield page
