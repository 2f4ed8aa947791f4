"""Node, service and two workers with a database and a bucket in common are killed at random.

``SURVIVAL_FILMS`` sets how many films are sent; the default keeps the suite quick.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import films, results
from radiograde.service.grading.records import Records, open_records
from tests.accidents.postgres import Postgres
from tests.orthanc import free_port
from tests.s3_server import ENVIRONMENT, S3Server
from tests.service.grading.conftest import MakeFilm
from tests.service.processes import Process
from tests.service.test_survival import score, store, stow

FILMS = int(os.environ.get("SURVIVAL_FILMS", "12"))
LONGEST_S = 600 + 6 * FILMS
BETWEEN = max(1, FILMS // 40)
"""More films are not to take a start of a process more each."""

NAMES = ("listen", "serve", "one", "two")


class Killed:
    """Four processes, each with a data directory of its own; one after another is killed.

    Always after some of what they do, so that a slow machine gets done, too.
    """

    def __init__(self, folder: Path, environment: dict[str, str], rng: random.Random) -> None:
        self.dicom, self.http = free_port(), free_port()
        self.kills: Counter[str] = Counter()
        self._rng = rng
        self._due = 2
        self._started: dict[str, Process] = {}
        commands = {
            "listen": ("listen", "--port", str(self.dicom)),
            "serve": ("serve", "--port", str(self.http)),
            "one": ("work",),
            "two": ("work",),
        }
        for name in NAMES:
            data = {"RADIOGRADE_DATA_DIR": str(folder / name), **environment}
            self._started[name] = Process(
                *commands[name], log=folder / f"{name}.log", environment=data
            )

    def attend(self, done: int) -> None:
        """Kill one of them, if so much was done since the last kill, and start it again."""
        for process in self._started.values():
            if process.running.poll() is not None:
                process.start()
        if done < self._due:
            return
        name = self._rng.choice(NAMES)
        self._started[name].kill()
        self._started[name].start()
        self.kills[name] += 1
        self._due = done + BETWEEN * self._rng.randint(2, 4)

    def end(self) -> None:
        for process in self._started.values():
            process.end()


@contextmanager
def killed_department(
    folder: Path, server: S3Server, url: str, rng: random.Random
) -> Iterator[tuple[Killed, Records]]:
    config = server.config(server.bucket("radiograde-films"))
    site = folder / "radiograde.toml"
    lines = config.model_dump(exclude_defaults=True)
    site.write_text("[films]\n" + "".join(f'{key} = "{value}"\n' for key, value in lines.items()))
    settings = Settings(data_dir=folder / "mine", database_url=SecretStr(url), films=config)
    environment = {
        **ENVIRONMENT,
        "RADIOGRADE_DATABASE_URL": url,
        "RADIOGRADE_WORKER": "false",
        "RADIOGRADE_SITE": str(site),
    }
    with ExitStack() as stack:
        records = stack.enter_context(closing(open_records(settings)))
        killed = Killed(folder, environment, rng)
        stack.callback(killed.end)
        yield killed, records


@pytest.mark.timeout(LONGEST_S + 300)
def test_four_processes_killed_at_random_lose_and_double_nothing(
    postgres: Postgres, tmp_path: Path, make_film: MakeFilm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    rng, server = random.Random(35), S3Server()  # noqa: S311 - what it decides is no secret
    try:
        url = postgres.database("killed")
        with killed_department(tmp_path, server, url, rng) as (killed, records):
            waiting, until = list(range(FILMS)), time.monotonic() + LONGEST_S
            answered = 0
            ways = ((store, killed.dicom), (stow, killed.http), (score, killed.http))
            while waiting:
                assert time.monotonic() < until, (killed.kills, len(waiting))
                killed.attend(answered + records.jobs.counts()["graded"])
                number, (send, port) = rng.choice(waiting), rng.choice(ways)
                if not send(make_film(number), port):
                    time.sleep(0.2)
                    continue
                answered += 1
                if rng.random() < 0.8:  # else its sender lost the answer, and sends it again
                    waiting.remove(number)
            while (graded := records.jobs.counts()["graded"]) < FILMS:
                assert time.monotonic() < until, (killed.kills, records.jobs.counts())
                killed.attend(answered + graded)
                time.sleep(0.2)
            kept = records.database.values(sa.select(films.c.id), str)
            assert len(kept) == FILMS, "none is doubled"
            assert sorted(kept) == sorted(records.database.values(sa.select(results.c.id), str))
            assert all(records.archive.has(film_id) for film_id in kept), "none is lost"
            assert sum(killed.kills.values()) >= min(4, FILMS // 3), killed.kills
            print(f"{FILMS} films, killed: {dict(killed.kills)}")
    finally:
        server.kill()
