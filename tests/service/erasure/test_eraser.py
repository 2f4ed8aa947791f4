"""After an erasure nothing of the patient is found: not in the database, nor in any file."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from fastapi.testclient import TestClient
from pydicom import dcmread

from radiograde.command import main
from radiograde.service.config.audit_config import RetentionConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import FolderDestinationConfig, WatchConfig
from radiograde.service.database.every_table import every_table
from radiograde.service.database.programme_tables import report_opinions
from radiograde.service.database.tables import films
from radiograde.service.erasure import eraser as eraser_module
from radiograde.service.erasure.eraser import Eraser
from radiograde.service.erasure.file_removal import FileRemoval
from radiograde.service.films.order_store import Order, OrderStore
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.records import Records, open_records
from radiograde.service.hl7_listener.message_handler import MessageHandler
from radiograde.service.http.app import create_app
from radiograde.service.reviews.blind_reading import BlindReading
from radiograde.service.reviews.blind_reading_repository import BlindReadingRepository
from radiograde.service.reviews.withdrawal import SentObject
from tests.service.audit.trails import rows_of
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer
from tests.service.film_folders import beside_films, folder_of
from tests.service.grading.graders import work_with
from tests.service.hl7_listener.messages import adt

SECRET = {
    "PatientName": "Quillfeather^Zebedee",
    "PatientID": "PX-774411",
    "PatientBirthDate": "19310207",
    "AccessionNumber": "ACC774411",
}
OTHER = {"PatientName": "Doe^Ann", "PatientID": "PY-2", "PatientBirthDate": "19600102"}
UID = "1.2.826.0.1.774411.{}"
STUDY = "1.2.826.0.1.774411.9"
WORDS = [
    *(b"Quillfeather", b"Zebedee", b"PX-774411", b"19310207", b"ACC774411"),
    b"1.2.826.0.1.774411",
]


def film(number: int, **patient: str) -> bytes:
    return film_bytes(
        SOPInstanceUID=UID.format(number), StudyInstanceUID=STUDY, **(patient or SECRET)
    )


@dataclass(frozen=True)
class Place:
    """An installation with a patient, known by two numbers, and with somebody else."""

    settings: Settings
    records: Records
    mine: list[str]
    theirs: str
    folder: Path

    @property
    def eraser(self) -> Eraser:
        return Eraser(self.records, self.settings)

    def erase(self, scope: Any = "all") -> dict[str, Any]:
        plan = self.eraser.finder.of_patient("PX-774411")
        return self.eraser.finish(self.eraser.begin(plan, "kim", scope))

    def files(self) -> Iterator[Path]:
        """Yield all files of the data directory and of the watched folder."""
        for root in (self.settings.data_dir, self.folder / "watched"):
            yield from (path for path in root.rglob("*") if path.is_file())

    def found(self, words: list[bytes], but: tuple[str, ...] = ()) -> list[tuple[str, bytes]]:
        return [
            (path.name, word)
            for path in self.files()
            if not path.name.startswith(but or ("no file",))
            for word in words
            if word in content_of(path)
        ]

    def rows(self) -> dict[str, list[str]]:
        """Return the tables, also those of the queue, in which the patient's films stand."""
        marks = [*self.mine, "774411"]
        with self.records.database.reading() as connection:
            tables = sa.inspect(connection).get_table_names()
            found = {
                name: [
                    str(tuple(row))
                    for row in connection.execute(sa.text(f'SELECT * FROM "{name}"'))  # noqa: S608
                    if any(mark in str(tuple(row)) for mark in marks)
                ]
                for name in tables
            }
        return {name: rows for name, rows in found.items() if rows}


