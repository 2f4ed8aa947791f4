"""One film on the page: its annotations, its course, and what is told of it."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.course import Course, open_film
from tests.web.page_driver import get_json, opened_page, screenshot, serious_axe_findings, soon


def test_what_cannot_be_right_is_flagged(page: Page, course: Course) -> None:
    open_film(page, course.url(course.doubtful))
    panel = page.get_by_role("complementary", name="Result")
    expect(panel.locator("header")).to_contain_text("Acquired 1 Jan 2150, 12:00 · unlikely date")
    expect(page.locator(".card[aria-current]")).to_contain_text("unlikely date")
    expect(page.locator(".notes")).to_contain_text("No scale: by the file's pixel spacing")
    expect(page.locator(".scale-bar")).to_have_count(0)
    screenshot(page, "23-doubtful")
    open_film(page, course.url(course.first))
    expect(page.locator(".scale-bar")).to_be_visible()
    expect(page.locator(".doubt, .notes")).to_have_count(0)


def test_the_course_is_drawn_over_time(page: Page, course: Course) -> None:
    open_film(page, course.url(course.last))
    timeline = page.get_by_role("region", name="Timeline")
    x = [float(one.get_attribute("cx") or "nan") for one in timeline.locator("circle").all()]
    days = [(date(2024, *day) - date(2024, 3, 1)).days for day in ((3, 9), (6, 11))]
    assert len(x) == 4
    assert (x[1] - x[0]) / (x[3] - x[0]) == pytest.approx(days[0] / days[1], abs=0.002)
    assert 0 < x[2] - x[1] < 0.005 * (x[3] - x[0]), "five hours later"
    dates = timeline.locator(".date")
    expect(dates).to_have_text(
        ["1 Mar 2024", "9 Mar 2024, 12:00", "9 Mar 2024, 17:45", "11 Jun 2024"]
    )
    films = get_json(f"{course.address}/v1/results/{course.last}/history")["films"]
    change = f"{films[3]['since_first']['delta']:+.1f}".replace("-", "−")
    panel = page.get_by_role("complementary", name="Result")
    expect(panel.locator(".change")).to_have_count(2)
    expect(panel).to_contain_text(f"{change} since the first film: ")
    expect(timeline.get_by_role("link").nth(3)).to_contain_text(f"{change} since the first")
    expect(timeline.get_by_role("link").nth(1)).not_to_contain_text("since the first")
    screenshot(page, "24-course")
    assert serious_axe_findings(page) == []


def copy_report(page: Page) -> None:
    page.evaluate("navigator.clipboard.writeText('')")
    page.keyboard.press("t")
    assert soon(page, lambda: bool(page.evaluate("navigator.clipboard.readText()")))


def test_messages_leave_by_themselves(browser: Browser, course: Course) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    with opened_page(browser, course.address, permissions=allowed) as page:
        open_film(page, course.url(course.first))
        page.clock.install(time="2024-06-12T08:00:00")
        page.clock.pause_at("2024-06-12T09:00:00")
        message = page.locator(".announcement")
        copy_report(page)
        expect(message).to_have_text("Report copied")
        page.clock.run_for(4000)
        copy_report(page)
        page.clock.run_for(4000)
        expect(message).to_have_text("Report copied")
        page.clock.run_for(4000)
        expect(message).to_be_empty()


def test_priors_are_marked_and_what_becomes_of_fetching_them_is_told(
    page: Page, course: Course
) -> None:
    """The service has no PACS: its answers are changed on the way."""
    told = {"state": "waiting", "films": 0, "error": None, "message": None}

    def fetching(route: Route) -> None:
        route.fulfill(json=told)

    def history(route: Route) -> None:
        answer = route.fetch().json()
        answer["films"][0]["prior"] = True
        route.fulfill(json=answer)

    page.route("**/priors", fetching)
    page.route("**/history", history)
    open_film(page, course.url(course.last))
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("status")).to_have_text(
        "Earlier films are being fetched from the PACS."
    )
    told |= {"state": "failed", "error": "unreachable", "message": "pacs:104 does not answer."}
    expect(timeline.get_by_role("status")).to_have_text(
        "Earlier films could not be fetched from the PACS: pacs:104 does not answer."
    )
    expect(timeline.get_by_role("link").first).to_contain_text("from the PACS")
    expect(timeline.get_by_role("link").nth(1)).not_to_contain_text("from the PACS")
    screenshot(page, "27-priors")
    assert serious_axe_findings(page) == []


def test_an_engineer_sees_how_a_score_came_about(page: Page, course: Course) -> None:
    open_film(page, course.url(course.first))
    section = page.locator("details.trace")
    section.get_by_text("How this score came about").click()
    trace = get_json(f"{course.address}/v1/results/{course.first}/trace")
    expect(section).to_contain_text(trace["model"]["sha256"][:12])
    expect(section).to_contain_text(f"imagecodecs {trace['libraries']['imagecodecs']}")
    expect(section).to_contain_text("max_object_mb 256")
    expect(section).to_contain_text(f"frontal {trace['stages']['network']['scope']['frontal']:.4f}")
    expect(section).to_contain_text(f"radiograde replay {course.first}")
    assert not serious_axe_findings(page)


def test_a_problem_is_reported_and_administered(page: Page, course: Course) -> None:
    open_film(page, course.url(course.last))
    section = page.locator("details.problem")
    section.get_by_text("Report a problem").click()
    section.get_by_role("textbox").fill("The right lower zone is too high")
    section.get_by_role("button", name="Make the file").click()
    expect(section).to_contain_text("Seal: ")
    assert not serious_axe_findings(page)
    page.get_by_role("link", name="Problems").click()
    entry = page.locator(".register .entry").first
    expect(entry).to_contain_text("The right lower zone is too high")
    entry.get_by_label("State").select_option("answered")
    entry.get_by_role("textbox", name="Answer").fill("Known since 0.5.0")
    entry.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Entry saved")).to_be_visible()
    assert not serious_axe_findings(page)
    (kept,) = get_json(f"{course.address}/v1/problems")["problems"]
    assert (kept["state"], kept["answer"]) == ("answered", "Known since 0.5.0")
