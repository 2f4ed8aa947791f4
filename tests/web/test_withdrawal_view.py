"""Withdrawing a result on the page: the form, what stands in its place, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from radiograde.data.phantom import PhantomSpec
from tests.web.page_driver import (
    get_json,
    opened_page,
    screenshot,
    send_film,
    serious_axe_findings,
    serving,
    write_film,
)

TITLE = "Withdraw this result"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with opened_page(browser, address) as page:
        yield page


def new_film(address: str, folder: Path, seed: int, day: str = "20240309") -> str:
    """Send a film that none of the tests has sent; return its id."""
    spec = PhantomSpec(zones={"A": 1, "C": 2, "F": 2}, seed=seed)
    return send_film(address, write_film(folder, "film.dcm", day, spec, f"P{seed}"))


def open_film(page: Page, address: str, film: str) -> Locator:
    page.goto(f"{address}/#/film/{film}")
    panel = page.get_by_role("complementary", name="Result")
    expect(panel.get_by_text(TITLE)).to_be_visible()
    return panel


def test_a_result_is_withdrawn_by_keyboard(page: Page, address: str, tmp_path: Path) -> None:
    film = new_film(address, tmp_path, 41)
    panel = open_film(page, address, film)
    expect(panel.get_by_role("table", name="Zones")).to_be_visible()
    panel.get_by_text(TITLE).focus()
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "code":
            page.keyboard.press("P")
    expect(panel.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Film of another patient")
    assert serious_axe_findings(page) == []
    screenshot(page, "27-withdraw-form")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    section = panel.get_by_role("region", name="Result withdrawn")
    expect(section).to_contain_text("Film of another patient")
    expect(section).to_contain_text("Patient safety")
    expect(section).to_contain_text("local,")
    expect(section.get_by_role("heading")).to_be_focused()
    assert serious_axe_findings(page) == []
    screenshot(page, "28-withdrawn")
    made = get_json(f"{address}/v1/results/{film}/withdrawal")
    assert (made["code"], made["reason"]) == ("patient_safety", "Film of another patient")
    expect(panel.get_by_role("table")).to_have_count(0)
    for gone in ("Accept", "Copy text", TITLE):
        expect(panel.get_by_text(gone, exact=True)).to_have_count(0)
    card = page.locator(".card[aria-current]")
    expect(card).to_contain_text("Withdrawn")
    expect(card.locator(".score")).to_have_text("–")
    page.reload()
    expect(section).to_contain_text("Film of another patient")
    page.get_by_label("Language").select_option("ko")
    expect(page.locator("section.withdrawn")).to_contain_text("철회된 결과")
    expect(card).to_contain_text("철회됨")


def test_what_another_withdraws_is_shown_at_once(page: Page, address: str, tmp_path: Path) -> None:
    film = new_film(address, tmp_path, 42)
    panel = open_film(page, address, film)
    page.evaluate(
        """async ([film]) => {
          await fetch(`v1/results/${film}/withdrawal`, {
            method: "POST",
            body: JSON.stringify({ reason: "Cut off" }),
            headers: { "Content-Type": "application/json" },
          });
        }""",
        [film],
    )
    expect(panel.get_by_role("region", name="Result withdrawn")).to_contain_text("Cut off")


def test_a_reason_is_asked_for(page: Page, address: str, tmp_path: Path) -> None:
    film = new_film(address, tmp_path, 43)
    panel = open_film(page, address, film)
    panel.get_by_text(TITLE).click()
    panel.get_by_label("Reason").fill("   ")
    panel.get_by_role("button", name="Withdraw").click()
    expect(panel.locator(".withdrawal").get_by_role("alert")).to_have_text("Give a reason.")
    expect(panel.get_by_label("Reason")).to_be_focused()


def test_a_refusal_is_shown_and_the_words_stay(page: Page, address: str, tmp_path: Path) -> None:
    film = new_film(address, tmp_path, 44)
    panel = open_film(page, address, film)

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"status": 503, "code": "x", "detail": "The store is away."})

    page.route("**/withdrawal", refuse)
    panel.get_by_text(TITLE).click()
    panel.get_by_label("Reason").fill("Cut off")
    panel.get_by_role("button", name="Withdraw").click()
    expect(panel.locator(".withdrawal").get_by_role("alert")).to_have_text("The store is away.")
    expect(panel.get_by_label("Reason")).to_have_value("Cut off")
    expect(panel.get_by_role("button", name="Withdraw")).to_be_enabled()


@pytest.mark.parametrize("missing", ["review", "deliver"])
def test_whoever_may_not_is_told(page: Page, address: str, tmp_path: Path, missing: str) -> None:
    film = new_film(address, tmp_path, 45)

    def restricted(route: Route) -> None:
        session = route.fetch().json()
        session["user"]["permissions"].remove(missing)
        route.fulfill(body=json.dumps(session), content_type="application/json")

    page.route("**/v1/session", restricted)
    page.reload()
    panel = open_film(page, address, film)
    panel.get_by_text(TITLE).click()
    expect(panel).to_contain_text("Your role may not withdraw results.")
    expect(panel.get_by_role("button", name="Withdraw")).to_have_count(0)
