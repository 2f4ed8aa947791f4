"""A real PostgreSQL of the test's own, which can be taken away and given back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.orthanc import free_port

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def tool(name: str) -> str | None:
    """Return where a program of PostgreSQL is; None where it is absent."""
    found = [str(place / name) for place in _PLACES if (place / name).exists()]
    return found[0] if found else shutil.which(name)


class Postgres:
    """One server below a folder of its own; the databases in it are made as they are asked for."""

    def __init__(self) -> None:
        # Not below pytest's folder: the server runs as another user, who may not look in there.
        self.folder = Path(tempfile.mkdtemp(prefix="radiograde-postgres-", dir="/tmp"))
        self.port = free_port()
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user is not None:
            shutil.chown(self.folder, self.user)
        self._run("initdb", "-D", "data", "-U", "test", "--auth=trust", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self) -> None:
        """Cut every connection, and be gone."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def database(self, name: str) -> str:
        """Make a database and return its URL."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://test@127.0.0.1:{self.port}/{name}"

    def cut_connections(self) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _address(self, name: str) -> str:
        return f"postgresql://test@127.0.0.1:{self.port}/{name}"

    def _run(self, name: str, *arguments: str) -> None:
        program = tool(name)
        assert program is not None
        subprocess.run(
            [program, *arguments],
            cwd=self.folder,
            user=self.user,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
