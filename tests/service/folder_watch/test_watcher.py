from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from radiograde.model.limits import Limits
from radiograde.service.config.site import WatchConfig
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.folder_watch.watcher import POLL_S, Watcher
from radiograde.service.permissions import keep_private
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import png
from tests.service.http.dicomweb.fakes import FakeIntake

ROOT = Path(__file__).resolve().parents[3]
GO_ON = threading.Event()


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """A watcher of ``folder`` whose seconds pass when it says so."""

    def __init__(self, folder: Path, intake: FakeIntake, limits: Limits | None = None) -> None:
        self.clock = Clock()
        self.intake = intake
        self._watcher = Watcher(
            WatchConfig(path=folder, quiet_s=2), intake, limits or Limits(), clock=self.clock
        )

    def pass_s(self, seconds: float) -> None:
        """Poll once a second for so long."""
        for _ in range(int(seconds)):
            self.clock.now += 1
            self._watcher.poll(GO_ON)


@pytest.fixture(scope="module")
def film() -> bytes:
    return film_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "drop"
    path.mkdir()
    return path


@pytest.fixture
def watched(folder: Path) -> Watched:
    return Watched(folder, FakeIntake())


def files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()
    )


def test_films_are_taken_once_and_moved(watched: Watched, folder: Path, film: bytes) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "no suffix").write_bytes(film)
    (folder / "picture.png").write_bytes(png())
    (folder / "picture.jpg").write_bytes(b"\xff\xd8\xff")
    watched.pass_s(5)
    assert files(folder) == ["done/a/b/no suffix", "done/picture.jpg", "done/picture.png"]
    assert sorted(watched.intake.taken) == sorted([film, png(), b"\xff\xd8\xff"])
    assert watched.intake.sources == ["folder"] * 3
    watched.pass_s(5)
    assert watched.intake.calls == 3


def test_what_is_no_film_is_put_aside(watched: Watched, folder: Path) -> None:
    (folder / "notes.txt").write_text("DOE^JANE")
    watched.pass_s(5)
    assert files(folder) == ["refused/notes.txt"]
    assert (folder / "refused" / "notes.txt").read_text() == "DOE^JANE"
    assert watched.intake.calls == 0


def test_what_is_too_large_is_put_aside_unread(folder: Path, film: bytes) -> None:
    watched = Watched(folder, FakeIntake(), Limits(max_bytes=len(film)))
    (folder / "fits").write_bytes(film)
    (folder / "too large").write_bytes(film + b"\0")
    watched.pass_s(5)
    assert files(folder) == ["done/fits", "refused/too large"]
    assert watched.intake.taken == [film]


