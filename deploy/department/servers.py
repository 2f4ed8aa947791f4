"""What others have made and a department needs: PostgreSQL, an S3 server, Prometheus."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import fsspec
import psycopg

from deploy.department.process import Process, StartError, answers

RULES = Path(__file__).resolve().parents[1] / "prometheus" / "radiograde.rules.yml"


def free_port(wanted: int = 0) -> int:
    """Return a port of this computer that nobody has: the one that is wanted, where it is free."""
    for port in (wanted, 0):
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise StartError("No port is free.")


def accepts(port: int) -> bool:
    """Return whether somebody takes connections at a port of this computer."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def start_postgres(folder: Path) -> tuple[Process, str]:
    """Return a server with a database of its own, and the database's URL.

    Raises:
        StartError: PostgreSQL is not on this computer, or does not start.
    """
    user, password, port = _postgres_user(), secrets.token_hex(16), free_port()
    data, key = folder / "data", folder / "password"
    folder.mkdir(mode=0o700)
    key.write_text(password)
    if user is not None:
        for path in (folder, key):
            shutil.chown(path, user)
    made = subprocess.run(  # noqa: S603
        [
            *(_program("initdb"), "--pgdata", str(data), "--username", "radiograde"),
            *("--auth", "scram-sha-256", "--pwfile", str(key), "--encoding", "UTF8"),
        ],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        raise StartError(f"PostgreSQL makes no database:\n{made.stderr}")
    command = [
        *(_program("postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
    ]
    part = Process("postgres", command, folder / "log", user=user)
    url = f"postgresql://radiograde:{password}@127.0.0.1:{port}/"

    def is_up() -> bool:
        with suppress(psycopg.OperationalError):
            with psycopg.connect(f"{url}postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE radiograde")
            return True
        return False

    part.wait_until(is_up)
    return part, f"{url}radiograde".replace("postgresql:", "postgresql+psycopg:", 1)


def start_s3(folder: Path, bucket: str, keys: tuple[str, str]) -> tuple[Process, str]:
    """Return an S3 server (moto's, which keeps objects in memory) with a bucket, and its address.

    Raises:
        StartError: it does not start.
    """
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    part = Process("s3", command, folder / "s3.log")
    part.wait_until(lambda: accepts(port))
    client = fsspec.filesystem("s3", key=keys[0], secret=keys[1], endpoint_url=endpoint)
    client.call_s3("create_bucket", Bucket=bucket)
    return part, endpoint


def start_prometheus(folder: Path, targets: list[str]) -> tuple[Process, int] | None:
    """Return Prometheus with the alert rules, and its port; None where it is not here.

    Raises:
        StartError: it does not start.
    """
    program = shutil.which("prometheus")
    if program is None:
        return None
    port, config = free_port(9090), folder / "prometheus.yml"
    config.write_text(scrape_config(targets, RULES))
    command = [
        *(program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"),
        f"--storage.tsdb.path={folder / 'prometheus'}",
    ]
    part = Process("prometheus", command, folder / "prometheus.log")
    part.wait_until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"))
    return part, port


def scrape_config(targets: list[str], rules: Path) -> str:
    """Return what Prometheus is told: whom to ask, and what is alarming."""
    listed = ", ".join(f'"{target}"' for target in targets)
    return (
        "global: {scrape_interval: 15s, evaluation_interval: 15s}\n"
        f'rule_files: ["{rules}"]\n'
        "scrape_configs:\n"
        "  - job_name: radiograde\n"
        f"    static_configs: [{{targets: [{listed}]}}]\n"
    )


def _program(name: str) -> str:
    """Return a program of PostgreSQL, which Debian keeps out of the way."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if found is None:
        raise StartError("PostgreSQL is not on this computer (Debian: postgresql).")
    return found


def _postgres_user() -> str | None:
    """Return who PostgreSQL runs as, since it refuses to run as root."""
    return "postgres" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
