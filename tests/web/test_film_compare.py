"""A film beside the patient's others: hung, linked, swapped, in turn."""

from __future__ import annotations

from contextlib import AbstractContextManager

from playwright.sync_api import Browser, Page, Route, expect

from tests.web.course import Course, open_film
from tests.web.page_driver import opened_page, screenshot, serious_axe_findings, soon


def first_visit(browser: Browser, course: Course) -> AbstractContextManager[Page]:
    return opened_page(browser, course.address, layout=None)


def zooms(page: Page) -> list[str]:
    return [text.split("\n")[-1] for text in page.locator(".readout").all_inner_texts()]


def test_another_prior_gets_the_window_and_the_place_at_once(page: Page, course: Course) -> None:
    open_film(page, course.url(course.last, course.evening))
    readout = page.locator(".readout")
    expect(readout).to_have_count(2)
    page.keyboard.press("Shift+Z")  # aligned lungs may need another zoom
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("+")
    page.keyboard.press("i")
    changed = readout.nth(1).inner_text()
    page.locator(".timeline a").first.click()
    expect(page).to_have_url(course.url(course.last, course.first))
    expect(page.get_by_text("Displayed inverted")).to_have_count(2)
    expect(page.locator("figcaption").first).to_contain_text("Comparison: 1 Mar 2024, 12:00, ")
    expect(readout).to_have_text([changed, changed], use_inner_text=True)
    page.locator(".viewport canvas").last.focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(readout.first).not_to_have_text(changed, use_inner_text=True)
    assert soon(page, lambda: readout.first.inner_text() == readout.nth(1).inner_text())
    page.keyboard.press("c")
    expect(readout).to_have_count(1)
    page.keyboard.press("c")
    expect(readout).to_have_count(2)
    assert soon(page, lambda: readout.first.inner_text() == readout.nth(1).inner_text())


def test_the_nearest_prior_hangs_beside_the_film_with_the_lungs_aligned(
    browser: Browser, course: Course
) -> None:
    with first_visit(browser, course) as page:
        open_film(page, course.url(course.last))
        readout = page.locator(".readout")
        expect(readout).to_have_count(2)
        captions = page.locator("figcaption")
        expect(captions.first).to_contain_text("Comparison: 9 Mar 2024, 17:45")
        expect(captions.last).to_contain_text("Current: 11 Jun 2024")
        labels = page.locator(".zone-label")
        expect(labels).to_have_count(12)
        screenshot(page, "26-prior-beside")
        assert serious_axe_findings(page) == []
        page.keyboard.press("Shift+Z")
        expect(page.get_by_label("Align the lungs")).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("+")
        assert soon(page, lambda: zooms(page)[0] == zooms(page)[1])
        page.keyboard.press("c")
        expect(readout).to_have_count(1)
        page.reload()
        expect(readout).to_have_count(1)


def test_films_swap_blink_and_play(browser: Browser, course: Course) -> None:
    with first_visit(browser, course) as page:
        open_film(page, course.url(course.last))
        viewports = page.locator(".viewport")
        visible = page.locator(".viewport:not(.behind)")
        expect(viewports).to_have_count(2)
        page.keyboard.press("Shift+B")
        expect(page.get_by_label("Blink")).to_have_attribute("aria-pressed", "true")
        expect(visible).to_have_count(1)
        shown = {visible.locator("figcaption").inner_text()}
        assert soon(page, lambda: len(shown | {visible.locator("figcaption").inner_text()}) == 2)
        page.keyboard.press("Shift+C")
        expect(viewports).to_have_count(4)
        expect(visible).to_have_count(1)
        assert serious_axe_findings(page) == []
        page.keyboard.press("Escape")
        expect(visible).to_have_count(2)
        page.keyboard.press("Shift+V")
        expect(visible).to_have_count(4)
        screenshot(page, "27-four-films")
        page.keyboard.press("Shift+S")
        expect(page).to_have_url(course.url(course.evening, course.last))


def test_blinking_goes_on_without_a_film_that_loses_its_scores(page: Page, course: Course) -> None:
    lost: list[str] = []
    asked: list[str] = []

    def history(route: Route) -> None:
        answer = route.fetch().json()
        for film in answer["films"]:
            film |= {"brixia": None} if film["id"] in lost else {}
        route.fulfill(json=answer)

    page.route("**/history", history)
    page.route("**/reviews", lambda route: route.fulfill(json={}))
    page.on("request", lambda request: asked.append(request.url))
    open_film(page, course.url(course.last))
    page.keyboard.press("Shift+B")
    expect(page.locator(".viewport")).to_have_count(2)
    lost += [course.first, course.morning, course.evening]
    page.keyboard.press("a")
    page.get_by_role("button", name="Save review").click()
    expect(page.locator(".viewport")).to_have_count(1)
    expect(page.locator(".viewport:not(.behind)")).to_have_count(1)
    assert [url for url in asked if "undefined" in url] == []