def test_a_file_that_grows_is_left_until_it_is_quiet(
    watched: Watched, folder: Path, film: bytes
) -> None:
    path = folder / "film.dcm"
    with path.open("ab") as file:
        for start in range(0, len(film), len(film) // 5):
            file.write(film[start : start + len(film) // 5])
            file.flush()
            watched.pass_s(2)
            assert watched.intake.calls == 0
    watched.pass_s(3)
    assert watched.intake.taken == [film]


def test_a_file_that_changes_without_growing_is_not_quiet(
    watched: Watched, folder: Path, film: bytes
) -> None:
    path = folder / "film.dcm"
    path.write_bytes(bytes(len(film)))
    for second in range(5):
        os.utime(path, (second, second))
        watched.pass_s(1)
    path.write_bytes(film)
    watched.pass_s(2)
    assert watched.intake.calls == 0
    watched.pass_s(2)
    assert watched.intake.taken == [film]


@pytest.mark.parametrize("called", ["open", "fdopen"])
def test_a_file_that_changes_while_it_is_read_waits_again(
    folder: Path, film: bytes, monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    """It is written to before the first look at its state, or just after its last byte was read."""
    watched = Watched(folder, FakeIntake())
    path = folder / "film.dcm"
    path.write_bytes(film[:1000])
    watched.pass_s(2)
    opened, wrapped = os.open, os.fdopen

    def write() -> None:
        with path.open("ab") as file:
            file.write(film[1000:])

    def open_and_write(name: Path, flags: int) -> int:
        handle = opened(name, flags)
        write()
        monkeypatch.undo()
        return handle

    def read_and_write(handle: int, mode: str) -> io.BytesIO:
        monkeypatch.undo()
        with wrapped(handle, mode, closefd=False) as file:
            content = file.read()
        return Late(content, handle, write)

    replacement = {"open": open_and_write, "fdopen": read_and_write}[called]
    monkeypatch.setattr(f"radiograde.service.folder_watch.watched_files.os.{called}", replacement)
    watched.pass_s(1)
    assert watched.intake.calls == 0
    assert files(folder) == ["film.dcm"]
    watched.pass_s(3)
    assert watched.intake.taken == [film]


class Late(io.BytesIO):
    """A file that somebody writes to once it was read."""

    def __init__(self, content: bytes, handle: int, write: Callable[[], None]) -> None:
        super().__init__(content)
        self._handle = handle
        self._write = write

    def fileno(self) -> int:
        return self._handle

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self._write()
        return content

    def close(self) -> None:
        os.close(self._handle)
        super().close()


@pytest.mark.parametrize(
    "name", ["x.part", "X.PART", "x.tmp", "x.dcm.filepart", ".film.dcm", ".hidden/film.dcm"]
)
def test_partial_and_hidden_files_are_left_alone(
    watched: Watched, folder: Path, film: bytes, name: str
) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(film)
    watched.pass_s(6)
    assert files(folder) == [name]
    path.rename(folder / "film.dcm")
    watched.pass_s(4)
    assert files(folder) == ["done/film.dcm"]


def test_an_empty_file_waits_for_its_bytes(watched: Watched, folder: Path, film: bytes) -> None:
    (folder / "film.dcm").touch()
    watched.pass_s(20)
    assert files(folder) == ["film.dcm"]
    (folder / "film.dcm").write_bytes(film)
    watched.pass_s(4)
    assert files(folder) == ["done/film.dcm"]


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are POSIX's")
def test_links_and_pipes_are_not_followed(
    watched: Watched, folder: Path, tmp_path: Path, film: bytes
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "film.dcm").write_bytes(film)
    (folder / "file").symlink_to(outside / "film.dcm")
    (folder / "folder").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    watched.pass_s(5)
    assert watched.intake.calls == 0
    assert (outside / "film.dcm").exists()


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX's")
def test_a_file_replaced_by_a_link_is_not_opened(
    folder: Path, tmp_path: Path, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(folder, FakeIntake())
    secret = tmp_path / "secret"
    secret.write_bytes(film)
    path = folder / "film.dcm"
    path.write_bytes(film)
    watched.pass_s(2)
    opened, refused = os.open, []

    def swap_and_open(name: Path, flags: int) -> int:
        path.unlink()
        path.symlink_to(secret)
        monkeypatch.undo()
        try:
            return opened(name, flags)
        except OSError:
            refused.append(name)
            raise

    monkeypatch.setattr("radiograde.service.folder_watch.watched_files.os.open", swap_and_open)
    watched.pass_s(4)
    assert refused == [path]
    assert watched.intake.calls == 0
    assert secret.exists()


def test_names_taken_before_are_not_overwritten(
    watched: Watched, folder: Path, film: bytes
) -> None:
    for number in range(3):
        (folder / "film.dcm").write_bytes(film + bytes(number))
        watched.pass_s(5)
    assert not (folder / "film.dcm").exists()
    kept = [path.read_bytes() for path in (folder / "done").iterdir()]
    assert sorted(kept) == sorted(film + bytes(number) for number in range(3))
    assert all(path.suffix == ".dcm" for path in (folder / "done").iterdir())


def test_a_folder_may_have_the_name_of_a_file_taken_before(
    watched: Watched, folder: Path, film: bytes
) -> None:
    (folder / "study").write_bytes(film)
    watched.pass_s(5)
    (folder / "study").mkdir()
    (folder / "study" / "film.dcm").write_bytes(film + b"2")
    watched.pass_s(5)
    assert files(folder) == ["done/film.dcm", "done/study"]


def test_a_file_that_cannot_be_opened_is_tried_again(
    folder: Path, film: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(folder, FakeIntake())
    (folder / "locked.dcm").write_bytes(film)
    (folder / "open.dcm").write_bytes(film + b"2")
    opened, tries = os.open, []

    def refuse(name: Path, flags: int) -> int:
        if Path(name).name == "locked.dcm":
            tries.append(watched.clock.now)
            raise PermissionError(13, "locked", str(name))
        return opened(name, flags)

    with monkeypatch.context() as patched:
        patched.setattr("radiograde.service.folder_watch.watched_files.os.open", refuse)
        watched.pass_s(200)
    assert files(folder) == ["done/open.dcm", "locked.dcm"]
    delays = [later - earlier for earlier, later in pairwise(tries)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    watched.pass_s(60)
    assert files(folder) == ["done/locked.dcm", "done/open.dcm"]


def test_a_file_that_vanishes_is_forgotten(watched: Watched, folder: Path, film: bytes) -> None:
    (folder / "film.dcm").write_bytes(film)
    watched.pass_s(2)
    (folder / "film.dcm").unlink()
    watched.pass_s(5)
    (folder / "film.dcm").write_bytes(film)
    watched.pass_s(2)
    assert watched.intake.calls == 0
    watched.pass_s(2)
    assert watched.intake.taken == [film]


@pytest.mark.parametrize("error", [StoreError("away"), NoSpaceError("full")])
def test_while_the_intake_is_away_files_stay_and_delays_grow(
    folder: Path, film: bytes, error: Exception
) -> None:
    away = True
    tried: list[float] = []

    def fault(_: int) -> Exception | None:
        tried.append(seconds.clock.now)
        return error if away else None

    seconds = Watched(folder, FakeIntake(fault))
    for number in range(3):
        (folder / f"{number}.dcm").write_bytes(film + bytes(number))
    (folder / "notes.txt").write_text("no film")
    seconds.pass_s(100)
    assert len([name for name in files(folder) if name.endswith(".dcm")]) == 3
    delays = [later - earlier for earlier, later in pairwise(tried)]
    assert delays == [1, 2, 4, 8, 16, 32]
    away = False
    seconds.pass_s(60)
    assert files(folder) == ["done/0.dcm", "done/1.dcm", "done/2.dcm", "refused/notes.txt"]


def test_an_intake_that_breaks_on_one_file_takes_the_others(folder: Path, film: bytes) -> None:
    watched = Watched(folder, FakeIntake(lambda call: RuntimeError("DOE") if call == 1 else None))
    (folder / "a.dcm").write_bytes(film)
    (folder / "b.dcm").write_bytes(film + b"2")
    watched.pass_s(3)
    assert files(folder) == ["a.dcm", "done/b.dcm"]
    watched.pass_s(3)
    assert files(folder) == ["done/a.dcm", "done/b.dcm"]


def test_a_file_that_cannot_be_moved_is_not_taken_twice(
    watched: Watched, folder: Path, film: bytes
) -> None:
    (folder / "done").write_text("in the way")
    (folder / "film.dcm").write_bytes(film)
    watched.pass_s(30)
    assert watched.intake.calls == 1
    assert (folder / "film.dcm").read_bytes() == film
    (folder / "done").unlink()
    watched.pass_s(60)
    assert files(folder) == ["done/film.dcm"]
    assert watched.intake.calls == 1


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX's")
@pytest.mark.parametrize("link", ["done", "done/study", "refused"])
def test_no_link_is_followed_out_of_the_folder(
    watched: Watched, folder: Path, tmp_path: Path, film: bytes, link: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "study").mkdir()
    (folder / "study" / "film.dcm").write_bytes(film)
    (folder / "study" / "notes.txt").write_text("none")
    (folder / link).parent.mkdir(exist_ok=True)
    (folder / link).symlink_to(outside)
    watched.pass_s(30)
    assert list(outside.iterdir()) == []
    assert watched.intake.calls == 1
    (folder / link).unlink()
    watched.pass_s(60)
    assert {name.split("/")[0] for name in files(folder)} == {"done", "refused"}
    assert watched.intake.calls == 1


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX's")
def test_who_may_look_into_the_folder_may_look_into_done(
    watched: Watched, folder: Path, film: bytes
) -> None:
    before = os.umask(0o022)
    take_back = keep_private()
    try:
        (folder / "study").mkdir()
        (folder / "study" / "film.dcm").write_bytes(film)
        watched.pass_s(5)
    finally:
        take_back()
        os.umask(before)
    for name in ("done", "done/study"):
        assert (folder / name).stat().st_mode & 0o777 == 0o755


def test_a_newer_file_of_the_same_name_is_not_moved_untaken(folder: Path, film: bytes) -> None:
    newer = film + b"newer"

    def replace(call: int) -> None:
        if call == 1:
            (folder / "film.dcm").write_bytes(newer)

    watched = Watched(folder, FakeIntake(replace))
    (folder / "film.dcm").write_bytes(film)
    watched.pass_s(3)
    assert files(folder) == ["film.dcm"]
    watched.pass_s(5)
    assert watched.intake.taken == [film, newer]
    assert (folder / "done" / "film.dcm").read_bytes() == newer


def test_a_folder_that_is_away_is_waited_for(
    tmp_path: Path, film: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = Watched(tmp_path / "share", FakeIntake())
    watched.pass_s(10)
    assert "folder_away" in capsys.readouterr().out
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "film.dcm").write_bytes(film)
    watched.pass_s(20)
    assert watched.intake.taken == [film]


def test_the_log_names_no_file(
    folder: Path,
    film: bytes,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    watched = Watched(folder, FakeIntake(lambda call: ValueError("DOE") if call == 1 else None))
    (folder / "DOE^JANE.txt").write_text("DOE^JANE")
    (folder / "DOE^JANE").mkdir()
    for number in range(2):
        (folder / "DOE^JANE" / f"DOE-{number}.dcm").write_bytes(film + bytes(number))
    watched.pass_s(10)
    written = "".join(capsys.readouterr()) + caplog.text
    assert "files_taken" in written
    assert "unknown_format" in written
    assert "file_put_off" in written
    assert "DOE" not in written


def test_run_stops_when_asked(folder: Path, film: bytes) -> None:
    intake, stop = FakeIntake(), threading.Event()
    (folder / "film.dcm").write_bytes(film)
    watcher = Watcher(WatchConfig(path=folder, quiet_s=0), intake, Limits())
    thread = threading.Thread(target=watcher.run, args=(stop,))
    thread.start()
    until(lambda: bool(intake.taken) and not (folder / "film.dcm").exists())
    stop.set()
    thread.join(POLL_S + 5)
    assert not thread.is_alive()
    assert files(folder) == ["done/film.dcm"]


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
def test_killed_between_taking_and_moving_nothing_is_lost(folder: Path, film: bytes) -> None:
    (folder / "film.dcm").write_bytes(film)
    code = f"""
import os, signal, threading
from pathlib import Path
from radiograde.model.limits import Limits
from radiograde.service.config.site import WatchConfig
from radiograde.service.folder_watch.watcher import Watcher

class Dying:
    def accept(self, content, source, sender):
        Path({str(folder.parent / "taken")!r}).write_bytes(content)
        os.kill(os.getpid(), signal.SIGKILL)

Watcher(WatchConfig(path={str(folder)!r}, quiet_s=0), Dying(), Limits()).run(threading.Event())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder.parent / "taken").read_bytes() == film
    assert files(folder) == ["film.dcm"]
    intake = FakeIntake()
    intake.taken.append(film)
    Watched(folder, intake).pass_s(4)
    assert intake.calls == 1
    assert intake.taken == [film]
    assert files(folder) == ["done/film.dcm"]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert true()
