"""A film on paper."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.web.course import Course, open_film
from tests.web.page_driver import get_json, screenshot


def test_the_browsers_own_print_shows_the_report(page: Page, course: Course) -> None:
    waiting: list[Route] = []
    page.route("**/overlay.png", lambda route: waiting.append(route))
    page.evaluate("() => { window.print = () => { window.printed = (window.printed ?? 0) + 1; }; }")
    open_film(page, course.url(course.first))
    page.keyboard.press("Control+p")
    page.emulate_media(media="print")
    report = page.locator(".print-only")
    expect(report).to_contain_text("Brixia score")
    expect(page.locator(".toolbar, .viewport, .card").first).to_be_hidden()
    assert page.evaluate("window.printed") is None, "the picture is not there yet"
    waiting.pop().continue_()
    expect(report.locator("img")).to_be_visible()
    page.wait_for_function("() => window.printed === 1")
    page.keyboard.press("Control+p")
    assert page.evaluate("window.printed") == 2
    screenshot(page, "25-print")


def test_the_menus_print_is_never_blank(page: Page, course: Course) -> None:
    page.emulate_media(media="print")
    expect(page.locator(".card").last).to_contain_text("none")
    expect(page.get_by_role("button", name="Add films")).to_be_hidden()
    screenshot(page, "26-print-list")
    page.goto(course.url(course.first))
    expect(page.locator(".print-only")).to_contain_text("Brixia score")
    expect(page.locator(".print-only img")).to_be_visible()
    expect(page.locator(".card").first).to_be_hidden()


def test_a_film_without_a_result_is_printed_too(page: Page, course: Course) -> None:
    row = get_json(f"{course.address}/v1/worklist/{course.first}")
    waiting = row | {"status": "waiting", "severity": None, "brixia": None}
    page.route(f"**/v1/worklist/{course.first}", lambda route: route.fulfill(json=waiting))
    page.emulate_media(media="print")
    page.goto(course.url(course.first))
    expect(page.get_by_text("waiting to be graded").last).to_be_visible()
    expect(page.get_by_text("Acquired 1 Mar 2024")).to_be_visible()
