"""One film on the page: its room on every screen, its annotations, its course, its print."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, Route, expect

from radiograde.data.phantom import PhantomSpec
from tests.web.page_driver import (
    get_json,
    opened_page,
    screenshot,
    send_film,
    serious_axe_findings,
    serving,
    soon,
    write_film,
)

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
GRAVE = {"A": 1.0, "B": 1.0, "C": 1.5, "D": 1.0, "E": 1.0, "F": 2.0}


@dataclass(frozen=True)
class Course:
    """A service with four films of one patient, and one of another's whose header is doubtful."""

    address: str
    first: str
    morning: str
    evening: str
    last: str
    doubtful: str

    def url(self, *ids: str) -> str:
        return "/".join((f"{self.address}/#/film", *ids))


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    folder = tmp_path_factory.mktemp("course")
    wide = {"PixelSpacing": [3, 3], "ImagerPixelSpacing": [3, 3], "PatientOrientation": ""}
    films = [
        write_film(folder, "1.dcm", "20240301", PhantomSpec(zones={"C": 1}, seed=1)),
        write_film(folder, "2.dcm", "20240309", PhantomSpec(zones=GRAVE, seed=2)),
        write_film(
            folder,
            "3.dcm",
            "20240309",
            PhantomSpec(zones=GRAVE, seed=3),
            AcquisitionTime="174500",
        ),
        write_film(folder, "4.dcm", "20240611", PhantomSpec(zones={"C": 1}, seed=4)),
        write_film(
            folder, "5.dcm", "21500101", PhantomSpec(zones={"B": 1}, seed=5), patient="P2", **wide
        ),
    ]
    with serving(folder) as address:
        yield Course(address, *(send_film(address, film) for film in films))


@pytest.fixture
def page(browser: Browser, course: Course) -> Iterator[Page]:
    with opened_page(browser, course.address) as page:
        yield page


def open_film(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(".readout").first).to_be_visible()


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


def first_visit(browser: Browser, course: Course) -> AbstractContextManager[Page]:
    return opened_page(browser, course.address, layout=None)


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


def zooms(page: Page) -> list[str]:
    return [text.split("\n")[-1] for text in page.locator(".readout").all_inner_texts()]


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
