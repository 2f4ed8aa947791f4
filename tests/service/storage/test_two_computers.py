"""An installation whose computers have a database and a bucket in common, and no disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from radiograde.model.reading.film_file import FilmFile
from radiograde.service.audit.audit_store import opened_audit
from radiograde.service.config.settings import Settings
from radiograde.service.errors import StoreError
from radiograde.service.films.order_store import Order, OrderStore
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records, open_records
from radiograde.service.http.app import create_app
from tests.s3_server import S3Server
from tests.service.dimse.fakes import FILM
from tests.service.fakes import FakeScorer, PicklingRunner

Computer = Callable[[str], Settings]


@pytest.fixture
def bucket(new_bucket: Callable[..., str]) -> str:
    return new_bucket(versions=True)


@pytest.fixture
def computer(s3: S3Server, bucket: str, tmp_path: Path) -> Computer:
    """Return the settings of a computer, which has a data directory of its own."""
    url = SecretStr(f"sqlite:///{tmp_path / 'common.sqlite'}")
    return lambda name: Settings(
        data_dir=tmp_path / name, database_url=url, films=s3.config(bucket)
    )


@pytest.fixture
def opened(computer: Computer) -> Iterator[Callable[[str], Records]]:
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(closing(open_records(computer(name))))


def test_what_one_took_in_another_grades_and_shows(
    computer: Computer, opened: Callable[[str], Records], s3: S3Server, bucket: str
) -> None:
    one, two = opened("one"), opened("two")
    film = FilmFile(FILM(), computer("one").limits)
    assert film.header is not None
    OrderStore(one.archive.storage).keep(
        Order(
            film.header.decoded("PatientID"),
            film.header.text("StudyInstanceUID") or "",
            placer="P1",
        )
    )
    receipt = one.intake.accept(FILM(), "dicom", "XRAY1")
    settings = computer("two")
    assert settings.data_dir != computer("one").data_dir
    FilmGrader(two, FakeScorer(), settings.limits).grade_waiting(receipt.film_id)
    app = create_app(settings, scorer=FakeScorer(), runner=PicklingRunner())
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        for part in ("sr", "seg", "sc", "report.pdf", "thumbnail.jpg", "overlay.png"):
            answer = client.get(f"/v1/results/{receipt.film_id}/{part}")
            assert answer.status_code == 200, (part, answer.text)
        assert client.get("/readyz").status_code == 200
    assert one.archive.document(receipt.film_id, "sr.dcm") is not None
    for name in ("one", "two"):
        assert not (computer(name).data_dir / "films").exists()
    one.archive.drop(receipt.film_id)
    assert not two.archive.has(receipt.film_id)
    name = bucket.removeprefix("s3://")
    assert [key for key in s3.versions(name) if key.startswith("films/")] == []


def test_a_patient_has_one_pseudonym_on_every_computer(
    computer: Computer, opened: Callable[[str], Records]
) -> None:
    header = FilmFile(FILM(), computer("one").limits).header
    assert header is not None
    pseudonyms = set()
    for name in ("one", "two", "three"):
        opened(name)
        pseudonyms.add(Pseudonyms(computer(name).data_dir).of(header))
    assert len(pseudonyms) == 1
    keys = {(computer(name).data_dir / "audit.key").read_bytes() for name in ("one", "two")}
    assert len(keys) == 1


def test_a_command_that_comes_first_on_a_computer_makes_no_key_of_its_own(
    computer: Computer, opened: Callable[[str], Records]
) -> None:
    opened("one")
    new = computer("new")
    new.data_dir.mkdir()
    with opened_audit(new):
        pass
    opened("new")


def test_a_computer_of_another_installation_is_turned_away(
    computer: Computer, opened: Callable[[str], Records]
) -> None:
    opened("one")
    other = computer("other")
    other.data_dir.mkdir()
    (other.data_dir / "pseudonym.key").write_bytes(bytes(32))
    with pytest.raises(StoreError, match="another installation"):
        open_records(other)


def test_a_bucket_that_is_away_is_a_fault_and_not_ready(
    computer: Computer, opened: Callable[[str], Records], s3: S3Server, bucket: str
) -> None:
    settings, records = computer("one"), opened("one")
    app = create_app(settings, scorer=FakeScorer(), runner=PicklingRunner())
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        assert client.get("/readyz").status_code == 200
        client_of_s3 = s3.client()
        client_of_s3.rm(bucket.removeprefix("s3://") + "/database-id")
        for key in s3.versions(bucket.removeprefix("s3://")):
            records.archive.storage.remove(key)
        client_of_s3.call_s3("delete_bucket", Bucket=bucket.removeprefix("s3://"))
        assert client.get("/readyz").status_code == 503
        refused = client.post("/v1/score", content=FILM())
        assert refused.status_code == 503
        assert refused.json()["code"] == "archive_unavailable"
        assert records.jobs.counts()["waiting"] == 0
    assert "archive_away" in {fault.code for fault in standing_faults(records, settings)}


def test_films_that_wait_go_on_once_the_bucket_is_back(
    computer: Computer, opened: Callable[[str], Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, records = computer("one"), opened("one")
    receipt = records.intake.accept(FILM(), "dicom", "XRAY1")
    grader = FilmGrader(records, FakeScorer(), settings.limits)
    storage = records.archive.storage
    with monkeypatch.context() as away:
        away.setattr(storage, "_bucket", "no-such-bucket")
        away.setattr(storage, "_root", "no-such-bucket")
        grader.grade_waiting(receipt.film_id)
    assert records.jobs.get(receipt.film_id).state == "waiting"
    grader.grade_waiting(receipt.film_id)
    assert records.jobs.get(receipt.film_id).state == "graded"
