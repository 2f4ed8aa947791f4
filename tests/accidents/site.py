"""An installation of processes, with a database, a disk, clocks and a destination of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from tests.accidents.clock import clock_of
from tests.accidents.disks import own_disk
from tests.accidents.postgres import Postgres
from tests.accidents.sink import Sink
from tests.orthanc import free_port
from tests.service.processes import Process

Engine = Literal["sqlite", "postgresql"]
DISK_MIB = 512


class Site:
    """What accidents happen to: a node and a server, each with its worker, as on two hosts.

    ``environment``: of the two, more than this process's.
    """

    def __init__(
        self, stack: ExitStack, engine: Engine, environment: Mapping[str, str] | None = None
    ) -> None:
        self._environment = environment or {}
        self.folder = Path(tempfile.mkdtemp(prefix="radiograde-walk-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"
        self.films = self.data / "films"
        self.data.mkdir()
        self.has_disk = stack.enter_context(own_disk(self.data, DISK_MIB))
        self.films.mkdir()
        self.postgres: Postgres | None = None
        self.url = f"sqlite:///{self.data / 'radiograde.sqlite'}"
        if engine == "postgresql":
            self.postgres = Postgres()
            stack.callback(self.postgres.remove)
            self.url = self.postgres.database("walk")
        self.sink = stack.enter_context(Sink())
        (self.data / "radiograde.toml").write_text(self.sink.site_file())
        self.settings = Settings(data_dir=self.data, database_url=SecretStr(self.url))
        os.environ["RADIOGRADE_DATABASE_URL"] = self.url
        stack.callback(os.environ.pop, "RADIOGRADE_DATABASE_URL", None)
        self.node_port, self.http_port = free_port(), free_port()
        ports = {"listen": self.node_port, "serve": self.http_port}
        self.clocks = {name: clock_of(self.folder / f"{name}.clock") for name in ports}
        self.processes = {name: self._process(name, port) for name, port in ports.items()}
        for process in self.processes.values():
            stack.callback(process.end)

    def _process(self, name: str, port: int) -> Process:
        command = (name, "--port", str(port), "--data-dir", str(self.data))
        log = self.folder / f"{name}.log"
        environment = {**self._environment, **self.clocks[name].environment}
        return Process(*command, log=log, environment=environment)

    def workers(self) -> list[int]:
        """Return the ids of the processes that work."""
        return [child for one in self.processes.values() for child in one.children()]

    def roles(self) -> dict[int, str]:
        """Return what each process is, by its id."""
        found: dict[int, str] = {}
        for name, process in self.processes.items():
            found[process.running.pid] = name
            found |= dict.fromkeys(process.children(), f"worker of {name}")
        return found

    def keep_running(self) -> None:
        """Start again what ended, as an operator's supervisor does."""
        for process in self.processes.values():
            if process.running.poll() is not None:
                process.start()
