"""What a film and its annotations have room for on every screen."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.web.course import Course, open_film
from tests.web.page_driver import opened_page, screenshot, serious_axe_findings

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1600, "height": 1000}},
    "laptop, short window": {"viewport": {"width": 1280, "height": 560}},
    "tablet": {"viewport": {"width": 820, "height": 1180}},
    "phone": PHONE,
    "phone, lying": PHONE | {"viewport": {"width": 844, "height": 390}},
    "small phone": PHONE | {"viewport": {"width": 320, "height": 568}},
}


def box(locator: Locator) -> FloatRect:
    found = locator.bounding_box()
    assert found is not None
    return found


def boxes(page: Page, selector: str) -> list[FloatRect]:
    """Return where everything lies that a selector finds, once the next frame is drawn."""
    found: list[FloatRect] = page.evaluate(
        """async (selector) => {
          await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
          const rects = [...document.querySelectorAll(selector)].map(
            (one) => one.getBoundingClientRect(),
          );
          return rects.map(({ x, y, width, height }) => ({ x, y, width, height }));
        }""",
        selector,
    )
    return found


def overlap(one: FloatRect, other: FloatRect) -> bool:
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    down = one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]
    return across and down


@pytest.mark.parametrize("screen", SCREENS)
def test_films_have_room_on_every_screen(browser: Browser, course: Course, screen: str) -> None:
    options = SCREENS[screen]
    height = options["viewport"]["height"]
    with opened_page(browser, course.address, **options) as page:
        for ids in ((course.evening,), (course.evening, course.first)):
            open_film(page, course.url(*ids))
            expect(page.locator(".readout")).to_have_count(len(ids))
            for canvas in boxes(page, ".viewport canvas"):
                assert canvas["height"] > 0.44 * height
                assert canvas["width"] > 150
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        screenshot(page, f"20-{screen.replace(', ', '-').replace(' ', '-')}")


@pytest.mark.parametrize("language", ["en", "de", "es", "ja", "ko"])
def test_the_top_bar_leaves_room_in_every_language(
    browser: Browser, course: Course, language: str
) -> None:
    with opened_page(browser, course.address, locale=language) as page:
        expect(page.locator("html")).to_have_attribute("lang", language)
        for width in (320, 761, 820, 1101):
            page.set_viewport_size({"width": width, "height": 1180})
            [bar] = boxes(page, "header.bar")
            assert bar["height"] < 0.1 * 1180
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_phone_shows_the_list_or_a_film(browser: Browser, course: Course) -> None:
    with opened_page(browser, course.address, **PHONE) as page:
        page.locator(".card").last.tap()
        expect(page.locator(".readout")).to_be_visible()
        expect(page.locator(".card").first).to_be_hidden()
        canvas = box(page.locator(".viewport canvas"))
        assert canvas["y"] + canvas["height"] <= 844, "the whole film is seen without scrolling"
        screenshot(page, "21-phone")
        assert serious_axe_findings(page) == []
        page.get_by_role("link", name="Films").tap()
        expect(page.locator(".card").first).to_be_visible()
        screenshot(page, "22-phone-list")
        assert serious_axe_findings(page) == []


@pytest.mark.parametrize(
    ("link", "heading"),
    [
        ("Settings", "Settings"),
        ("Problems", "Reported problems"),
        ("Audit", "Who did what"),
        ("Erasure", "Erase a patient"),
        ("Accounts", "Accounts"),
        ("Models", "Models and monitor"),
    ],
)
def test_a_phone_shows_a_page_in_place_of_the_list(
    browser: Browser, course: Course, link: str, heading: str
) -> None:
    with opened_page(browser, course.address, **PHONE) as page:
        page.get_by_role("link", name=link, exact=True).tap()
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_in_viewport()
        expect(page.locator(".card").first).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert serious_axe_findings(page) == []
        screenshot(page, f"23-phone-{link.lower()}")
        page.get_by_role("link", name="Radiograde").tap()
        expect(page.locator(".card").first).to_be_visible()


def test_a_phone_shows_the_whole_help(browser: Browser, course: Course) -> None:
    with opened_page(browser, course.address, **PHONE) as page:
        page.get_by_label("Keyboard shortcuts and help").tap()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        assert dialog.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        assert serious_axe_findings(page) == []


@pytest.mark.parametrize("screen", ["desktop", "phone", "phone, lying"])
def test_no_label_hides_a_side_mark_or_another_label(
    browser: Browser, course: Course, screen: str
) -> None:
    fixed = ".side-mark, .scale-bar, .readout, .notes li"
    with opened_page(browser, course.address, **SCREENS[screen]) as page:
        for film in (course.evening, course.doubtful):
            open_film(page, course.url(film))
            canvas = box(page.locator(".viewport canvas"))
            keys = ["m", "f", *"+++", *["ArrowDown"] * 9, *["ArrowRight"] * 9, *["ArrowUp"] * 18]
            for key in (*keys, "f", *"------"):
                page.keyboard.press(key)
                labels = boxes(page, ".zone-label .box")
                for label in labels:
                    hidden = [one for one in boxes(page, fixed) if overlap(label, one)]
                    assert hidden == [], key
                    assert canvas["x"] <= label["x"]
                    assert label["x"] + label["width"] <= canvas["x"] + canvas["width"]
                pairs = itertools.combinations(labels, 2)
                assert not any(overlap(one, other) for one, other in pairs), key
            page.keyboard.press("f")
            assert len(boxes(page, ".zone-label .box")) == 6
