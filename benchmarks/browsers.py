"""The browsers that the page is walked through in: Debian's Chromium and Firefox."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import click
from playwright.sync_api import Browser, sync_playwright

FIREFOX_PREFERENCES: dict[str, str | float | bool] = {
    "webgl.force-enabled": True,
    "webgl.out-of-process": False,
    "gfx.webrender.software": True,
    "security.sandbox.content.level": 0,
}
"""WebGL by the processor, where there is no graphics card."""


@contextmanager
def launched(name: str) -> Iterator[Browser]:
    """Run a browser within the ``with`` block.

    Firefox is driven by WebDriver BiDi, as Debian has it: on a screen (``xvfb-run -a``), since
    without one it draws no WebGL, and by a Playwright that asks for no more than it can
    (``pip install playwright==1.58.0`` for Firefox 153).
    """
    program = shutil.which({"firefox": "firefox-esr"}.get(name, name))
    if program is None:
        raise click.ClickException(f"{name} is not installed.")
    with sync_playwright() as driver:
        if name == "firefox":
            browser = driver.firefox.launch(
                channel="moz-firefox",
                executable_path=program,
                headless=False,
                firefox_user_prefs=FIREFOX_PREFERENCES,
            )
        else:
            browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
