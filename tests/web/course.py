"""A service with a patient's course, and what tests do to its page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from radiograde.data.phantom import PhantomSpec
from tests.web.page_driver import send_film, serving, write_film

GRAVE = {"A": 1.0, "B": 1.0, "C": 1.5, "D": 1.0, "E": 1.0, "F": 2.0}


@dataclass(frozen=True)
class Course:
    """A service with four films of one patient, and one of another's whose header is doubtful."""

    address: str
    first: str
    morning: str
    evening: str
    last: str
    doubtful: str

    def url(self, *ids: str) -> str:
        return "/".join((f"{self.address}/#/film", *ids))


@contextmanager
def serving_course(folder: Path) -> Iterator[Course]:
    """Run a service with the films within the ``with`` block."""
    wide = {"PixelSpacing": [3, 3], "ImagerPixelSpacing": [3, 3], "PatientOrientation": ""}
    films = [
        write_film(folder, "1.dcm", "20240301", PhantomSpec(zones={"C": 1}, seed=1)),
        write_film(folder, "2.dcm", "20240309", PhantomSpec(zones=GRAVE, seed=2)),
        write_film(
            folder,
            "3.dcm",
            "20240309",
            PhantomSpec(zones=GRAVE, seed=3),
            AcquisitionTime="174500",
        ),
        write_film(folder, "4.dcm", "20240611", PhantomSpec(zones={"C": 1}, seed=4)),
        write_film(
            folder, "5.dcm", "21500101", PhantomSpec(zones={"B": 1}, seed=5), patient="P2", **wide
        ),
    ]
    with serving(folder) as address:
        yield Course(address, *(send_film(address, film) for film in films))


def open_film(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(".readout").first).to_be_visible()
