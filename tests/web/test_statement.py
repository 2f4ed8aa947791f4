"""Sentences on the page: the days of a statement are those that the browser's own data give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from radiograde.service.documents.statement import english, german, japanese, korean, spanish

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DAYS = [date(2026, month, 3 + month) for month in range(1, 13)]
WORDS: dict[str, Callable[[date], str]] = {
    "en-GB": english.day_words,
    "de": german.day_words,
    "es": spanish.day_words,
    "ko": korean.day_words,
    "ja": japanese.day_words,
}
FORMAT = """([locale, days]) => days.map((day) => new Intl.DateTimeFormat(
  locale, { dateStyle: "long", timeZone: "UTC" }).format(new Date(day)))"""


@pytest.mark.parametrize("locale", WORDS)
def test_days_are_written_as_the_locale_writes_them(browser: Browser, locale: str) -> None:
    page = browser.new_page()
    written = page.evaluate(FORMAT, [locale, [day.isoformat() for day in DAYS]])
    page.close()
    assert [WORDS[locale](day) for day in DAYS] == written
