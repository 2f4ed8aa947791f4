"""Films in a real S3 server that dies, hangs, loses its bucket and keeps versions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from radiograde.service.config.films_config import FilmsConfig
from radiograde.service.errors import ArchiveError, NoSpaceError, SiteError
from radiograde.service.storage import object_storage
from radiograde.service.storage.object_storage import ObjectStorage
from tests.s3_server import ENVIRONMENT, KEY_ENV, SECRET_ENV, S3Server

FILM = "films/00/a/film"


@pytest.fixture
def mortal() -> Iterator[S3Server]:
    """Return a server of a test's own."""
    server = S3Server()
    yield server
    server.kill()


@pytest.fixture
def bucket(s3: S3Server, new_bucket: Callable[..., str]) -> ObjectStorage:
    url = new_bucket(versions=True)
    return ObjectStorage(s3.config(url), url)


def test_what_is_removed_leaves_no_version(s3: S3Server, new_bucket: Callable[..., str]) -> None:
    url = new_bucket(versions=True)
    storage, name = ObjectStorage(s3.config(url), url), url.removeprefix("s3://")
    for content in (b"one", b"two"):
        storage.write(FILM, content)
        storage.write("films/00/a/sr.dcm", content)
        storage.write("films/00/ab/film", content)
    assert len(s3.versions(name)) == 6
    storage.remove("films/00/a/sr.dcm")
    assert "films/00/a/sr.dcm" not in s3.versions(name)
    s3.client().rm_file(f"{name}/{FILM}")  # by whom ever: a mark hides what still is there
    assert not storage.has(FILM)
    assert s3.versions(name).count(FILM) == 3
    assert storage.remove_folder("films/00/a")
    assert set(s3.versions(name)) == {"films/00/ab/film"}


def test_more_versions_than_a_page_holds_go(
    s3: S3Server, new_bucket: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = new_bucket(versions=True)
    storage, name = ObjectStorage(s3.config(url), url), url.removeprefix("s3://")
    asked = storage._files.call_s3

    def by_twos(method: str, **values: object) -> object:
        more = {"MaxKeys": 2} if method == "list_object_versions" else {}
        return asked(method, **values, **more)

    for number in range(5):
        storage.write(f"films/00/a/{number}", b"x")
    monkeypatch.setattr(storage._files, "call_s3", by_twos)
    assert storage.remove_folder("films/00/a")
    assert s3.versions(name) == []


def test_a_server_that_dies_in_mid_put_has_accepted_nothing(mortal: S3Server) -> None:
    url = mortal.bucket("films")
    storage, outcome = ObjectStorage(mortal.config(url), url), list[object]()
    large = bytes(64 * 2**20)

    def put() -> None:
        try:
            storage.write(FILM, large)
            outcome.append("accepted")
        except ArchiveError as error:
            outcome.append(error)

    mortal.hang()
    sender = threading.Thread(target=put)
    sender.start()
    time.sleep(1.0)  # by then all that fits into the sockets is on its way
    assert sender.is_alive()
    mortal.kill()
    sender.join(60)
    assert isinstance(outcome[0], ArchiveError)
    assert "secret-of-tests" not in outcome[0].message
    with pytest.raises(ArchiveError):
        storage.ping()
    mortal.start()
    mortal.bucket("films")
    time.sleep(object_storage.REST_S)
    assert storage.read(FILM) is None
    storage.write(FILM, large)
    assert storage.read(FILM) == large


def test_one_that_hangs_is_waited_for_within_bounds(
    mortal: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_storage, "ANSWER_S", 0.3)
    url = mortal.bucket("films")
    storage = ObjectStorage(mortal.config(url), url)
    storage.write(FILM, b"x")
    mortal.hang()
    began = time.monotonic()
    with pytest.raises(ArchiveError):
        storage.read(FILM)
    waited_s = time.monotonic() - began
    for _ in range(50):
        with pytest.raises(ArchiveError):
            storage.has(FILM)
    assert time.monotonic() - began < waited_s + 1.0, "who lists films waits once"
    assert waited_s < 30
    mortal.go_on()
    time.sleep(object_storage.REST_S)
    assert storage.read(FILM) == b"x"


def test_a_bucket_that_is_not_there_is_no_film_that_is_gone(s3: S3Server) -> None:
    url = "s3://no-such-bucket"
    storage = ObjectStorage(s3.config(url), url)
    for ask in (
        lambda: storage.read(FILM),
        lambda: storage.write(FILM, b"x"),
        lambda: storage.names("films"),
        lambda: storage.remove_folder("films/00/a"),
        storage.ping,
    ):
        with pytest.raises(ArchiveError, match="NoSuchBucket"):
            ask()


def test_what_was_stored_otherwise_than_it_was_sent_is_not_accepted(
    bucket: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = bucket._files.pipe_file
    monkeypatch.setattr(
        bucket._files, "pipe_file", lambda path, body, **how: put(path, body[:-1], **how)
    )
    with pytest.raises(ArchiveError, match="something else"):
        bucket.write(FILM, b"film")


def test_a_tag_that_is_no_digest_has_it_read_back(
    bucket: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = bucket._files.pipe_file
    monkeypatch.setattr(
        bucket._files,
        "pipe_file",
        lambda path, body, **how: {**put(path, body, **how), "ETag": '"of-encryption"'},
    )
    bucket.write(FILM, b"film")
    assert bucket.read(FILM) == b"film"


def test_a_full_bucket_has_no_space(bucket: ObjectStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = OSError(5, "no")
    refusal.__cause__ = Exception()
    refusal.__cause__.response = {"Error": {"Code": "XMinioStorageFull"}}  # type: ignore[attr-defined]

    def full(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(bucket._files, "pipe_file", full)
    with pytest.raises(NoSpaceError):
        bucket.write(FILM, b"film")


def test_keys_come_from_where_the_site_file_says(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SECRET_ENV)
    with pytest.raises(SiteError, match=SECRET_ENV):
        ObjectStorage(s3.config("s3://films"), "s3://films")


@pytest.mark.parametrize(
    "wrong",
    [
        {"archive": "s3://films"},
        {"archive": "s3://films", "endpoint": "http://127.0.0.1:1"},
        {"archive": "s3://films", "moving_from": "s3://films"},
        {"archive": "s3://../films"},
        {"archive": "s3://films/../other"},
        {"archive": "gs://films"},
        {"archive": "folder", "moving_from": "folder"},
        {"archive": "folder", "moving_from": "s3://films"},
    ],
)
def test_a_table_that_does_not_fit_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        FilmsConfig.model_validate(wrong)


def test_no_secret_is_shown_of_the_table(s3: S3Server) -> None:
    shown = repr(s3.config("s3://films"))
    assert KEY_ENV in shown
    assert not any(value in shown for value in ENVIRONMENT.values())
