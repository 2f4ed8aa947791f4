"""Projects on the page, in a real browser: made and filled; seen by a member, and chosen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from radiograde.service.auth.credentials import Passwords
from radiograde.service.projects.film_access import EVERY_FILM
from radiograde.service.projects.project_film_repository import ProjectFilmRepository
from radiograde.service.projects.project_repository import ProjectRepository
from tests.service.accounts import PASSWORD, QUICK
from tests.service.documents.graded_films import film_bytes
from tests.service.http.live import listening
from tests.web.page_driver import SCREENSHOTS, opened_page, serious_axe_findings


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[FastAPI, str]]:
    """Run a service with two films, an administrator and somebody without a role in the pool."""
    with listening(tmp_path) as (app, port):
        address = f"http://127.0.0.1:{port}"
        for number in (1, 2):
            film = film_bytes(SOPInstanceUID=f"1.2.{number}")
            requests.post(f"{address}/v1/score", film, timeout=60).raise_for_status()
        access = app.state.access
        access.password_sign_in._passwords = Passwords(QUICK)
        access.users.add("root", "administrator", QUICK.hash(PASSWORD))
        access.users.add("kim", "member", QUICK.hash(PASSWORD))
        yield app, address


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def pictured(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_a_project_is_made_and_filled_on_the_page(
    browser: Browser, service: tuple[FastAPI, str]
) -> None:
    app, address = service
    projects = ProjectRepository(app.state.runtime.records.database)
    with opened_page(browser, address) as page:
        sign_in(page, "root")
        page.get_by_role("link", name="Projects").click()
        page.get_by_label("New project").fill("Spring")
        page.get_by_role("button", name="Make").click()
        own = page.get_by_role("region", name="Spring")
        own.get_by_label("User name").fill("kim")
        own.get_by_label("Role").select_option("steward")
        own.get_by_role("button", name="Give the role").click()
        expect(own.get_by_role("row")).to_contain_text("data steward")
        own.get_by_label("Acquired from").fill("2026-01-01")
        own.get_by_role("button", name="Put in").click()
        expect(own).to_contain_text("Films: 2")
        assert not serious_axe_findings(page)
        pictured(page, "projects")
        page.set_viewport_size({"width": 390, "height": 844})
        pictured(page, "projects-phone")
        own.get_by_role("button", name="Take the role: kim").click()
        expect(own.get_by_role("row")).to_have_count(0)
        own.get_by_label("Name", exact=True).fill("Summer")
        own.get_by_role("button", name="Rename").click()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("region", name="Summer").get_by_role("button", name="Close").click()
        expect(page.get_by_role("region", name="Summer")).to_contain_text("closed on")
    (found,) = projects.all()
    assert (found.name, found.films, found.closed is None) == ("Summer", 2, False)


def test_a_member_sees_the_films_of_the_projects_and_chooses_one(
    browser: Browser, service: tuple[FastAPI, str]
) -> None:
    app, address = service
    database = app.state.runtime.records.database
    projects, films = ProjectRepository(database), ProjectFilmRepository(database)
    ids = [job.id for job in app.state.runtime.records.jobs.page(10)]
    a, b = projects.add("A", "root"), projects.add("B", "root")
    films.add(a, ids[:1], "root", EVERY_FILM)
    films.add(b, ids[1:], "root", EVERY_FILM)
    projects.enrol(a, "kim", "researcher")
    projects.enrol(b, "kim", "researcher")
    with opened_page(browser, address) as page:
        sign_in(page, "kim")
        cards = page.locator(".worklist .card")
        expect(cards).to_have_count(2)
        page.get_by_label("Project", exact=True).select_option(label="A")
        expect(cards).to_have_count(1)
        assert not serious_axe_findings(page)
        cards.first.click()
        expect(page.get_by_role("heading", name="Report")).to_be_visible()
        expect(page.get_by_role("link", name="PDF")).to_have_count(0)
        expect(page.get_by_role("alert").filter(has_text="may not")).to_have_count(0)
        pictured(page, "project-member")
        page.set_viewport_size({"width": 390, "height": 844})
        pictured(page, "project-member-phone")
        expect(page.get_by_role("link", name="Projects")).to_have_count(0)
