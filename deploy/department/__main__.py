"""A department's installation as plain processes, as ``deploy/department.yaml`` has containers.

PostgreSQL, an S3 server, ``serve``, ``listen``, two workers and, where it is there, Prometheus;
each has a data directory of its own. They end together: by Ctrl-C, by SIGTERM, or when one of them
ends. It is for trials: nothing of it is kept.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from deploy.department.process import Process, StartError, answers
from deploy.department.servers import free_port, start_postgres, start_prometheus, start_s3

BUCKET = "radiograde-films"
_POLL_S = 0.5


@dataclass
class Department:
    """The parts of an installation below a folder, in the order in which they were started."""

    folder: Path
    workers: int
    parts: list[Process] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start everything. Raises StartError."""
        postgres, url = start_postgres(self.folder / "postgres")
        self.parts.append(postgres)
        self.addresses["postgres"] = url.rpartition("@")[2]
        keys = (secrets.token_hex(8), secrets.token_hex(16))
        s3, endpoint = start_s3(self.folder, BUCKET, keys)
        self.parts.append(s3)
        self.addresses["s3"] = endpoint
        common = {
            "RADIOGRADE_DATABASE_URL": url,
            "RADIOGRADE_WORKER": "false",
            "RADIOGRADE_SITE": str(self._write_site(endpoint)),
            "S3_ACCESS_KEY": keys[0],
            "S3_SECRET_KEY": keys[1],
        }
        watched = self._start_services(common)
        prometheus = start_prometheus(self.folder, watched)
        if prometheus is not None:
            self.parts.append(prometheus[0])
            self.addresses["prometheus"] = f"http://127.0.0.1:{prometheus[1]}"

    def _start_services(self, common: dict[str, str]) -> list[str]:
        """Start the product's processes; return the addresses of their metrics."""
        http = free_port(8000)
        # The first to start makes the tables.
        self._start("serve", ["serve", "--port", str(http)], common, f"127.0.0.1:{http}")
        self.addresses["serve"] = f"http://127.0.0.1:{http}"
        dicom, health = free_port(11112), f"127.0.0.1:{free_port(9101)}"
        more = {"RADIOGRADE_NODE__PORT": str(dicom), "RADIOGRADE_OBSERVE__LISTEN": health}
        self._start("listen", ["listen"], common | more, health)
        self.addresses["listen"] = f"RADIOGRADE@127.0.0.1:{dicom}"
        watched = [f"127.0.0.1:{http}", health]
        for number in range(1, self.workers + 1):
            health = f"127.0.0.1:{free_port(9101 + number)}"
            more = {"RADIOGRADE_OBSERVE__WORK": health}
            self._start(f"work {number}", ["work"], common | more, health)
            watched.append(health)
        for name, address in zip(("serve", "listen"), watched, strict=False):
            self.addresses[f"metrics of {name}"] = f"http://{address}/metrics"
        for number, address in enumerate(watched[2:], 1):
            self.addresses[f"metrics of work {number}"] = f"http://{address}/metrics"
        return watched

    def _start(self, name: str, words: list[str], environment: dict[str, str], at: str) -> None:
        plain = name.replace(" ", "-")
        data = {"RADIOGRADE_DATA_DIR": str(self.folder / plain)}
        command = [sys.executable, "-m", "radiograde", *words]
        part = Process(name, command, self.folder / f"{plain}.log", environment | data)
        self.parts.append(part)
        part.wait_until(lambda: answers(f"http://{at}/readyz"))

    def _write_site(self, endpoint: str) -> Path:
        site = self.folder / "radiograde.toml"
        site.write_text(
            "[films]\n"
            f'archive = "s3://{BUCKET}"\n'
            f'endpoint = "{endpoint}"\n'
            'access_key_env = "S3_ACCESS_KEY"\n'
            'secret_key_env = "S3_SECRET_KEY"\n\n'
            "[observe]\nmetrics = true\n"
        )
        return site

    def ended(self) -> Process | None:
        """Return a part that does not run any more; None where all do."""
        return next((part for part in self.parts if not part.runs), None)

    def end(self) -> None:
        """End all, the last one first; PostgreSQL last, and at once."""
        for part in reversed(self.parts):
            part.end(signal.SIGINT if part.name == "postgres" else signal.SIGTERM)


def main() -> int:
    """Run an installation until it is to end; return 1 where it did not start or a part ended."""
    parser = argparse.ArgumentParser(description=__doc__, prog="make department")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    folder = Path(tempfile.mkdtemp(prefix="radiograde-department-"))
    folder.chmod(0o711)  # PostgreSQL, who is another user, goes through to its own
    department = Department(folder, chosen.workers)
    try:
        return _run(department)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        department.end()
        shutil.rmtree(folder, ignore_errors=True)
        print("All have ended; nothing is kept.", flush=True)


def _stop(_: int, __: FrameType | None) -> None:
    sys.exit(0)


def _run(department: Department) -> int:
    try:
        department.start()
    except StartError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    for name, address in department.addresses.items():
        print(f"{name:20} {address}", flush=True)
    if "prometheus" not in department.addresses:
        print("Prometheus is not on this computer (Debian: prometheus): it is left out.")
    pids = {part.name: part.pid for part in department.parts}
    print(f"processes            {json.dumps(pids)}\nCtrl-C ends all of them.", flush=True)
    while (ended := department.ended()) is None:
        time.sleep(_POLL_S)
    print(f"{ended.name} has ended:\n{ended.last_lines()}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
