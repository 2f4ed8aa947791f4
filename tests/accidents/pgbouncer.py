"""A real pgbouncer before a database of the suite's own PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from tests.accidents.postgres import Postgres
from tests.orthanc import free_port
from tests.service.processes import waited

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")


@contextmanager
def pgbouncer(server: Postgres, url: str, mode: str) -> Iterator[str]:
    """Give the URL of a database of the server by way of pgbouncer in a pool mode."""
    assert PROGRAM is not None
    behind, port = sa.make_url(url), free_port()
    config = server.folder / f"pgbouncer-{port}.ini"
    config.write_text(
        f"[databases]\n{behind.database} = host={behind.host} port={behind.port} user=test\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\n"
    )
    process = subprocess.Popen(
        [PROGRAM, str(config)],
        user=server.user,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        pooled = behind.set(port=port)
        assert waited(lambda: _answers(pooled), 60)
        yield pooled.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: sa.URL) -> bool:
    engine = sa.create_engine(url)
    try:
        with engine.connect():
            return True
    except sa.exc.OperationalError:
        return False
    finally:
        engine.dispose()
