"""The delivery of a film on the page: what it shows of each destination, and what sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from radiograde.data.phantom import PhantomSpec
from radiograde.service.auth.principal import PERMISSIONS
from tests.web.page_driver import (
    drop_files,
    opened_page,
    screenshot,
    serious_axe_findings,
    serving,
    write_film,
)

LUNGS = PhantomSpec(zones={"A": 1, "C": 2, "F": 2}, seed=3)
SITE = """
[[destination]]
name = "share"
type = "folder"
path = "{share}"
send = ["json", "pdf"]
"""
UPDATED = "2024-03-09T13:05:00+00:00"
SECTION = 'section[aria-labelledby="delivery"]'


@dataclass
class FakeJob:
    """The routes of one job: ``answers`` are given one by one, the last one repeatedly."""

    answers: list[dict[str, Any]]
    posted: list[Any] = field(default_factory=list)
    after_post: list[dict[str, Any]] = field(default_factory=list)
    refusal: dict[str, Any] | None = None

    def answer(self, route: Route) -> None:
        if route.request.method == "POST":
            self.posted.append(route.request.post_data_json)
            if self.refusal is not None:
                route.fulfill(status=self.refusal["status"], json=self.refusal)
                return
            self.answers = self.after_post or self.answers
            route.fulfill(status=202, json=self.answers[0])
            return
        job = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        route.fulfill(json=job)


def job(destinations: list[str], **deliveries: dict[str, Any] | str) -> dict[str, Any]:
    """Return the document of a job; a delivery is its state, or a dictionary of what differs."""
    rows = []
    for name, value in deliveries.items():
        facts = {"state": value} if isinstance(value, str) else value
        row = {"attempts": 0, "updated": UPDATED, "error": None, "message": None}
        rows.append({"destination": name, **row, **facts})
    return {"destinations": destinations, "deliveries": rows}


@pytest.fixture(scope="module")
def film_url(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    film = write_film(folder, "film.dcm", "20240309", LUNGS)
    with serving(folder) as address:
        with opened_page(browser, address) as page:
            drop_files(page, film)
            page.wait_for_url(f"{address}/#/film/*")
        yield page.url


@pytest.fixture
def page(browser: Browser, film_url: str) -> Iterator[Page]:
    with opened_page(browser, film_url.partition("#")[0]) as page:
        yield page


def open_film(page: Page, film_url: str, fake: FakeJob) -> Locator:
    """Open the film; return the section of the panel that is about its delivery."""
    page.route("**/v1/jobs/**", fake.answer)
    page.goto(film_url)
    section = page.locator(SECTION)
    expect(section).to_be_visible()
    return section


def test_every_state_of_a_delivery_is_shown(page: Page, film_url: str) -> None:
    refused = {"state": "parked", "error": "refused", "message": "archive takes no SR."}
    away = {"state": "waiting", "error": "unreachable", "message": "records does not answer."}
    names = ["pacs", "archive", "records", "share", "mirror"]
    states: dict[str, dict[str, Any] | str] = {
        "pacs": "delivered",
        "archive": refused,
        "records": away,
        "share": "waiting",
    }
    fake = FakeJob([job(names, **states, former="delivered")])
    section = open_film(page, film_url, fake)
    rows = section.get_by_role("listitem")
    expect(rows).to_have_count(6)
    expect(rows.nth(0)).to_contain_text("pacs Sent 9 Mar 2024")
    expect(rows.nth(1)).to_contain_text("archive Not sent, parked. archive takes no SR.")
    expect(rows.nth(2)).to_contain_text("records Waiting for the next attempt. records does not")
    expect(rows.nth(3)).to_contain_text("share Waiting to be sent")
    expect(rows.nth(4)).to_contain_text("mirror Not sent (not routed)")
    expect(rows.nth(5)).to_contain_text("former Sent")
    expect(section.get_by_role("button")).to_have_text(["Send", "Send", "Send to all"])
    section.scroll_into_view_if_needed()
    screenshot(page, "14-delivery-states")
    assert serious_axe_findings(page) == []
    page.get_by_label("Language").select_option("ko")
    expect(rows.nth(1)).to_contain_text("보류됨. 전송 대상이 문서를 거부했습니다.")
    assert serious_axe_findings(page) == []


def test_a_film_is_sent_to_one_destination_or_to_all(page: Page, film_url: str) -> None:
    fake = FakeJob([job(["pacs", "archive", "share"])])
    section = open_film(page, film_url, fake)
    fake.after_post = [job(["pacs", "archive", "share"], archive="waiting")]
    section.get_by_role("button", name="Send: archive").click()
    expect(section.get_by_role("listitem").nth(1)).to_contain_text("Waiting to be sent")
    expect(section.get_by_role("button", name="archive")).to_have_count(0)
    section.get_by_role("button", name="Send to all").click()
    sent = [{"destinations": ["archive"]}, {"destinations": ["pacs", "share"]}]
    expect(section.get_by_role("button", name="Send to all")).to_be_enabled()
    assert fake.posted == sent


def test_a_film_is_sent_by_keyboard(page: Page, film_url: str) -> None:
    fake = FakeJob([job(["pacs"])])
    section = open_film(page, film_url, fake)
    expect(section.get_by_role("button")).to_have_count(1)
    fake.after_post = [job(["pacs"], pacs="waiting"), job(["pacs"], pacs="delivered")]
    page.keyboard.press("d")
    expect(section.get_by_role("button", name="Send: pacs")).to_be_focused()
    page.keyboard.press("Enter")
    expect(section.get_by_role("heading")).to_be_focused()
    expect(section.get_by_role("listitem")).to_contain_text("pacs Sent")
    assert fake.posted == [{"destinations": ["pacs"]}]


def test_a_refusal_is_shown(page: Page, film_url: str) -> None:
    fake = FakeJob([job(["pacs"])])
    fake.refusal = {"status": 409, "code": "not_deliverable", "detail": "No longer kept."}
    section = open_film(page, film_url, fake)
    section.get_by_role("button", name="Send").click()
    expect(section.get_by_role("alert")).to_have_text("No longer kept.")
    expect(section.get_by_role("button", name="Send")).to_be_enabled()


def test_without_a_destination_there_is_nothing_to_send(page: Page, film_url: str) -> None:
    section = open_film(page, film_url, FakeJob([job([])]))
    expect(section).to_contain_text("The site file names no destination.")
    expect(section.get_by_role("button")).to_have_count(0)


def test_a_reader_may_send(page: Page, film_url: str) -> None:
    section = open_film_as(page, film_url, sorted(PERMISSIONS["reader"]))
    expect(section.get_by_role("button")).to_have_text(["Send", "Send", "Send to all"])


def test_whoever_may_not_deliver_sees_the_state_alone(page: Page, film_url: str) -> None:
    section = open_film_as(page, film_url, ["send", "read", "review"])
    expect(section.get_by_role("button")).to_have_count(0)


def open_film_as(page: Page, film_url: str, permissions: list[str]) -> Locator:
    """Open a film that was sent nowhere, as somebody with these permissions."""

    def restricted(route: Route) -> None:
        session = route.fetch().json()
        session["user"]["permissions"] = permissions
        route.fulfill(body=json.dumps(session), content_type="application/json")

    page.route("**/v1/session", restricted)
    page.reload()
    section = open_film(page, film_url, FakeJob([job(["pacs", "share"])]))
    expect(section.get_by_role("listitem").first).to_contain_text("Not sent")
    return section


def test_a_film_of_the_page_goes_out_once_it_is_sent(browser: Browser, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    site = tmp_path / "radiograde.toml"
    site.write_text(SITE.format(share=share))
    film = write_film(tmp_path, "film.dcm", "20240309", LUNGS)
    with serving(tmp_path, "--site", str(site)) as address, opened_page(browser, address) as page:
        drop_files(page, film)
        row = page.locator(SECTION).get_by_role("listitem")
        expect(row).to_contain_text("share Not sent (not routed)")
        card = page.locator(".card")
        expect(card).to_contain_text("Not sent")
        screenshot(page, "15-delivery")
        assert list(share.iterdir()) == []
        row.get_by_role("button", name="Send: share").click()
        expect(row).to_contain_text("share Sent")
        expect(card.locator(".tag")).to_have_text(["Sent"])
        screenshot(page, "16-delivered")
        assert serious_axe_findings(page) == []
        (result,) = share.glob("*/*")
        assert {path.name for path in result.iterdir()} == {"report.pdf", "result.json"}
        page.reload()
        expect(row).to_contain_text("share Sent")
