"""The list of films on the page: what it shows, finds and follows, and what uploads show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from radiograde.data.phantom import PhantomSpec
from tests.web.page_driver import (
    drop_files,
    get_json,
    opened_page,
    screenshot,
    send_film,
    serious_axe_findings,
    serving,
    soon,
    write_film,
)

MILD = {"C": 1.0}
GRAVE = {"A": 1.0, "B": 1.0, "C": 1.5, "D": 1.0, "E": 1.0, "F": 2.0}
SITE = 'identifiers = "full"\n'


@dataclass
class ListedFilms:
    """A service that shows names, with three films; more are written on demand."""

    address: str
    folder: Path
    count: int = 0
    ids: list[str] = field(default_factory=list)

    def write(self, acquired: str, zones: dict[str, float], patient: str, accession: str) -> Path:
        self.count += 1
        spec = PhantomSpec(zones=zones, seed=self.count)
        name = f"{self.count}.dcm"
        return write_film(
            self.folder, name, acquired, spec, patient=patient, AccessionNumber=accession
        )

    def send(self, acquired: str, zones: dict[str, float], patient: str, accession: str) -> str:
        return send_film(self.address, self.write(acquired, zones, patient, accession))


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListedFilms]:
    folder = tmp_path_factory.mktemp("listed")
    site = folder / "radiograde.toml"
    site.write_text(SITE)
    with serving(folder, "--site", str(site)) as address:
        films = ListedFilms(address, folder)
        films.ids = [
            films.send("20240309", MILD, "P1", "ACC-1"),
            films.send("20240301", GRAVE, "P2", "ACC-2"),
            films.send("20240611", MILD, "P2", "ACC-3"),
        ]
        yield films


@pytest.fixture
def page(browser: Browser, listed: ListedFilms) -> Iterator[Page]:
    with opened_page(browser, listed.address) as page:
        expect(page.locator(".card").first).to_be_visible()
        expect(page.locator(".live")).to_have_text("Live")
        until_it_asks_no_more(page)
        yield page


def shown(page: Page) -> list[str]:
    """Return the ids of the films in the list, from above."""
    links = [card.get_attribute("href") or "" for card in page.locator(".card").all()]
    return [link.rpartition("/")[2] for link in links]


def asked(page: Page) -> list[str]:
    """Return what the page asks of the service from now on, as it asks."""
    found: list[str] = []

    def note(request: Request) -> None:
        path = urlsplit(request.url).path
        found.append(f"{path}?{urlsplit(request.url).query}" if "worklist" in path else path)

    page.on("request", note)
    return found


def until_it_asks_no_more(page: Page) -> None:
    """Wait until the page has asked nothing for a while."""
    requests, before = asked(page), -1
    while len(requests) > before:
        before = len(requests)
        page.wait_for_timeout(500)


def test_a_change_makes_the_page_ask_for_its_row_alone(page: Page, listed: ListedFilms) -> None:
    # The overlay comes last: the process that makes pictures has to start first.
    with page.expect_response(lambda answer: answer.url.endswith("overlay.png")):
        page.goto(f"{listed.address}/#/film/{listed.ids[0]}")
    expect(page.locator(".readout")).to_be_visible()
    until_it_asks_no_more(page)
    requests = asked(page)
    id = listed.send("20240312", MILD, "P3", "ACC-4")
    listed.ids.append(id)
    expect(page.locator(".card").first).to_contain_text("P3")
    until_it_asks_no_more(page)
    assert requests
    for request in requests:
        path, _, query = request.partition("?")
        assert path == "/v1/worklist"
        assert parse_qs(query)["id"] == [id]
    assert shown(page) == listed.ids[::-1]


_FAKE_EVENTS = """
window.EventSource = class extends EventTarget {
  constructor() { super(); window.source = this; }
  close() {}
};
window.report = (id) => source.dispatchEvent(
  new MessageEvent("film", { data: JSON.stringify({ id }) }),
);
"""


def test_a_stream_of_changes_is_followed_while_it_lasts(page: Page, listed: ListedFilms) -> None:
    page.add_init_script(_FAKE_EVENTS)
    page.reload()
    expect(page.locator(".card").first).to_be_visible()
    page.clock.install(time="2024-06-12T08:00:00")
    page.clock.pause_at("2024-06-12T09:00:00")
    requests = asked(page)
    for _ in range(30):
        page.evaluate("(id) => report(id)", listed.ids[0])
        page.evaluate("(id) => report(id)", listed.ids[1])
        page.clock.run_for(100)
    page.clock.run_for(500)
    until_it_asks_no_more(page)
    # The first film of the list is made ready meanwhile.
    rows = [one for one in requests if one.startswith("/v1/worklist")]
    assert 3 <= len(rows) < 30, "several changes are asked for together"
    assert {frozenset(parse_qs(urlsplit(one).query)["id"]) for one in rows} == {
        frozenset(listed.ids[:2])
    }
    requests.clear()
    page.evaluate("() => source.onopen()")
    page.clock.run_for(500)
    until_it_asks_no_more(page)
    assert [parse_qs(urlsplit(one).query).get("id") for one in requests] == [None]


def test_another_film_of_the_patient_appears_in_the_timeline(
    page: Page, listed: ListedFilms
) -> None:
    page.goto(f"{listed.address}/#/film/{listed.ids[1]}")
    entries = page.locator(".timeline li")
    count = sum(row["patient"]["id"] == "P2" for row in films(listed))
    expect(entries).to_have_count(count)
    listed.ids.append(listed.send("20240612", MILD, "P2", "ACC-5"))
    expect(entries).to_have_count(count + 1)


def test_a_film_that_comes_goes_where_order_and_filters_put_it(
    page: Page, listed: ListedFilms
) -> None:
    page.get_by_label("Order").select_option("severest")
    expect(page.locator(".card").first).to_contain_text("moderate")
    page.get_by_text("Filters").click()
    page.get_by_label("Acquired to").fill("2024-03-31")
    of_march = [row for row in films(listed) if row["taken"] < "2024-04"]
    assert len(of_march) < len(listed.ids)
    expect(page.locator(".card")).to_have_count(len(of_march))
    requests = asked(page)
    outside = listed.send("20240613", GRAVE, "P4", "ACC-6")
    inside = listed.send("20240302", {"C": 0.2}, "P4", "ACC-7")
    listed.ids += [outside, inside]
    expect(page.locator(".card")).to_have_count(len(of_march) + 1)
    expect(page.locator(".card .working")).to_have_count(0)
    scores = [float(text) for text in page.locator(".card .score").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    assert outside not in shown(page)
    assert all("&id=" in request for request in requests if "worklist" in request)


def test_the_list_says_and_follows_its_order(page: Page, listed: ListedFilms) -> None:
    order = page.get_by_label("Order")
    expect(order.locator("option:checked")).to_have_text("Last received first")
    assert shown(page) == sorted(listed.ids, reverse=True)
    expect(page.locator(".card").last).to_contain_text("9 Mar 2024, 12:00 · received ")
    order.select_option("acquired")
    expect(page.locator(".card").first).to_contain_text("2024")
    taken = {row["id"]: row["taken"] for row in films(listed)}
    page.wait_for_function(
        "(id) => document.querySelector('.card').hash.endsWith(id)",
        arg=max(taken, key=lambda id: (taken[id], id)),
    )
    days = [taken[id] for id in shown(page)]
    assert days == sorted(days, reverse=True)


def films(listed: ListedFilms) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = get_json(f"{listed.address}/v1/worklist")["films"]
    return rows


def test_films_are_searched_by_what_the_page_shows(page: Page, listed: ListedFilms) -> None:
    cards = page.locator(".card")
    expect(cards.last).to_contain_text("Kim Min-jun, P1")
    expect(cards.last).to_contain_text("accession no. ACC-1")
    page.keyboard.press("q")
    search = page.get_by_label("Search films")
    expect(search).to_be_focused()
    for text, id in (("acc-1", listed.ids[0]), (listed.ids[2], listed.ids[2])):
        search.fill(text)
        expect(page.locator(f".card[href='#/film/{id}']")).to_be_visible()
        expect(cards).to_have_count(1)
    search.fill("kim")
    expect(cards).to_have_count(len(listed.ids))
    search.fill("nobody")
    expect(page.get_by_text("No film matches")).to_be_visible()
    screenshot(page, "30-search")
    assert serious_axe_findings(page) == []
    search.fill("")
    expect(cards).to_have_count(len(listed.ids))


def test_a_batch_shows_its_progress_and_opens_its_gravest_film(
    page: Page, listed: ListedFilms
) -> None:
    held: list[Route] = []
    page.route("**/v1/score", lambda route: held.append(route))
    progress = page.locator(".welcome .upload-progress")
    expect(progress).to_be_hidden()
    zones = (MILD, GRAVE, {"C": 0.2})
    batch = [listed.write("20240701", one, "P5", f"ACC-8{n}") for n, one in enumerate(zones)]
    drop_files(page, *batch)
    expect(progress).to_contain_text("Graded 0 of 3")
    expect(page.locator(".uploads .upload-progress progress")).to_be_visible()
    expect(page.locator(".upload-list").locator(".sending, .grading")).to_have_count(2)
    screenshot(page, "31-progress")
    assert serious_axe_findings(page) == []
    held.pop(0).continue_()
    expect(progress).to_contain_text("Graded 1 of 3")
    expect(page.locator(".upload-list").locator(".sending, .grading")).to_have_count(2)
    for route in held:
        route.continue_()
    page.wait_for_url(f"{listed.address}/#/film/*")
    added = [row for row in films(listed) if row["patient"]["id"] == "P5"]
    scores = [row["brixia"]["value"] for row in added]
    assert len(set(scores)) == 3
    expect(page.locator(".headline .value")).to_have_text(f"{max(scores):.1f}")
    expect(page.locator(".upload-list .done")).to_have_count(3)
    expect(page.locator(".upload-progress progress")).to_have_count(0)
    listed.ids += [row["id"] for row in films(listed) if row["id"] not in listed.ids]


def test_a_batch_leaves_a_reader_at_the_film_that_was_opened_meanwhile(
    page: Page, listed: ListedFilms
) -> None:
    held: list[Route] = []
    page.route("**/v1/score", lambda route: held.append(route))
    batch = [listed.write("20240702", MILD, "P6", f"ACC-9{n}") for n in range(2)]
    drop_files(page, *batch)
    expect(page.locator(".upload-list").locator(".sending, .grading")).to_have_count(2)
    page.locator(".card").last.click()
    opened = page.url
    for route in held:
        route.continue_()
    expect(page.locator(".upload-list .done")).to_have_count(2)
    page.wait_for_timeout(300)
    assert page.url == opened
    listed.ids += [row["id"] for row in films(listed) if row["id"] not in listed.ids]


@pytest.mark.parametrize("born", ["1850-01-01", "2150-01-01"])
def test_a_birth_date_that_cannot_be_right_is_flagged(
    page: Page, listed: ListedFilms, born: str
) -> None:
    row = films(listed)[-1]
    id, patient = row["id"], row["patient"] | {"birth_date": born}
    page.route(f"**/v1/worklist/{id}", lambda route: route.fulfill(json=row | {"patient": patient}))
    answer = {"films": [row | {"patient": patient}], "next": None}
    page.route("**/v1/worklist?*", lambda route: route.fulfill(json=answer))
    page.goto(f"{listed.address}/#/film/{id}")
    page.reload()
    expect(page.locator(".card .tags")).to_contain_text("unlikely date")
    panel = page.get_by_role("complementary", name="Result")
    expect(panel.get_by_role("heading").first).to_contain_text("(unlikely date)")


def test_what_was_left_out_can_be_cleared_away(page: Page, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no film")
    drop_files(page, notes)
    message = page.get_by_text("not image files: 1")
    expect(message).to_be_visible()
    page.get_by_role("button", name="Clear finished").click()
    expect(message).to_be_hidden()


def test_a_film_that_waits_shows_that_work_goes_on(page: Page, listed: ListedFilms) -> None:
    row = films(listed)[-1] | {"status": "waiting", "severity": None, "brixia": None}
    page.route("**/v1/worklist?*", lambda route: route.fulfill(json={"films": [row], "next": None}))
    page.route(f"**/v1/worklist/{row['id']}", lambda route: route.fulfill(json=row))
    page.reload()
    expect(page.locator(".card .working")).to_be_visible()
    page.locator(".card").click()
    expect(page.locator(".viewport .working")).to_be_visible()
    expect(page.get_by_text("waiting to be graded").first).to_be_visible()
    assert serious_axe_findings(page) == []


def test_a_demonstration_shows_a_course_by_one_click(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as address, opened_page(browser, address, layout=None) as page:
        page.get_by_role("button", name="Show a demonstration").click()
        expect(page.locator(".worklist li")).to_have_count(7)
        expect(page.locator(".timeline li")).to_have_count(5)
        expect(page.locator(".readout")).to_have_count(2)
        screenshot(page, "12-demonstration")
        assert serious_axe_findings(page) == []


def row_of(number: int, patient: str) -> dict[str, Any]:
    """Return a film of the worklist as the service answers it."""
    score = {"value": number % 18, "interval": [0, 18], "range": [0, 18]}
    return {
        "id": f"{number:026}", "received": "2026-03-04T05:06:07+00:00", "taken": None,
        "door": "dicom", "status": "scored", "view": "PA", "severity": "mild", "brixia": score,
        "reasons": [], "error": None, "patient": {"label": patient}, "kept": False,
        "review": None, "delivery": None, "accession": None,
    }  # fmt: skip


def test_of_a_long_list_only_what_is_near_is_in_the_page(
    browser: Browser, listed: ListedFilms
) -> None:

    def answer(route: Route) -> None:
        asked_for = parse_qs(urlsplit(route.request.url).query)
        limit, first = int(asked_for["limit"][0]), int(asked_for.get("after", ["0"])[0])
        films = [row_of(number, f"P{number}") for number in range(first, first + limit)]
        after = first + limit
        route.fulfill(json={"films": films, "next": str(after) if after < 3000 else None})

    with opened_page(browser, listed.address) as page:
        page.route("**/v1/worklist?*", answer)
        page.reload()
        expect(page.locator(".card").first).to_be_visible()
        scroll = "() => { const list = document.querySelector('.worklist'); list.scrollTop = 1e9; }"
        listed_count = "document.querySelector('#films').textContent"

        def is_whole() -> bool:
            page.evaluate(scroll)
            return "3000" in str(page.evaluate(listed_count))

        assert soon(page, is_whole)
        assert soon(page, lambda: page.locator(".card").count() <= 300)
        assert page.evaluate("document.querySelector('.worklist').scrollHeight") > 3000 * 40
        page.evaluate("() => { document.querySelector('.worklist').scrollTop = 0; }")
        expect(page.locator(f".card[href='#/film/{0:026}']")).to_be_visible()


def test_films_are_grouped_by_patient(page: Page, listed: ListedFilms) -> None:
    page.get_by_text("Filters").click()
    page.get_by_label("Group by patient").check()
    heading = page.locator(".of-patient", has_text="2 films").first
    expect(heading).to_be_visible()
    ids = shown(page)
    assert abs(ids.index(listed.ids[1]) - ids.index(listed.ids[2])) == 1
    page.reload()
    expect(heading).to_be_visible()
    assert serious_axe_findings(page) == []


def test_unread_films_and_filters_that_are_kept(page: Page, listed: ListedFilms) -> None:
    page.get_by_role("button", name="Unread").click()
    expect(page.get_by_role("button", name="Unread")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Save filters as").fill("My morning")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Unread").click()
    expect(page.get_by_label("Save filters as")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="My morning", exact=True).click()
    expect(page.get_by_role("button", name="Unread")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Remove the saved filters My morning").click()
    expect(page.get_by_role("button", name="My morning", exact=True)).to_have_count(0)
