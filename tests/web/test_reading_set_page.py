"""Three users read twenty films through the page, blinded; their agreement is that of a library."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, expect
from sklearn.metrics import cohen_kappa_score

from radiograde.command import main
from radiograde.data.phantom import PhantomSpec
from tests.web.page_driver import (
    opened_page,
    screenshot,
    send_film,
    serious_axe_findings,
    serving,
    write_film,
)

FILMS, REPEATS = 20, 2
READERS = {"kim": 0, "lee": 1, "sato": 2}
PASSWORD = "a sentence nobody says"  # noqa: S105
GRADE = """([zones]) => {
  for (const [name, grade] of Object.entries(zones))
    document.querySelector(`.correction input[name='${name}'][value='${grade}']`).click();
  document.querySelector(".correction").closest("form").requestSubmit();
}"""


def cli(*arguments: str, typed: str | None = None) -> str:
    done = CliRunner().invoke(main, arguments, input=typed)
    assert done.exit_code == 0, done.output
    return done.stdout


def grades_of(reader: int, film: int, *, again: bool) -> dict[str, int]:
    """Return what a reader says of a film: readers differ, and from themselves a little."""
    return {
        zone: (film + at + (reader * film) % 2 + (again and at == 0)) % 4
        for at, zone in enumerate("ABCDEF")
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str], list[str]]]:
    """Give the address of a service with films and users, its data directory, and the films."""
    folder: Path = tmp_path_factory.mktemp("served")
    data = ["--data-dir", str(folder / "data")]
    with serving(folder) as address:
        films = []
        for number in range(FILMS):
            spec = PhantomSpec(rows=256, columns=240, zones={"C": number % 4}, seed=number)
            uid = f"1.2.3.4.{number + 1}"
            path = write_film(
                folder, "film.dcm", "20240301", spec, f"P{number}", SOPInstanceUID=uid
            )
            films.append(send_film(address, path))
        for name in READERS:
            cli("users", "add", name, "--role", "reader", "--password-stdin", *data, typed=PASSWORD)
        yield address, data, films


def test_blinded_reading_by_three_users(
    browser: Browser, served: tuple[str, list[str], list[str]]
) -> None:
    address, data, films = served
    chosen = [part for film in films for part in ("--film", film)]
    readers = [part for name in READERS for part in ("--reader", name)]
    set_id = cli("readers", "give", "Spring", *chosen, *readers, f"--repeats={REPEATS}", *data)[:26]
    orders = {name: read_all(browser, address, films, name) for name in READERS}
    assert len({tuple(order) for order in orders.values()}) == len(READERS)
    found = json.loads(cli("readers", "agreement", set_id, "--json", *data))
    pairs = {(one["between"], one["a"], one["b"]): one for one in found["pairs"]}
    assert sum(one["between"] == "readers" for one in found["pairs"]) == 3
    for a, b in (("kim", "lee"), ("kim", "sato"), ("lee", "sato")):
        one = pairs["readers", a, b]
        assert one["films"] == FILMS
        assert one["kappa"] == pytest.approx(kappa(a, b))
    for name in READERS:
        assert pairs["same_reader", name, name]["films"] == REPEATS
        assert pairs["model", name, "model"]["films"] == FILMS


def kappa(a: str, b: str) -> float:
    zones = [
        np.array(
            [list(grades_of(READERS[name], film, again=False).values()) for film in range(FILMS)]
        )
        for name in (a, b)
    ]
    found: Any = cohen_kappa_score(
        *(one.ravel() for one in zones), labels=range(4), weights="quadratic"
    )
    return float(found)


def read_all(browser: Browser, address: str, films: list[str], name: str) -> list[str]:
    """Read a user's whole set through the page; return the films in the user's order."""
    order: list[str] = []
    with opened_page(browser, address) as page:
        page.get_by_label("User").fill(name)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name=re.compile("Spring")).click()
        panel = page.get_by_role("complementary")
        for place in range(1, FILMS + REPEATS + 1):
            expect(panel.get_by_text(f"film {place} of {FILMS + REPEATS}")).to_be_visible()
            film = page.evaluate(
                "async (hash) => (await (await fetch(`v1/reading-sets/${hash}/next`)).json()).film",
                page.url.rpartition("/")[2],
            )
            if place == 1:
                expect(page.locator(".scores, .statement, .zone-label, .card b")).to_have_count(0)
                refused = page.evaluate(
                    "async (film) => (await fetch(`v1/results/${film}`)).status", film
                )
                assert refused == 403
                expect(page.locator(".viewport canvas")).to_be_visible()
                if name == "kim":
                    screenshot(page, "reading-set")
                    assert serious_axe_findings(page) == []
            again = film in order
            order.append(film)
            zones = grades_of(READERS[name], films.index(film), again=again)
            page.evaluate(GRADE, [zones])
        expect(page.get_by_text(f"all {FILMS + REPEATS} films")).to_be_visible()
        shown = page.evaluate(
            "async (film) => (await fetch(`v1/results/${film}`)).status", films[0]
        )
        assert shown == 200
    return order
