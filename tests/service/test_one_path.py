"""One film by every source, with the bundled model: one result, one limit, one triage.

The table at the end of each test says what each source answers.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from pydicom import dcmread
from pydicom.uid import CTImageStorage
from pynetdicom.presentation import build_context

from radiograde.command import main
from radiograde.model.reading import dicom_file, radiograph
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.load import load_settings
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import WatchConfig
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.dimse.node import start_node
from radiograde.service.documents.sr.structured_report import structured_report
from radiograde.service.folder_watch.watcher import DONE, REFUSED, Watcher
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records
from radiograde.service.http.app import create_app
from tests.service.dimse.fakes import FakeIntake, FakeKeptInstances, call, status_of
from tests.service.documents.graded_films import film_bytes, graded_film

DICOM = {"Content-Type": "application/dicom"}
SITE = """
[node]
port = 0
max_object_mb = 1

[[destination]]
name = "share"
type = "folder"
path = "{share}"
sources = ["dicom", "dicomweb", "folder", "http"]
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a file by one source.

    ``answer``: what its sender is told. ``result``: the result's JSON, without id and timing;
    None where there is none.
    """

    answer: object
    result: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An installation of its own in a folder."""

    folder: Path
    settings: Settings
    scorer: Scorer
    count: Callable[[], Counter[str]]


