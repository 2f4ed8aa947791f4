"""The accidents of the walk, each of which happens to a site and is over when it returns."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from radiograde.service.backoff import patiently
from radiograde.service.errors import StoreError
from radiograde.service.grading.records import Records
from tests.accidents.clock import can_be_set
from tests.accidents.disks import full, read_only
from tests.accidents.newer_table import newer_table
from tests.accidents.sink import Mood
from tests.accidents.site import Site

DAY_S = 86_400


class Accidents:
    """Happens to a site, one accident after the other. ``records``: the site's own."""

    def __init__(self, site: Site, records: Records, rng: random.Random) -> None:
        self._site = site
        self._records = records
        self._rng = rng
        self.counts: Counter[str] = Counter()

    def kinds(self) -> dict[str, Callable[[], None]]:
        """Return what may happen here, by name."""
        found: dict[str, Callable[[], None]] = {
            "kill_node": lambda: self._kill("listen"),
            "kill_server": lambda: self._kill("serve"),
            "kill_worker": self._kill_worker,
            "host_gone": self._host_gone,
            "database_gone": self._database_gone,
            "newer_version": self._newer_version,
            "destination_hangs": lambda: self._destination("hangs"),
            "destination_refuses": lambda: self._destination("refuses"),
            "destination_resets": lambda: self._destination("resets"),
        }
        if self._site.postgres is not None:
            found["connections_cut"] = self._site.postgres.cut_connections
        if self._site.has_disk:
            found |= {"disk_full": self._disk_full, "films_read_only": self._films_read_only}
        if can_be_set():
            found["clock_a_day_ahead"] = self._clock_a_day_ahead
        return found

    def happen(self) -> None:
        """Have one of them happen."""
        kinds = self.kinds()
        name = self._rng.choice(sorted(kinds))
        kinds[name]()
        self.counts[name] += 1

    def _last(self, least_s: float, most_s: float) -> None:
        time.sleep(self._rng.uniform(least_s, most_s))

    def _kill(self, name: str) -> None:
        process = self._site.processes[name]
        process.kill()
        self._last(0, 1)
        process.start()

    def _kill_worker(self) -> None:
        if workers := self._site.workers():
            _kill(self._rng.choice(workers))

    def _host_gone(self) -> None:
        process = self._site.processes[self._rng.choice(["listen", "serve"])]
        workers = process.children()
        process.kill()
        for worker in workers:
            _kill(worker)
        self._last(1, 10)
        process.start()

    def _database_gone(self) -> None:
        if self._site.postgres is not None:
            self._site.postgres.stop()
            self._last(1, 30)
            self._site.postgres.start()
            return
        path = self._site.data / "radiograde.sqlite"
        with suppress(sqlite3.Error):
            connection = sqlite3.connect(path, timeout=5, isolation_level=None)
            connection.execute("BEGIN EXCLUSIVE")
            self._last(1, 30)
            connection.close()

    def _newer_version(self) -> None:
        """Another host has changed the tables; who is started meanwhile refuses to work."""
        table = self._rng.choice(["films", "film_sources", "results", "deliveries"])
        before = self._change_schema(table, "9999")
        self._kill(self._rng.choice(["listen", "serve"]))
        self._last(1, 12)
        self._change_schema(table, before)

    def _change_schema(self, table: str, version: str) -> str:
        before = ""

        def change() -> None:
            nonlocal before
            with self._records.database.write() as connection:
                before = str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
                newer_table(connection, table, present=version == "9999")
                changed = sa.text("UPDATE alembic_version SET version_num = :version")
                connection.execute(changed, {"version": version})

        patiently(change, StoreError, threading.Event())
        return before

    def _destination(self, mood: Mood) -> None:
        self._site.sink.mood = mood
        self._last(2, 15)
        self._site.sink.mood = "takes"

    def _disk_full(self) -> None:
        with full(self._site.data):
            self._last(1, 15)

    def _films_read_only(self) -> None:
        with read_only(self._site.films):
            self._last(1, 15)

    def _clock_a_day_ahead(self) -> None:
        """The clock of one host, or of both, is a day ahead and set right again."""
        clocks = list(self._site.clocks.values())
        for clock in self._rng.sample(clocks, self._rng.randint(1, len(clocks))):
            clock.set_ahead_s(DAY_S)
        self._last(2, 15)
        for clock in clocks:
            clock.set_ahead_s(0)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
