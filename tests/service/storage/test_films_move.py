"""``radiograde films move``, broken off by SIGKILL, while somebody reads all films."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from ulid import ULID

from radiograde.service.config.settings import Settings
from radiograde.service.films.archive import Archive
from radiograde.service.grading.records import open_records
from radiograde.service.storage.folder_storage import FolderStorage
from radiograde.service.storage.open_storage import open_storage
from tests.s3_server import S3Server
from tests.service.processes import Process, running, waited

FILMS = 24


def site_of(server: S3Server, archive: str, moving_from: str) -> str:
    config = server.config(archive, moving_from=moving_from)
    lines = config.model_dump(exclude_defaults=True)
    return "[films]\n" + "".join(f'{name} = "{value}"\n' for name, value in lines.items())


class Reader:
    """Reads every film again and again, as the processes of an installation do."""

    def __init__(self, settings: Settings, films: dict[str, bytes]) -> None:
        self._archive = Archive(open_storage(settings))
        self._films = films
        self.rounds = 0
        self.missed: list[str] = []

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            for film_id, content in self._films.items():
                if self._archive.find(film_id) != content:
                    self.missed.append(film_id)
            self.rounds += 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.run, args=(stop,))
        thread.start()
        try:
            yield
            done = self.rounds
            assert waited(lambda: self.rounds > done + 1, 120), "it still reads at the end"
        finally:
            stop.set()
            thread.join()


def is_killed_after(mover: Process, left: Callable[[], int], most: int) -> bool:
    """Kill a command once no more than so many films are left to it; return whether it was."""
    assert waited(lambda: left() <= most or mover.running.poll() is not None, 120)
    was_running = mover.running.poll() is None
    mover.kill()
    return was_running


@pytest.mark.timeout(900)
def test_a_move_that_is_broken_off_twice_loses_no_film_for_a_moment(
    s3: S3Server, new_bucket: Callable[..., str], tmp_path: Path
) -> None:
    data, url = tmp_path / "data", new_bucket(versions=True)
    films = {str(ULID()): f"film {number}".encode() for number in range(FILMS)}
    former = Archive(FolderStorage(data))
    with closing(open_records(Settings(data_dir=data))):
        for film_id, content in films.items():
            former.keep(film_id, content)
            former.keep_document(film_id, "sr.dcm", content)

    (data / "radiograde.toml").write_text(site_of(s3, url, "folder"))
    settings = Settings(data_dir=data)
    reader, log = Reader(settings, films), tmp_path / "log"
    in_folder = FolderStorage(data)

    def left() -> int:
        return sum(len(in_folder.names(f"films/{group}")) for group in in_folder.names("films"))

    with reader.reading():
        kills = 0
        for most in (FILMS - 3, FILMS // 2):
            with running("films", "move", "--data-dir", str(data), log=log) as mover:
                kills += is_killed_after(mover, left, most)
        assert kills == 2
        assert 0 < left() < FILMS
        with running("films", "move", "--data-dir", str(data), log=log) as mover:
            assert mover.running.wait(300) == 0, log.read_text()
    assert left() == 0
    assert in_folder.names("films") == []
    assert "Nothing is left" in log.read_text()

    (data / "radiograde.toml").write_text(site_of(s3, "folder", url))
    back = Reader(Settings(data_dir=data), films)
    with (
        back.reading(),
        running("films", "move", "--data-dir", str(data), log=log) as mover,
    ):
        assert mover.running.wait(300) == 0, log.read_text()
    assert reader.missed == back.missed == []
    assert left() == FILMS
    assert all(former.film(film_id) == content for film_id, content in films.items())
    bucket = url.removeprefix("s3://")
    assert [name for name in s3.versions(bucket) if name.startswith("films/")] == []


def test_films_that_nobody_would_find_stop_a_start(
    s3: S3Server, new_bucket: Callable[..., str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with closing(open_records(Settings(data_dir=data))) as records:
        records.archive.keep(str(ULID()), b"film")
    url, log = new_bucket(), tmp_path / "log"
    whole = site_of(s3, url, "folder")
    (data / "radiograde.toml").write_text(whole.replace('moving_from = "folder"\n', ""))
    with running("doctor", "--data-dir", str(data), log=log) as doctor:
        assert doctor.running.wait(120) == 1
    assert "radiograde films move" in log.read_text()