def without_its_own(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result without what is of one grading, or of one source, alone."""
    own = ("id", "timing_ms", "file", "documents")
    return {name: value for name, value in result.items() if name not in own}


def by_http(place: Place, content: bytes) -> Heard:
    with TestClient(
        create_app(place.settings, scorer=place.scorer), base_url="http://localhost"
    ) as client:
        answer = client.post("/v1/score", content=content, headers=DICOM)
        document = answer.json()
        if answer.status_code == 200:
            return Heard("scored", without_its_own(document))
        if answer.status_code == 413:
            return Heard(413)
        (job,) = client.get("/v1/jobs").json()["jobs"]
        assert answer.json()["code"] == "out_of_scope"
        return Heard((job["state"], job["reason"]))


def by_stow(place: Place, content: bytes) -> Heard:
    with TestClient(
        create_app(place.settings, scorer=place.scorer), base_url="http://localhost"
    ) as client:
        answer = client.post("/dicom-web/studies", content=content, headers=DICOM)
    return graded_later(place) if answer.status_code == 200 else Heard(answer.status_code)


def by_c_store(place: Place, content: bytes) -> Heard:
    with closing(open_records(place.settings)) as records:
        node = start_node(place.settings.node, records.intake, FakeKeptInstances())
        with node:
            status = stored(node, content)
    return graded_later(place) if status == 0 else Heard(status)


def by_folder(place: Place, content: bytes) -> Heard:
    inbox = place.folder / "inbox"
    inbox.mkdir()
    (inbox / "film.dcm").write_bytes(content)
    with closing(open_records(place.settings)) as records:
        watched = WatchConfig(path=inbox, quiet_s=0)
        watcher = Watcher(watched, records.intake, place.settings.limits)
        for _ in range(2):
            watcher.poll(threading.Event())
    if (inbox / REFUSED / "film.dcm").exists():
        return Heard(REFUSED)
    assert (inbox / DONE / "film.dcm").exists()
    return graded_later(place)


def by_command_line(place: Place, content: bytes) -> Heard:
    film = place.folder / "film.dcm"
    film.write_bytes(content)
    out = place.folder / "out"
    done = CliRunner().invoke(main, ["score", str(film), "--json", "--out", str(out)])
    document = json.loads(done.stdout)
    if document["status"] == "scored":
        assert (out / "film.dcm.sr.dcm").exists()
        return Heard("scored", without_its_own(document))
    if document["status"] == "failed":
        return Heard(document["error"]["code"])
    return Heard([reason["code"] for reason in document["gate"]["reasons"]])


def by_mercure(place: Place, content: bytes) -> Heard:
    inbox, out = place.folder / "in", place.folder / "out"
    for folder in (inbox, out):
        folder.mkdir()
    (inbox / "1.2#1.2.3.dcm").write_bytes(content)
    CliRunner().invoke(main, ["mercure", "--in", str(inbox), "--out", str(out)])
    films = json.loads((out / "result.json").read_text())["films"]
    if not films:
        return Heard("left out")
    if films[0]["status"] == "failed":
        return Heard(films[0]["error"]["code"])
    assert films[0]["documents"] == ["sr", "seg", "sc"]
    return Heard("scored", without_its_own(films[0]))


def graded_later(place: Place) -> Heard:
    """Return what a worker makes of the one film that waits, with its documents delivered."""
    assert place.count() == {"parsed": 1}, "the intake parses once and decodes nothing"
    settings = place.settings
    with closing(open_records(settings)) as records:
        (job,) = records.jobs.page(10)
        FilmGrader(records, place.scorer, settings.limits).grade_waiting(job.id)
        destinations = {one.name: (one, open_destination(one)) for one in settings.destination}
        deliverer = Deliverer(
            records.deliveries, records.document_store, destinations, RetryPolicy(timedelta(1))
        )
        for delivery in records.jobs.get(job.id).deliveries:
            deliverer.deliver(job.id, delivery.destination)
        job = records.jobs.get(job.id)
        if job.state == "set_aside":
            assert job.deliveries == ()
            return Heard((job.state, job.reason))
        assert [one.state for one in job.deliveries] == ["delivered"]
        delivered = {path.name for path in (place.folder / "share").glob(f"*/{job.id}/*")}
        assert delivered == {"sr.dcm", "seg.dcm", "sc.dcm", "report.pdf", "result.json"}
        return Heard("scored", without_its_own(records.results.get(job.id)))


def stored(node: Any, content: bytes) -> int:
    ds = dcmread(io.BytesIO(content))
    association = call(node, build_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID))
    try:
        return status_of(association.send_c_store(ds))
    finally:
        association.release()


SOURCES = {
    "http": by_http,
    "dicomweb": by_stow,
    "dicom": by_c_store,
    "folder": by_folder,
    "score": by_command_line,
    "mercure": by_mercure,
}
TOO_LARGE = {
    "http": 413,
    "dicomweb": 413,
    "dicom": 0xA700,
    "folder": REFUSED,
    "score": "too_large",
    "mercure": "too_large",
}


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer()


@functools.cache
def films() -> Mapping[str, bytes]:
    """Return the files that are sent, as C-STORE writes them: with its own meta information."""
    intake = FakeIntake()
    large = bytes(2**20 + 2)
    made = {
        "film": film_bytes(),
        "too large": film_bytes(PixelData=large),
        "CT slice": film_bytes(SOPClassUID=CTImageStorage),
        "own report": structured_report(graded_film()).content,
    }
    settings = Settings.model_validate({"node": {"port": 0}})
    with start_node(settings.node, intake, FakeKeptInstances()) as node:
        for content in made.values():
            assert stored(node, content) == 0
    return dict(zip(made, intake.kept, strict=True))


@pytest.fixture
def place(tmp_path: Path, scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return an installation that counts headers parsed and films decoded."""
    films()
    data, share = tmp_path / "data", tmp_path / "share"
    data.mkdir()
    share.mkdir()
    (data / "radiograde.toml").write_text(SITE.format(share=share))
    monkeypatch.setenv("RADIOGRADE_DATA_DIR", str(data))
    monkeypatch.setattr("radiograde.service.grading.load_scorer.load_scorer", lambda _: scorer)
    counts: Counter[str] = Counter()

    def counted(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **more: Any) -> Any:
            counts[name] += 1
            return work(*args, **more)

        return run

    def count() -> Counter[str]:
        seen = counts.copy()
        counts.clear()
        return seen

    for module, name, what in (
        (dicom_file, "_after_meta", "parsed"),
        (radiograph, "read_frame", "decoded"),
    ):
        monkeypatch.setattr(module, name, counted(what, getattr(module, name)))
    return Place(tmp_path, load_settings(), scorer, count)


@pytest.mark.parametrize("source", SOURCES)
def test_a_film_has_the_same_result_parsed_and_decoded_once(
    source: str, place: Place, scorer: Scorer
) -> None:
    heard = SOURCES[source](place, films()["film"])
    assert place.count() == {"parsed": 1, "decoded": 1}
    assert heard == Heard("scored", expected(scorer))


@functools.cache
def expected(scorer: Scorer) -> dict[str, Any]:
    """Return the result of the film by the pure core alone."""
    from radiograde.model.grading import grade
    from radiograde.model.limits import Limits
    from radiograde.model.reading.film_file import open_film

    result = grade(open_film(films()["film"], Limits()), scorer)
    return without_its_own(dataclasses.replace(result, id="").to_json())


@pytest.mark.parametrize("source", SOURCES)
def test_one_limit_of_bytes_holds(source: str, place: Place) -> None:
    assert SOURCES[source](place, films()["too large"]) == Heard(TOO_LARGE[source])
    assert place.count()["decoded"] == 0


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("sent", "reason", "gate"),
    [("CT slice", "not_a_film", "not_radiograph"), ("own report", "own_output", "own_output")],
)
def test_what_is_no_film_is_set_aside(
    source: str, sent: str, reason: str, gate: str, place: Place
) -> None:
    of_others: dict[str, object] = {"score": [gate], "mercure": "left out"}
    answer = of_others.get(source, ("set_aside", reason))
    assert SOURCES[source](place, films()[sent]) == Heard(answer)
    assert place.count() == {"parsed": 1}
