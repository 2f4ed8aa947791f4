"""Administrators change the site file on the page: without a restart, comments as they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.page_driver import (
    get_json,
    opened_page,
    screenshot,
    serious_axe_findings,
    serving,
)

SITE = """\
identifiers = "none"  # by the data protection officer

# The archive of the house
[[destination]]
name = "archive"
type = "dicom"
aet = "ARCHIVE"  # in capitals
host = "127.0.0.1"
port = 1
"""


@dataclass(frozen=True)
class Installation:
    address: str
    file: Path


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("settings")
    file = folder / "data" / "radiograde.toml"
    file.parent.mkdir()
    file.write_text(SITE)
    with serving(folder, "--no-worker") as address:
        yield Installation(address, file)


@pytest.fixture
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    with opened_page(browser, installation.address) as page:
        page.get_by_role("link", name="Settings").click()
        expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        page.set_default_timeout(10_000)
        yield page


def test_a_change_is_in_force_and_in_the_file(page: Page, installation: Installation) -> None:
    assert get_json(f"{installation.address}/v1/session")["identifiers"] == "none"
    page.get_by_label("Patient identity shown").select_option("full")
    page.get_by_label("Days that films are kept").fill("90")
    page.locator("summary", has_text="archive").click()
    page.get_by_role("textbox", name="AE title", exact=False).first.fill("ARCHIVE2")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".findings .fail").first).to_be_visible()
    page.get_by_role("button", name="Add: Routing rules").click()
    page.get_by_role("textbox", name="To to").fill("archive")
    page.get_by_role("checkbox", name="severe", exact=True).first.check()
    screenshot(page, "settings")
    assert serious_axe_findings(page) == []

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved, and in force.")).to_be_visible()
    assert get_json(f"{installation.address}/v1/session")["identifiers"] == "full"
    text = installation.file.read_text()
    assert 'identifiers = "full"  # by the data protection officer' in text
    assert '# The archive of the house\n[[destination]]\nname = "archive"' in text
    assert 'aet = "ARCHIVE2"  # in capitals' in text
    assert "keep_days = 90" in text
    assert '[[rules]]\nto = ["archive"]\nseverity = ["severe"]' in text


def test_what_does_not_fit_is_said_where_it_is_saved(
    page: Page, installation: Installation
) -> None:
    before = installation.file.read_text()
    page.get_by_label("Days that films are kept").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".save .error")).to_contain_text("keep_days")
    assert installation.file.read_text() == before


def test_the_first_user_is_an_administrator_who_then_signs_in(
    page: Page, installation: Installation
) -> None:
    page.get_by_label("User name").fill("kim")
    page.get_by_label("New password").fill("a sentence nobody says")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_text("The first user has to be an administrator.").last).to_be_visible()
    page.get_by_label("Role").select_option("administrator")
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