def content_of(path: Path) -> bytes:
    """Return a file's bytes, and those of what is in it where it is an archive."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as inner:
            content += b"".join(inner.read(name) for name in inner.namelist())
    return content


def settings_in(folder: Path) -> Settings:
    share = FolderDestinationConfig(
        type="folder", name="share", path=folder / "share", send=("json", "sr")
    )
    watched = WatchConfig(path=folder / "watched")
    return Settings(data_dir=folder / "data", destination=(share,), watch=(watched,))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """Return an installation's folder, the patient's films in it, and somebody else's."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "share").mkdir()
    (folder / "watched" / "done").mkdir(parents=True)
    settings = settings_in(folder)
    with closing(open_records(settings)) as records:
        work = work_with(records, scorer=FakeScorer())
        numbers = [SECRET, SECRET, SECRET | {"PatientID": "OLD-774411"}]
        mine = [
            records.intake.accept(film(number, **patient), "dicom", "XRAY").film_id
            for number, patient in enumerate(numbers)
        ]
        theirs = records.intake.accept(film_bytes(**OTHER), "dicom").film_id
        for one in (*mine, theirs):
            work.grade(one)
        fill(settings, records, mine[0])
        (folder / "watched" / "done" / "film.dcm").write_bytes(film(0))
        (folder / "watched" / "done" / "other.dcm").write_bytes(film_bytes(**OTHER))
    return folder, mine, theirs


@pytest.fixture
def place(filled: tuple[Path, list[str], str], tmp_path: Path) -> Iterator[Place]:
    folder, mine, theirs = filled
    shutil.copytree(folder, tmp_path / "copy")
    settings = settings_in(tmp_path / "copy")
    with closing(open_records(settings)) as records:
        yield Place(settings, records, mine, theirs, tmp_path / "copy")


def fill(settings: Settings, records: Records, film_id: str) -> None:
    """Leave something of a film wherever something can be."""
    app = create_app(settings, scorer=FakeScorer())
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        for part in ("sr", "seg", "sc", "pr", "doc", "fhir", "report.pdf", "thumbnail.jpg"):
            assert client.get(f"/v1/results/{film_id}/{part}").status_code == 200
        said = {"verdict": "accepted", "comment": "Quillfeather"}
        client.post(f"/v1/results/{film_id}/reviews", json=said)
        said = {"description": "Zebedee Quillfeather"}
        assert client.post(f"/v1/results/{film_id}/problems", json=said).status_code == 201
        client.post(f"/v1/jobs/{film_id}/deliver")
        client.post(f"/v1/results/{film_id}/withdrawal", json={"reason": "Quillfeather"})
    pseudonyms = Pseudonyms(settings.data_dir)
    orders = OrderStore(records.archive.storage)
    orders.keep(Order("PX-774411", STUDY, "ACC774411", "P1", "Quillfeather"))
    orders.keep(Order("PY-2", "1.2.3", "ACC-2"))
    handler = MessageHandler(PatientLinks(records.database), orders, pseudonyms)
    handler.answer(adt("A40", "PX-774411", "OLD-774411"))
    reading = BlindReading(film_id, "ann", datetime.now(UTC), None, "Quillfeather")
    BlindReadingRepository(records.database).commit(reading)
    opinion = {"study_instance_uid": STUDY, "says": "opacity", "language": "en"}
    with records.database.write() as connection:
        received = datetime.now(UTC)
        connection.execute(sa.insert(report_opinions).values(**opinion, received=received))
    beside_films(records.archive, "quarantine").mkdir()
    (beside_films(records.archive, "quarantine") / film_id).mkdir()
    (beside_films(records.archive, "quarantine") / film_id / "film").write_bytes(film(0))


def test_nothing_of_the_patient_is_found_afterwards(place: Place) -> None:
    assert {name for name, _ in place.found(WORDS)} >= {"film", "sr.dcm", "film.dcm"}
    assert place.found([b"Quillfeather"])
    place.erase()
    place.records.audit.flush()
    assert place.rows() == {}
    assert place.found(WORDS[:5]) == []
    # The audit trail keeps the UIDs of instance and study until it is past its own time.
    assert place.found(WORDS, but=("audit.sqlite",)) == []
    for one in place.mine:
        assert not folder_of(place.records.archive, one).exists()


