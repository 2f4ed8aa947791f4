"""The page in a real browser against a real service, with synthetic films."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from tests.service.processes import running, waited

SCREENSHOTS = Path(__file__).parents[2] / "artefacts" / "screenshots"
"""Pictures of every view, for people to look at after the tests."""

SIZE = ViewportSize(width=1600, height=1000)
LAYOUT = "radiograde.layout"
SERIOUS = ("serious", "critical")

_DROP = """async (files) => {
  const transfer = new DataTransfer();
  for (const { name, content } of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  for (const type of ["dragover", "drop"]) {
    const facts = { dataTransfer: transfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent(type, facts));
  }
}"""


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """Run ``radiograde serve`` on a free port within the ``with`` block; give its address."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "serve.log"
    data = ("--data-dir", str(folder / "data"))
    with running("serve", "--port", "0", *data, *options, log=log):
        found: list[str] = []

        def is_listening() -> bool:
            found[:] = re.findall(r"Radiograde at (\S+),", log.read_text())
            return bool(found)

        if not waited(is_listening):
            pytest.fail(f"the service did not start: {log.read_text()[-2000:]}")
        yield found[0]


def write_film(
    folder: Path,
    name: str,
    acquired: str,
    spec: PhantomSpec,
    patient: str = "P1",
    **changed: Any,
) -> Path:
    """Write a drawn chest film of a made-up patient, acquired on a day (YYYYMMDD).

    ``changed``: other elements, by keyword.
    """
    ds = to_dicom(draw(spec))
    ds.PatientName = "Kim^Min-jun"
    ds.PatientID = patient
    for kind in ("Study", "Series", "Content", "Acquisition"):
        ds[f"{kind}Date"].value = acquired
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    path = folder / name
    ds.save_as(path, enforce_file_format=True)
    return path


def send_film(address: str, path: Path) -> str:
    """Send a film past the page, as a modality would; return its id."""
    request = Request(  # noqa: S310  our own service
        f"{address}/v1/score", path.read_bytes(), {"Content-Type": "application/dicom"}
    )
    with urlopen(request) as answer:  # noqa: S310  our own service
        id: str = json.load(answer)["id"]
        return id


@contextmanager
def opened_page(
    browser: Browser, address: str, *, layout: int | None = 1, **options: Any
) -> Iterator[Page]:
    """Open the page; at the end nothing may have left its origin, nor anything gone wrong.

    ``layout``: how many films of a patient hang, as if chosen before; None as on a first visit.
    """
    context = browser.new_context(**({"viewport": SIZE, "locale": "en-GB"} | options))
    context.set_default_timeout(60_000)
    if layout is not None:
        chosen = f"localStorage.getItem('{LAYOUT}') ?? localStorage.setItem('{LAYOUT}', {layout})"
        context.add_init_script(chosen)
    page = context.new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.locator("main").wait_for()
    yield page
    context.close()
    inside = (address, "data:", "blob:")
    assert [url for url in requests if not url.startswith(inside)] == []
    # The browser writes a line for every answer of 400 and above; the tests ask for some.
    assert [error for error in errors if "Failed to load resource" not in error] == []


def soon(page: Page, condition: Callable[[], bool]) -> bool:
    """Return whether something on the page comes true; for what `expect` has no words."""
    for _ in range(600):
        if condition():
            return True
        page.wait_for_timeout(100)
    return False


def drop_files(page: Page, *paths: Path) -> None:
    """Drop files on the page."""
    files = [
        {"name": path.name, "content": base64.b64encode(path.read_bytes()).decode()}
        for path in paths
    ]
    page.evaluate(_DROP, files)


def screenshot(page: Page, name: str) -> None:
    """Write a screenshot of the page."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def serious_axe_findings(page: Page) -> list[str]:
    """Return what axe finds serious or critical, with where."""
    answer = Axe().run(page)
    return [
        f"{finding['id']}: {node['html'][:160]}"
        for finding in answer.response["violations"]
        if finding["impact"] in SERIOUS
        for node in finding["nodes"]
    ]


def get_json(address: str) -> Any:
    """Return the JSON at an address."""
    with urlopen(address) as answer:  # noqa: S310  our own service
        return json.load(answer)
