"""A random walk of accidents while films come in; what became of each film is counted."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import deliveries, films
from radiograde.service.grading.records import Records, open_records
from tests.accidents.postgres import Postgres
from tests.accidents.sink import Sink
from tests.orthanc import free_port
from tests.service.documents.graded_films import film_bytes
from tests.service.processes import Process, waited
from tests.service.test_survival import score, store, stow

Engine = Literal["sqlite", "postgresql"]
UID = b"1.2.826.0.1.3680043.10.1541.3\0"
DISK_MIB = 512
SETTLED_IN_S = 300.0


@dataclass(slots=True)
class Outcome:
    """What became of the films. ``accidents``: how many of each kind."""

    acknowledged: int = 0
    graded: int = 0
    delivered: int = 0
    lost: int = 0
    doubled: int = 0
    stranded: int = 0
    parked: int = 0
    settled_in_s: float = 0.0
    sent_twice: int = 0
    memory_mib: tuple[int, int] = (0, 0)
    accidents: dict[str, int] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Nothing lost, doubled, stranded or parked, and something came in."""
        bad = self.lost + self.doubled + self.stranded + self.parked
        return bad == 0 and self.acknowledged > 0


class Site:
    """An installation of processes, with a disk of its own where this user may mount one."""

    def __init__(self, stack: ExitStack, engine: Engine) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="radiograde-walk-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"
        self.data.mkdir()
        self.has_disk = stack.enter_context(_own_disk(self.data))
        self.postgres: Postgres | None = None
        self.url = f"sqlite:///{self.data / 'radiograde.sqlite'}"
        if engine == "postgresql":
            self.postgres = Postgres()
            stack.callback(self.postgres.remove)
            self.url = self.postgres.database("walk")
        self.sink = stack.enter_context(Sink())
        (self.data / "radiograde.toml").write_text(
            f'[[destination]]\nname = "sink"\ntype = "dicomweb"\nurl = "{self.sink.url}"\n'
            'timeout_s = 5\nsend = ["sr"]\nsources = ["dicom", "dicomweb", "folder", "http"]\n'
        )
        self.settings = Settings(data_dir=self.data, database_url=SecretStr(self.url))
        os.environ["RADIOGRADE_DATABASE_URL"] = self.url
        stack.callback(os.environ.pop, "RADIOGRADE_DATABASE_URL", None)
        self.node_port, self.http_port = free_port(), free_port()
        self.processes = {
            "listen": self._process("listen", self.node_port),
            "serve": self._process("serve", self.http_port),
        }
        for process in self.processes.values():
            stack.callback(process.end)

    def _process(self, name: str, port: int) -> Process:
        log = self.folder / f"{name}.log"
        return Process(name, "--port", str(port), "--data-dir", str(self.data), log=log)

    def workers(self) -> list[int]:
        return [child for one in self.processes.values() for child in one.children()]

    def keep_running(self) -> None:
        """Start again what ended, as an operator's supervisor does."""
        for process in self.processes.values():
            if process.running.poll() is not None:
                process.start()

    def memory_mib(self) -> int:
        ids = [one.running.pid for one in self.processes.values()] + self.workers()
        total = 0
        for pid in ids:
            with suppress(OSError):
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
        return total // 2**20


@contextmanager
def _own_disk(folder: Path) -> Iterator[bool]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)]
    mounted = os.getuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