def test_no_pixel_of_the_patients_films_is_found_afterwards(place: Place) -> None:
    pixels = dcmread(io.BytesIO(film(0))).pixel_array
    rows = [np.ascontiguousarray(row).tobytes() for row in pixels[pixels.shape[0] // 2 :: 40]]
    rows = [row for row in rows if len(set(row)) > 50]
    assert rows
    assert place.found(rows)
    other = place.records.archive.film(place.theirs)
    place.erase()
    places = [name for name, _ in place.found(rows)]
    # Drawn films are alike: what is left is the other patient's.
    left = [path for path in place.files() if any(row in path.read_bytes() for row in rows)]
    assert {path.name for path in left} <= {"film", "other.dcm", "sc.dcm"}, places
    assert place.records.archive.film(place.theirs) == other


def test_somebody_elses_film_stays_as_it_was(place: Place) -> None:
    before = place.records.results.get(place.theirs)
    place.erase()
    assert place.records.results.get(place.theirs) == before
    assert place.records.archive.has(place.theirs)
    assert (place.folder / "watched" / "done" / "other.dcm").exists()
    assert not (place.folder / "watched" / "done" / "film.dcm").exists()
    assert OrderStore(place.records.archive.storage)._order("accession ACC-2") is not None
    assert place.records.jobs.counts()["graded"] == 1


def test_whom_a_merge_made_one_is_erased_too(place: Place) -> None:
    plan = place.eraser.finder.of_patient("OLD-774411")
    assert sorted(plan.film_ids) == sorted(place.mine)
    assert len(plan.patients) == 2


def test_the_certificate_lists_what_is_elsewhere_and_names_nobody(place: Place) -> None:
    line = ["backup", str(place.folder / "backup"), "--data-dir", str(place.settings.data_dir)]
    assert CliRunner().invoke(main, line).exit_code == 0
    began = place.records.results.stored(place.mine[1]).began
    place.records.withdrawals.sending(
        [
            SentObject(
                film_id=place.mine[1],
                destination="pacs",
                name="2.25.1",
                kind="sr",
                sop_class_uid="1.2.840.10008.5.1.4.1.1.88.34",
                series_instance_uid="2.25.2",
                study_instance_uid=STUDY,
                began=began,
                sent=datetime.now(UTC),
            )
        ]
    )
    certificate = place.erase()
    assert certificate["films"] == 3
    assert [(one["destination"], one["name"]) for one in certificate["delivered"]] == [
        ("pacs", "2.25.1")
    ]
    assert [one["folder"] for one in certificate["copies"]] == [str(place.folder / "backup")]
    assert {one["operation"] for one in certificate["given_out"]} >= {"getSr", "getPdf"}
    text = json.dumps(certificate).encode()
    assert [word for word in WORDS if word in text] == []
    assert place.eraser.certificates() == [certificate]


def test_results_may_stay_without_whose_they_are(place: Place) -> None:
    scores = place.records.results.get(place.mine[0])["scores"]
    place.erase("keep_results")
    place.records.audit.flush()
    assert place.records.results.get(place.mine[0])["scores"] == scores
    assert place.found(WORDS[:5]) == []
    assert place.found(WORDS, but=("audit.sqlite", "radiograde.sqlite")) == []
    text = json.dumps(place.rows()).encode()
    assert [word for word in WORDS if word in text.replace(b'"erasures"', b"")] == []
    row = place.records.films.known(f"erased:{place.mine[0]}")
    assert row is not None
    assert (row.patient, row.sop_instance_uid, row.acquired, row.kept) == (None, None, None, False)
    assert [one.comment for one in place.records.reviews.of(place.mine[0])] == [None]
    assert not any(folder_of(place.records.archive, one).exists() for one in place.mine)


@pytest.mark.parametrize("step", range(6))
def test_an_interrupted_erasure_goes_on(
    place: Place, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Killed after each of its steps, it is finished by whoever goes on with it."""
    steps = [
        (FileRemoval, "remove"),
        (Eraser, "_remove_work"),
        (Eraser, "_remove_rows"),
        (Eraser, "_remove_work"),
        (Eraser, "_done"),
        (eraser_module, "wipe_free_space"),
    ]
    owner, name = steps[step]
    true, calls = getattr(owner, name), []

    def killed(*arguments: Any) -> Any:
        calls.append(name)
        if step == 3 and len(calls) == 1:
            return true(*arguments)
        if step % 2:
            true(*arguments)
        raise KeyboardInterrupt

    plan = place.eraser.finder.of_patient("PX-774411")
    id = place.eraser.begin(plan, "kim", "all")
    monkeypatch.setattr(owner, name, killed)
    with pytest.raises(KeyboardInterrupt):
        place.eraser.finish(id)
    monkeypatch.setattr(owner, name, true)
    assert calls
    place.eraser.go_on()
    assert place.eraser.finish(id)["films"] == 3
    assert place.rows() == {}
    assert place.found(WORDS[:5]) == []


def test_a_film_that_was_being_graded_leaves_nothing(place: Place) -> None:
    """The worker had read the film before it went, and ends with it afterwards."""
    late = place.records.intake.accept(film(7), "dicom").film_id
    plan = place.eraser.finder.of_patient("PX-774411")
    id = place.eraser.begin(plan, "kim", "all")
    true = Eraser._remove_rows

    def grading_ends(self: Eraser, *arguments: Any) -> None:
        place.records.archive.keep_document(late, "maps.npz", b"maps")
        true(self, *arguments)
        place.records.archive.keep_document(late, "sr.dcm", b"Quillfeather")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Eraser, "_remove_rows", grading_ends)
        place.eraser.finish(id)
    assert not folder_of(place.records.archive, late).exists()


def test_every_table_of_films_is_emptied_of_them(place: Place) -> None:
    """A table that gets a column of films later is not forgotten."""
    named = {
        table.name for table in every_table() if {"film_id", "result_id"} & set(table.c.keys())
    }
    assert named >= {"deliveries", "reviews", "problems", "withdrawals", "blind_readings"}
    place.erase()
    for table in every_table():
        for name in ("film_id", "result_id"):
            if name in table.c:
                of_them = sa.select(table).where(table.c[name].in_(place.mine))
                assert not place.records.database.exists(of_them), table.name


def test_results_past_their_time_go_with_all_that_is_of_them(place: Place) -> None:
    kept = place.settings.model_copy(update={"retention": RetentionConfig(results_days=30)})
    assert Eraser(place.records, kept).drop_old_results() == 0
    old = datetime.now(UTC) - timedelta(days=31)
    waiting = place.records.intake.accept(film(8), "dicom").film_id
    with place.records.database.write() as connection:
        gone = films.c.id.in_([*place.mine, waiting])
        connection.execute(sa.update(films).where(gone).values(received=old))
    assert Eraser(place.records, kept).drop_old_results() == 3
    place.records.audit.flush()
    told = [row.film_id for row in rows_of(place.settings) if row.action == "result_expire"]
    assert sorted(map(str, told)) == sorted(place.mine)
    assert place.records.results.find(place.mine[0]) is None
    assert not folder_of(place.records.archive, place.mine[0]).exists()
    assert list((place.settings.data_dir / "problems").iterdir()) == []
    assert not place.records.database.exists(sa.select(report_opinions))
    assert place.records.archive.has(waiting)
    assert place.records.results.find(place.theirs) is not None
    assert Eraser(place.records, place.settings).drop_old_results() == 0


def run(place: Place, *words: str, text: str = "") -> Any:
    line = ["erase", *words, "--data-dir", str(place.settings.data_dir)]
    return CliRunner().invoke(main, line, input=text)


def test_the_command_erases_once_it_is_confirmed(place: Place) -> None:
    assert "3 films" in run(place, "--patient", "PX-774411", "--dry-run").stderr
    assert run(place, "--patient", "PX-774411", text="n\n").exit_code == 1
    assert place.records.archive.has(place.mine[0])
    done = run(place, "--patient", "PX-774411", "--yes", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["films"] == 3
    assert run(place, "--patient", "PX-774411", "--yes").exit_code == 1
    assert run(place, "--go-on").exit_code == 0
    assert run(place, "--patient", "x", "--label", "y").exit_code == 2


def test_the_route_erases_by_label_and_by_film(place: Place) -> None:
    app = create_app(place.settings, scorer=FakeScorer())
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        film_row = place.records.films.of_instances([UID.format(0)])
        assert film_row
        one = client.post("/v1/erasures", json={"films": [place.theirs]})
        assert one.status_code == 201, one.text
        assert client.post("/v1/erasures", json={"films": [place.theirs]}).status_code == 404
        assert client.post("/v1/erasures", json={}).status_code == 422
        done = client.post("/v1/erasures", json={"patient_id": "PX-774411"})
        event = rows_of(place.settings)[-1]
        assert (event.action, event.actor) == ("patient_erase", "local")
        assert event.patient is not None
        assert done.json()["films"] == 3
        listed = client.get("/v1/erasures").json()["erasures"]
        assert [entry["id"] for entry in listed] == [done.json()["id"], one.json()["id"]]
