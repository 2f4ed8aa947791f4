"""The page as a reader uses it: a real browser, a real service, the bundled model."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from radiograde.data.phantom import PhantomSpec
from radiograde.model.scoring.scales import ZONE_NAMES
from tests.web.conftest import CHROMIUM
from tests.web.page_driver import (
    drop_files,
    get_json,
    opened_page,
    screenshot,
    serious_axe_findings,
    serving,
    soon,
    write_film,
)

BEFORE = PhantomSpec(zones={"C": 1}, seed=1)
AFTER = PhantomSpec(zones={"A": 1, "B": 1, "C": 1.5, "D": 1, "E": 1, "F": 2}, seed=1)
LATE = PhantomSpec(zones={"C": 1}, seed=2)
SITE = """
[[destination]]
name = "pacs"
type = "dicom"
aet = "PACS"
host = "127.0.0.1"
port = 104
"""


@dataclass(frozen=True)
class ServedFilms:
    """A service with two films of one patient, sent by the page itself."""

    address: str
    folder: Path
    ids: tuple[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[ServedFilms]:
    folder = tmp_path_factory.mktemp("served")
    films = [
        write_film(folder, "before.dcm", "20240301", BEFORE),
        write_film(folder, "after.dcm", "20240309", AFTER),
    ]
    site = folder / "radiograde.toml"
    site.write_text(SITE)
    with serving(folder, "--site", str(site)) as address:
        with opened_page(browser, address) as page:
            expect(page.get_by_role("heading", name="Drop a chest radiograph")).to_be_visible()
            expect(page.get_by_text("No films yet")).to_be_visible()
            assert serious_axe_findings(page) == []
            screenshot(page, "1-first-start")
            drop_files(page, *films)
            done = page.locator(".upload-list li.done")
            expect(done).to_have_count(2)
            expect(page.locator(".worklist li")).to_have_count(2)
            screenshot(page, "2-two-films")
        listed = get_json(f"{address}/v1/worklist")["films"]
        ids = {row["taken"][:10]: row["id"] for row in listed}
        yield ServedFilms(address, folder, (ids["2024-03-01"], ids["2024-03-09"]))


@pytest.fixture
def page(browser: Browser, served: ServedFilms) -> Iterator[Page]:
    with opened_page(browser, served.address) as page:
        yield page


def open_film(page: Page, served: ServedFilms, number: int) -> None:
    page.goto(f"{served.address}/#/film/{served.ids[number]}")
    expect(page.locator(".readout")).to_be_visible()


def brightness(page: Page) -> float:
    """Return the mean grey, 0-255, of the film as it is on the screen."""
    from io import BytesIO

    import numpy as np
    from PIL import Image

    shot = page.locator(".viewport canvas").first.screenshot()
    return float(np.asarray(Image.open(BytesIO(shot)).convert("L")).mean())


def one_digit(value: float) -> str:
    """Return a score as a browser rounds it: 2.25 is 2.3, where Python says 2.2."""
    return str(Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP))


def test_a_film_shows_its_scores_as_the_service_has_them(page: Page, served: ServedFilms) -> None:
    open_film(page, served, 1)
    brixia = get_json(f"{served.address}/v1/results/{served.ids[1]}")["scores"]["brixia"]
    panel = page.get_by_role("complementary", name="Result")
    expect(panel.locator(".headline .value")).to_have_text(one_digit(brixia["value"]))
    for name, zone in brixia["zones"].items():
        cell = panel.locator(".zones td", has_text=f"{name} {ZONE_NAMES[name]}")
        expect(cell.locator("b")).to_have_text(one_digit(zone["value"]))
    low, high = brixia["interval"]
    expect(panel).to_contain_text(f"{one_digit(low)} to {one_digit(high)}")
    expect(page.locator(".zone-label")).to_have_count(6)
    expect(page.locator(".scale-bar")).to_contain_text("cm")
    expect(page.locator("header .notice")).to_contain_text("not a diagnosis")
    expect(panel).to_contain_text("pacs Not sent (not routed)")
    screenshot(page, "3-film")
    assert serious_axe_findings(page) == []


def test_dragging_changes_the_window(page: Page, served: ServedFilms) -> None:
    open_film(page, served, 1)
    canvas = page.locator(".viewport canvas")
    readout = page.locator(".readout")
    before, shown = brightness(page), readout.inner_text()
    box = canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 160, steps=8)
    page.mouse.up()
    expect(readout).not_to_have_text(shown, use_inner_text=True)
    assert soon(page, lambda: abs(brightness(page) - before) > 10)
    expect(page.get_by_label("Preset")).to_contain_text("Manual")
    page.keyboard.press("p")
    assert soon(page, lambda: abs(brightness(page) - before) < 40)


def test_the_slider_takes_the_colour_away(page: Page, served: ServedFilms) -> None:
    open_film(page, served, 1)
    coloured = page.locator(".viewport canvas").screenshot()
    slider = page.get_by_label("Opacity", exact=True)
    slider.fill("0")
    assert soon(page, lambda: page.locator(".viewport canvas").screenshot() != coloured)
    page.keyboard.press("l")
    expect(page.locator(".zone-label")).to_have_count(6)
    page.keyboard.press("y")
    expect(page.locator(".zone-label")).to_have_count(0)
    screenshot(page, "4-bare-film")
    page.keyboard.press("i")
    expect(page.get_by_text("Displayed inverted")).to_be_attached()
    page.keyboard.press("m")
    expect(page.get_by_text("Displayed mirrored")).to_be_attached()
    expect(page.locator(".side-mark.at-left")).to_have_text("L")


def test_a_change_is_judged_by_the_repeatability_limit(page: Page, served: ServedFilms) -> None:
    open_film(page, served, 1)
    history = get_json(f"{served.address}/v1/results/{served.ids[1]}/history")
    change = history["films"][1]["change"]
    assert change["verdict"] == "worse"
    assert change["delta"] > history["repeatability"]
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text(f"up to {history['repeatability']:.1f} points")
    expect(timeline.locator(".change")).to_have_text(f"+{change['delta']:.1f} worse")
    timeline.get_by_role("link").first.click()
    expect(page).to_have_url(f"{served.address}/#/film/{served.ids[0]}")


def test_two_films_side_by_side_move_as_one(page: Page, served: ServedFilms) -> None:
    open_film(page, served, 1)
    page.keyboard.press("c")
    viewports = page.locator(".viewport")
    expect(viewports).to_have_count(2)
    readout = page.locator(".readout")
    expect(readout).to_have_count(2)
    screenshot(page, "5-compare")
    assert serious_axe_findings(page) == []
    page.keyboard.press("Shift+Z")  # aligned lungs may need another zoom
    fitted = readout.first.inner_text()
    viewports.nth(1).locator("canvas").hover()
    page.mouse.wheel(0, -400)
    expect(readout.first).not_to_have_text(fitted, use_inner_text=True)

    def shown(number: int) -> list[str]:
        """Return window and zoom; above them stands the value under the pointer."""
        return readout.nth(number).inner_text().split("\n")[-2:]

    assert soon(page, lambda: shown(0) == shown(1))
    page.keyboard.press("c")
    expect(viewports).to_have_count(1)


def test_a_correction_stands_beside_the_result_and_becomes_a_label(
    page: Page, served: ServedFilms
) -> None:
    open_film(page, served, 0)
    page.keyboard.press("e")
    form = page.locator(".review form")
    expect(form).to_be_visible()
    form.get_by_role("group", name="A right upper").get_by_label("2").check()
    form.get_by_role("group", name="F left lower").get_by_label("3").check()
    form.get_by_label("Comment").fill("Basal consolidation on the left.")
    screenshot(page, "6-correct")
    assert serious_axe_findings(page) == []
    form.get_by_role("button", name="Save review").click()
    expect(page.locator(".review-list")).to_contain_text("Corrected to")
    chosen = page.locator(".worklist a[aria-current]")
    expect(chosen).to_contain_text("Reviewed")
    screenshot(page, "7-reviewed")
    kept = get_json(f"{served.address}/v1/results/{served.ids[0]}")
    review = kept["reviews"][0]
    assert (review["zones"]["A"], review["zones"]["F"]) == (2, 3)
    out = served.folder / "labels"
    command = [sys.executable, "-m", "radiograde", "data", "reviews", "--out", str(out)]
    subprocess.run([*command, "--data-dir", str(served.folder / "data")], check=True)
    with (out / "manifest.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["brixia_A"], row["brixia_F"]) for row in rows] == [("2", "3")]


def test_everything_works_by_keyboard(page: Page, served: ServedFilms) -> None:
    expect(page.locator(".worklist li")).to_have_count(2)
    page.keyboard.press("j")
    expect(page.locator(".readout")).to_be_visible()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Correct the zones")
    screenshot(page, "8-keys")
    assert serious_axe_findings(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    zoomed = page.locator(".readout").inner_text()
    page.keyboard.press("+")
    expect(page.locator(".readout")).not_to_have_text(zoomed, use_inner_text=True)
    page.keyboard.press("a")
    page.keyboard.type("Agreed.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".review-list")).to_contain_text("Agreed.")
    page.keyboard.press("/")
    expect(page.get_by_label("Order")).to_be_focused()


def test_a_file_that_fails_says_why_beside_its_name(
    page: Page, served: ServedFilms, tmp_path: Path
) -> None:
    broken = tmp_path / "cut.dcm"
    whole = (served.folder / "before.dcm").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    notes = tmp_path / "notes.txt"
    notes.write_text("no film")
    drop_files(page, broken, notes)
    failed = page.locator(".upload-list li.failed")
    expect(failed).to_contain_text("cut.dcm")
    expect(failed.locator(".outcome")).not_to_be_empty()
    expect(page.get_by_text("not image files: 1")).to_be_visible()
    expect(page.locator(".remarks .reject")).to_be_visible()
    screenshot(page, "9-failed")
    assert serious_axe_findings(page) == []


def test_films_from_another_source_appear_by_themselves(page: Page, served: ServedFilms) -> None:
    rows = page.locator(".worklist li")
    expect(rows.first).to_be_visible()
    count = rows.count()
    path = write_film(served.folder, "late.dcm", "20240311", LATE, patient="P2")
    command = ["curl", "-sSf", "-o", "/dev/null", "-H", "Content-Type: application/dicom"]
    where = f"{served.address}/v1/score"
    subprocess.run([*command, "--data-binary", f"@{path}", where], check=True)
    expect(rows).to_have_count(count + 1)


def test_the_list_is_filtered_and_ordered(page: Page, served: ServedFilms) -> None:
    page.keyboard.press("/")
    page.get_by_label("Order").select_option("severest")
    scores = page.locator(".worklist .score")
    expect(scores.first).to_have_text(
        f"{get_json(f'{served.address}/v1/results/{served.ids[1]}')['scores']['brixia']['value']:.1f}"
    )
    page.get_by_label("Status").select_option("scored")
    page.get_by_label("Acquired from").fill("2024-03-05")
    page.get_by_label("Acquired to").fill("2024-03-10")
    expect(scores).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(scores).not_to_have_count(1)


def test_the_report_is_copied_and_printed(browser: Browser, served: ServedFilms) -> None:
    allowed = ["clipboard-read", "clipboard-write"]
    with opened_page(browser, served.address, permissions=allowed) as page:
        open_film(page, served, 1)
        page.keyboard.press("t")
        expect(page.get_by_text("Report copied")).to_be_visible()
        text = page.evaluate("navigator.clipboard.readText()")
        assert "Brixia score" in text
        assert "not a diagnosis" in text
        assert "since the prior film: worse" in text
        page.evaluate("() => { window.print = () => { window.printed = true; }; }")
        page.emulate_media(media="print")
        page.keyboard.press("r")
        expect(page.locator(".print-only img")).to_be_visible()
        page.wait_for_function("() => window.printed")
        screenshot(page, "10-print")


def test_the_page_in_korean(page: Page, served: ServedFilms) -> None:
    open_film(page, served, 1)
    page.get_by_label("Language").select_option("ko")
    expect(page.get_by_role("complementary", name="결과")).to_contain_text("Brixia 점수")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    screenshot(page, "11-korean")
    assert serious_axe_findings(page) == []
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_without_webgl_the_finished_picture_is_shown(browser: Browser, served: ServedFilms) -> None:
    flags = ["--no-sandbox", "--disable-3d-apis"]
    plain = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    with opened_page(plain, served.address) as page:
        page.goto(f"{served.address}/#/film/{served.ids[1]}")
        expect(page.get_by_role("alert")).to_contain_text("WebGL")
        shown = page.get_by_role("img", name="The film with the opacity overlay")
        expect(shown).to_be_visible()
        expect(page.locator(".headline .value")).to_be_visible()
        screenshot(page, "13-without-webgl")
    plain.close()


def test_whoever_is_known_signs_in(browser: Browser, tmp_path: Path) -> None:
    add = [sys.executable, "-m", "radiograde", "users", "add", "anna", "--role", "reader"]
    where = ["--password-stdin", "--data-dir", str(tmp_path / "data")]
    subprocess.run([*add, *where], input=b"correct horse battery\n", check=True)
    path = write_film(tmp_path, "film.dcm", "20240301", AFTER)
    with serving(tmp_path) as address, opened_page(browser, address) as page:
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        screenshot(page, "12-sign-in")
        assert serious_axe_findings(page) == []
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill("wrong horse battery")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).not_to_be_empty()
        page.get_by_label("Password").fill("correct horse battery")
        page.keyboard.press("Enter")
        expect(page.get_by_text("anna, reader")).to_be_visible()
        drop_files(page, path)
        expect(page.locator(".headline .value")).to_be_visible(timeout=30_000)
        page.keyboard.press("a")
        page.get_by_role("button", name="Save review").click()
        expect(page.locator(".review-list")).to_contain_text("anna")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.locator(".viewport, .card")).to_have_count(0)
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill("correct horse battery")
        page.keyboard.press("Enter")
        expect(page.locator(".card")).to_have_count(1)
        anew = [sys.executable, "-m", "radiograde", "users", "password", "anna", *where]
        subprocess.run(anew, input=b"another horse battery\n", check=True)
        page.keyboard.press("n")
        # What the page asks for by itself may have told it before.
        page.evaluate("document.querySelector('.review form')?.requestSubmit()")
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        expect(page.locator(".viewport, .card")).to_have_count(0)
