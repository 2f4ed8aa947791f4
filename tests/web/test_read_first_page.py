"""Grading before the scores are shown, and the page in every language; nothing is cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from radiograde.data.phantom import PhantomSpec
from radiograde.service.config.site import Language
from tests.service.documents.statement.reading import GRAMMARS
from tests.web.page_driver import (
    get_json,
    opened_page,
    screenshot,
    send_film,
    serious_axe_findings,
    serving,
    write_film,
)

BEFORE = PhantomSpec(zones={"C": 1}, seed=1)
AFTER = PhantomSpec(zones={"A": 1, "B": 1, "C": 1.5, "D": 1, "E": 1, "F": 2}, seed=1)
UNREAD = PhantomSpec(zones={"C": 2, "F": 1}, seed=2)
SITE = "[reading]\nfirst = true\n"
CUT_OFF = """() => [...document.querySelectorAll(
  ".panel :is(button, a.button, p, th, td), .filters summary, .top-bar button")]
  .filter((one) => one.offsetParent && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.textContent)"""
"""Texts that are wider than their element."""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Give the address of a service whose readers grade first, a film unread and one read."""
    folder: Path = tmp_path_factory.mktemp("served")
    (folder / "radiograde.toml").write_text(SITE)
    films = [
        write_film(folder, "before.dcm", "20240301", BEFORE),
        write_film(folder, "after.dcm", "20240309", AFTER),
        write_film(folder, "unread.dcm", "20240320", UNREAD),
    ]
    with serving(folder, "--site", str(folder / "radiograde.toml")) as address:
        *read, unread = (send_film(address, film) for film in films)
        for film in read:
            commit(address, film)
        yield address, unread, read[1]


def commit(address: str, film: str) -> None:
    """Grade a film past the page."""
    body = json.dumps({"zones": dict.fromkeys("ABCDEF", 1)}).encode()
    url, headers = f"{address}/v1/results/{film}/reading", {"Content-Type": "application/json"}
    with urlopen(Request(url, body, headers)) as answer:  # noqa: S310  our own service
        assert answer.status == 201


def test_a_reader_grades_and_then_sees_the_result(
    browser: Browser, films: tuple[str, str, str]
) -> None:
    address, unread, _ = films
    with opened_page(browser, address) as page:
        page.goto(f"{address}/#/film/{unread}")
        panel = page.get_by_role("complementary")
        expect(panel.get_by_role("heading", name="Your reading")).to_be_visible()
        expect(page.locator(".card").get_by_text("To be read")).to_have_count(1)
        expect(page.locator(".scores, .statement, .headline, .zone-label")).to_have_count(0)
        expect(page.get_by_label("Order")).not_to_contain_text("Most severe first")
        screenshot(page, "read-first")
        assert serious_axe_findings(page) == []
        for name, grade in zip("ABCDEF", (1, 1, 2, 1, 1, 2), strict=True):
            group = panel.get_by_role("group", name=re.compile(f"^{name} "))
            group.locator(f"input[value='{grade}']").check()
        expect(panel.get_by_text("Sum 8 of 18")).to_be_visible()
        panel.get_by_role("button", name="Commit the reading").click()
        expect(panel.locator(".headline .value")).to_be_visible()
        table = panel.locator(".readings table")
        expect(table.locator("tbody tr")).to_have_count(7)
        model = get_json(f"{address}/v1/results/{unread}")["scores"]["brixia"]["value"]
        shown = page.evaluate("value => value.toFixed(1)", model)
        expect(table.locator("tbody tr").last).to_contain_text(f"8{shown}")
        expect(page.locator(".card").get_by_text("To be read")).to_have_count(0)
        screenshot(page, "read-first-compared")


@pytest.mark.parametrize("language", get_args(Language))
def test_the_page_says_what_the_film_shows_and_cuts_nothing_off(
    browser: Browser, films: tuple[str, str, str], language: Language
) -> None:
    address, _, read = films
    with opened_page(browser, address, locale=language) as page:
        page.goto(f"{address}/#/film/{read}")
        said = page.locator(".statement .text")
        expect(said).to_be_visible()
        assert page.locator("html").get_attribute("lang") == language
        assert GRAMMARS[language].facts(said.inner_text()).kind in ("zones", "faint", "none")
        expect(page.locator(".statement .dim")).not_to_be_empty()
        page.wait_for_timeout(500)
        screenshot(page, f"language-{language}")
        assert page.evaluate(CUT_OFF) == []
