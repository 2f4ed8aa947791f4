"""Users, keys and sessions on the page, in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from radiograde.service.auth.credentials import Passwords
from tests.service.accounts import PASSWORD, QUICK
from tests.service.http.live import listening
from tests.web.page_driver import opened_page, serious_axe_findings


def test_accounts_are_managed_on_the_page(browser: Browser, tmp_path: Path) -> None:
    with listening(tmp_path) as (app, port):
        access = app.state.access
        access.password_sign_in._passwords = Passwords(QUICK)
        access.users.add("root", "administrator", QUICK.hash(PASSWORD))
        access.users.add("kim", "reader", QUICK.hash(PASSWORD))
        address = f"http://127.0.0.1:{port}"
        with opened_page(browser, address) as page:
            page.goto(f"{address}/?sign_on=second_factor")
            expect(page.get_by_role("alert")).to_contain_text("second factor")
            page.get_by_label("User name").fill("root")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("link", name="Accounts").click()
            page.get_by_label("Role of kim").select_option("manager")
            expect(page.get_by_text("Changed")).to_be_visible()
            keys = page.get_by_role("region", name="API keys")
            keys.get_by_label("Name").fill("platform")
            keys.get_by_role("button", name="Add").click()
            expect(keys.locator("code")).to_contain_text("rg_")
            expect(keys.get_by_role("row")).to_contain_text("never used")
            expect(keys.get_by_label("Days it holds")).to_have_value("90")
            assert not serious_axe_findings(page)
            page.get_by_role("button", name="Remove platform").click()
            page.get_by_role("button", name="Remove for good").click()
            expect(keys.get_by_role("row")).to_have_count(0)
            page.get_by_role("button", name="Sign root out").click()
            expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert [user.role for user in access.users.all()] == ["manager", "administrator"]
        assert access.keys.all() == []