class Modalities:
    """Send films by every source until told to stop; a film without success is sent again."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self._site = site
        self._rng = rng
        self._drawn = film_bytes()
        self.acknowledged: set[str] = set()
        self.stop = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stop.wait(self._rng.uniform(0.1, 0.8)):
            number += 1
            content = self._drawn.replace(UID, b"1.2.826.0.1.3680043.10.9%06d" % number)
            while not self._send(content) and not self.stop.wait(0.5):
                pass
            if self._rng.random() < 0.2:  # a modality that lost the answer
                self._send(content)

    def _send(self, content: bytes) -> bool:
        site = self._site
        send, port = self._rng.choice(
            [(store, site.node_port), (stow, site.http_port), (score, site.http_port)]
        )
        done = False
        with suppress(Exception):
            done = send(content, port)
        if done:
            at = content.index(b"1.2.826.0.1.3680043.10.9")
            self.acknowledged.add(content[at : at + 30].decode())
        return done


class Accidents:
    """Happens to a site, one accident after the other."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self._site = site
        self._rng = rng
        self.counts: Counter[str] = Counter()

    def kinds(self) -> dict[str, Callable[[], None]]:
        found: dict[str, Callable[[], None]] = {
            "kill_node": lambda: self._kill("listen"),
            "kill_server": lambda: self._kill("serve"),
            "kill_worker": self._kill_worker,
            "database_gone": self._database_gone,
            "destination_hangs": lambda: self._destination("hangs"),
            "destination_refuses": lambda: self._destination("refuses"),
            "destination_resets": lambda: self._destination("resets"),
        }
        if self._site.postgres is not None:
            found["connections_cut"] = self._site.postgres.cut_connections
        if self._site.has_disk:
            found["disk_full"] = self._disk_full
        return found

    def happen(self) -> None:
        kinds = self.kinds()
        name = self._rng.choice(sorted(kinds))
        kinds[name]()
        self.counts[name] += 1

    def _kill(self, name: str) -> None:
        process = self._site.processes[name]
        process.kill()
        time.sleep(self._rng.uniform(0, 1))
        process.start()

    def _kill_worker(self) -> None:
        if workers := self._site.workers():
            with suppress(ProcessLookupError):
                os.kill(self._rng.choice(workers), signal.SIGKILL)

    def _database_gone(self) -> None:
        seconds = self._rng.uniform(1, 30)
        if self._site.postgres is not None:
            self._site.postgres.stop()
            time.sleep(seconds)
            self._site.postgres.start()
            return
        path = self._site.data / "radiograde.sqlite"
        with suppress(sqlite3.Error):
            connection = sqlite3.connect(path, timeout=5, isolation_level=None)
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            connection.close()

    def _destination(self, mood: Literal["hangs", "refuses", "resets"]) -> None:
        self._site.sink.mood = mood
        time.sleep(self._rng.uniform(2, 15))
        self._site.sink.mood = "takes"

    def _disk_full(self) -> None:
        ballast = self._site.data / "ballast"
        free = shutil.disk_usage(self._site.data).free
        with suppress(OSError), ballast.open("wb") as file:
            for _ in range(free // 2**20 + 2):
                file.write(bytes(2**20))
        time.sleep(self._rng.uniform(1, 15))
        ballast.unlink(missing_ok=True)


def walk(minutes: float, engine: Engine, seed: int) -> Outcome:
    """Return what became of the films of a walk."""
    rng = random.Random(seed)  # noqa: S311 - a walk that can be walked again
    with ExitStack() as stack:
        site = Site(stack, engine)
        accidents, modalities = Accidents(site, rng), Modalities(site, random.Random(seed + 1))  # noqa: S311
        assert waited(lambda: len(site.workers()) == 2, 120)
        time.sleep(5)
        before = site.memory_mib()
        senders = threading.Thread(target=modalities.run)
        senders.start()
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            time.sleep(rng.uniform(1, 12))
            site.keep_running()
            accidents.happen()
        modalities.stop.set()
        senders.join()
        site.keep_running()
        outcome = _settle(site, modalities.acknowledged)
        outcome.memory_mib = (before, site.memory_mib())
        outcome.accidents = dict(accidents.counts)
        return outcome


def _settle(site: Site, acknowledged: set[str]) -> Outcome:
    began = time.monotonic()
    records = open_records(site.settings)
    try:

        def settled() -> bool:
            site.keep_running()
            counts = records.jobs.counts()
            return counts["waiting"] + counts["undelivered"] == 0

        waited(settled, SETTLED_IN_S, 1.0)
        outcome = _count(records, site, acknowledged)
        outcome.settled_in_s = round(time.monotonic() - began, 1)
        return outcome
    finally:
        records.close()


def _count(records: Records, site: Site, acknowledged: set[str]) -> Outcome:
    counts = records.jobs.counts()
    with records.database.reading() as connection:
        done = sa.select(films.c.sop_instance_uid).where(films.c.state == "graded")
        graded = Counter(connection.scalars(done).all())
        sent = sa.select(sa.func.count()).select_from(deliveries)
        delivered = connection.scalar(sent.where(deliveries.c.state == "delivered")) or 0
        kept = connection.scalars(sa.select(films.c.id).where(films.c.kept)).all()
    gone = [film_id for film_id in kept if not records.archive.has(film_id)]
    return Outcome(
        acknowledged=len(acknowledged),
        graded=sum(graded.values()),
        delivered=delivered,
        lost=len(acknowledged - set(graded)) + len(gone) + abs(delivered - len(site.sink.taken)),
        doubled=sum(graded.values()) - len(graded),
        stranded=counts["waiting"] + counts["undelivered"],
        parked=counts["parked"] + counts["failed"],
        sent_twice=sum(site.sink.taken.values()) - len(site.sink.taken),
    )
