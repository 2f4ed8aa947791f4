"""What the commands connect to and write, as the system sees it: strace watches every process.

Connections go where the site file says, and to this installation itself; files are written into the
data directory, the folder named for results, and the folder for temporary files.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from pynetdicom import AE
from pynetdicom.presentation import build_context

from tests.orthanc import free_port
from tests.s3_server import S3Server
from tests.service.delivery.nodes import running_node
from tests.service.dimse.fakes import DX, FILM, film, status_of
from tests.service.processes import ROOT, waited

STRACE = shutil.which("strace")
LINGER_S = 4.0
"""What calls home does so some seconds after a session is made."""

CALLS = "connect,sendto,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat"
SYSTEM = ("/dev/null", "/dev/tty", "/dev/shm/", "/proc/self/")  # noqa: S108
"""No files of anybody: devices, and memory that processes share."""

pytestmark = pytest.mark.skipif(
    STRACE is None or not sys.platform.startswith("linux"),
    reason="strace is not on this machine (Debian: strace)",
)

TRAIN = """
import sys, time
from pathlib import Path
import torch
from radiograde.command import main
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.config import NetworkConfig, StageConfig, TrainConfig
from radiograde.training.input_check import pictures
from radiograde.training.release import onnx_export

here = Path(sys.argv[1])
pictures.FRONTAL_FILMS = pictures.CORRUPTED_FILMS = 4
pictures.CHANGED_COPIES = pictures.PHANTOMS = 1
write_dataset(here / "films", count=12, seed=5)
TrainConfig(
    network=NetworkConfig(input_size=128, pass_size=64, width=16),
    pretrain=StageConfig(epochs=1, rate=1e-3),
    finetune=StageConfig(epochs=1, rate=1e-3, unlabelled=0),
    folds=2, batch_size=8, device="cpu", threads=1,
).save(here / "tiny.yaml")
line = ["train", "--data", here / "films", "--out", here / "run", "--config", here / "tiny.yaml"]
main([str(word) for word in line], standalone_mode=False)
torch.onnx.export(torch.nn.ReLU(), (torch.zeros(1),), here / "relu.onnx", dynamo=True)
Scorer()
time.sleep(float(sys.argv[2]))
"""
"""``train``, and what ``export`` is made of: its module, torch's exporter, a session."""


KEEP = """
import sys
from contextlib import closing
from pathlib import Path
from ulid import ULID
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from radiograde.service.logs import configure_logging

configure_logging("debug")
film = str(ULID())
with closing(open_records(Settings(data_dir=Path(sys.argv[1])))) as records:
    records.archive.keep(film, b"film")
    assert records.archive.find(film) == b"film"
    assert records.archive.drop(film)
"""
"""What an installation does with films, without the rest."""


@dataclass(frozen=True)
class Seen:
    """What was seen of a command: addresses outside it, as ``host:port``, and files it wrote."""

    addresses: frozenset[str]
    files: frozenset[str]


class Watched:
    """A command under strace, with a home of its own that nothing was ever written to."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.folder = folder
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = kept | {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",  # an image's own files are read-only
        }
        self._trace = folder / "trace"
        self.log = folder / "log"
        watch = [str(STRACE), "-f", "--seccomp-bpf", "-qq", "-e", f"trace={CALLS}"]
        with self.log.open("wb") as log:
            self.running = subprocess.Popen(
                [*watch, "-o", str(self._trace), sys.executable, *command],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def says(self, words: bytes) -> bool:
        return words in self.log.read_bytes()

    def end(self) -> None:
        """End the command, not strace, which ends with it."""
        children = Path(f"/proc/{self.running.pid}/task/{self.running.pid}/children").read_text()
        for child in children.split():
            os.kill(int(child), signal.SIGTERM)
        self.running.wait(60)

    def seen(self) -> Seen:
        """Return what was seen; what failed counts, too: somebody tried."""
        addresses, files = set(), set()
        for line in self._trace.read_text(errors="replace").splitlines():
            if "connect(" in line or "sendto(" in line:
                addresses |= set(addresses_in(line))
            elif any(flag in line for flag in ("O_CREAT", "O_WRONLY", "O_RDWR")) or not re.search(
                r"\bopen(at)?\(", line
            ):
                files |= set(re.findall(r'"((?:[^"\\]|\\.)*)"', line))
        return Seen(frozenset(addresses), frozenset(self._absolute(name) for name in files))

    def _absolute(self, name: str) -> str:
        return os.path.normpath(self.folder / name)

    def own(self, *more: Path) -> tuple[str, ...]:
        """Return where it may write."""
        return (*(f"{path}/" for path in (self.folder / "tmp", *more)), *SYSTEM)


def addresses_in(line: str) -> Iterator[str]:
    """Yield the addresses that a call names.

    Not those of sockets in the file system, nor port 0: so the C library sorts what a name
    resolves to, and nothing is sent.
    """
    for kind, rest in re.findall(r"sa_family=(AF_\w+)([^}]*)", line):
        if kind in ("AF_UNIX", "AF_LOCAL", "AF_NETLINK", "AF_UNSPEC"):
            continue
        port = re.search(r"port=htons\((\d+)\)", rest)
        host = re.search(r'"([0-9a-fA-F.:]+)"', rest)
        if port is None or port[1] != "0":
            yield f"{host and host[1]}:{port and port[1]}"


def elsewhere(seen: Seen, own: Sequence[str]) -> list[str]:
    """Return the files that were written beyond a command's own folders."""
    return sorted(
        name for name in seen.files if not any(f"{name}/".startswith(place) for place in own)
    )


@contextmanager
def watched(folder: Path, *command: str) -> Iterator[Watched]:
    process = Watched(folder, *command)
    try:
        yield process
    finally:
        if process.running.poll() is None:
            process.end()


def test_services_connect_where_the_site_file_says_and_nowhere_else(tmp_path: Path) -> None:
    http_port, node_port = free_port(), free_port()
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with ExitStack() as stack:
        pacs = stack.enter_context(running_node())
        (data / "radiograde.toml").write_text(
            f'[node]\nport = {node_port}\n[[destination]]\nname = "pacs"\ntype = "dicom"\n'
            f'aet = "PACS"\nhost = "127.0.0.1"\nport = {pacs.port}\n'
        )
        place = ("--data-dir", str(data))
        command = ("-m", "radiograde")
        listen = stack.enter_context(watched(tmp_path / "l", *command, "listen", *place))
        serve = stack.enter_context(
            watched(
                tmp_path / "s", *command, "serve", "--no-worker", "--port", str(http_port), *place
            )
        )
        assert waited(lambda: listen.says(b"worker_ready"), 120), listen.log.read_text()
        assert waited(lambda: listen.says(b"listens as"), 90), listen.log.read_text()
        assert waited(lambda: serve.says(b"Radiograde at"), 120), serve.log.read_text()
        ae = AE("XRAY1")
        association = ae.associate(
            "127.0.0.1", node_port, contexts=[build_context(DX)], ae_title="RADIOGRADE"
        )
        assert status_of(association.send_c_store(film())) == 0x0000
        association.release()
        url = f"http://127.0.0.1:{http_port}"
        scored = requests.post(
            f"{url}/v1/score",
            data=FILM(),
            headers={"Content-Type": "application/dicom"},
            timeout=120,
        )
        assert scored.status_code in (200, 422), scored.text
        for path in ("/", "/docs", "/v1/results", "/readyz"):
            assert requests.get(url + path, timeout=60).status_code == 200
        assert waited(lambda: len(pacs.received) >= 1, 120), listen.log.read_text()
        time.sleep(LINGER_S)
        for process in (listen, serve):
            process.end()
    assert listen.seen().addresses == {f"127.0.0.1:{pacs.port}"}
    assert serve.seen().addresses == set()
    for process in (listen, serve):
        assert elsewhere(process.seen(), process.own(data)) == []
        assert list((process.folder / "home").iterdir()) == []
        for line in process.log.read_text().splitlines():  # no warnings among the log's lines
            assert line.startswith(("Radiograde ", "Data directory: ")) or json.loads(line)
    others = {path: path.stat().st_mode & 0o077 for path in (data, *data.rglob("*"))}
    del others[data / "radiograde.toml"]
    assert {path for path, mode in others.items() if mode} == set()


def test_films_in_an_object_store_go_to_its_address_and_nowhere_else(tmp_path: Path) -> None:
    data, server = tmp_path / "data", S3Server()
    data.mkdir(mode=0o700)
    try:
        url = server.bucket("radiograde-films")
        for name in ("access", "secret"):
            (data / name).write_text(f"{name}-of-tests")
        (data / "radiograde.toml").write_text(
            f'[films]\narchive = "{url}"\nendpoint = "{server.endpoint}"\n'
            f'access_key_file = "{data}/access"\nsecret_key_file = "{data}/secret"\n'
        )
        with watched(tmp_path / "w", "-c", KEEP, str(data)) as keep:
            keep.running.wait(120)
    finally:
        server.kill()
    assert keep.running.returncode == 0, keep.log.read_text()
    assert keep.seen().addresses == {f"127.0.0.1:{server.port}"}
    assert elsewhere(keep.seen(), keep.own(data)) == []
    assert list((keep.folder / "home").iterdir()) == []
    assert "secret-of-tests" not in keep.log.read_text()


def test_grading_connects_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "film.dcm").write_bytes(FILM())
    out = tmp_path / "out"
    with watched(
        tmp_path / "w",
        *("-m", "radiograde", "score", str(tmp_path / "film.dcm"), "--out", str(out)),
    ) as score:
        score.running.wait(120)
    assert (out / "film.dcm.json").exists(), score.log.read_text()
    assert score.seen().addresses == set()
    assert elsewhere(score.seen(), score.own(out)) == []
    assert list((score.folder / "home").iterdir()) == []


def test_a_fleet_of_one_computer_connects_to_this_computer_alone() -> None:
    # Ray's sockets lie below the folder for temporary files, and their names may not be long.
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "films").mkdir()
        (place / "films" / "film.dcm").write_bytes(FILM())
        command = ("-m", "radiograde", "fleet", "score", str(place / "films"))
        with watched(place / "w", *command, "--out", str(place / "out")) as fleet:
            fleet.running.wait(240)
        assert (place / "out" / "scores.parquet").exists(), fleet.log.read_text()
        assert {address.rpartition(":")[0] for address in fleet.seen().addresses} <= {
            "127.0.0.1",
            "::ffff:127.0.0.1",
        }
        written = elsewhere(fleet.seen(), fleet.own(place / "out"))
        # Ray tells the system which of its processes is to go first when memory runs out.
        assert [name for name in written if not name.endswith("/oom_score_adj")] == []
        assert list((fleet.folder / "home").iterdir()) == []
        assert list((fleet.folder / "tmp").iterdir()) == []


def test_training_connects_to_nothing(tmp_path: Path) -> None:
    script, run = tmp_path / "tiny.py", tmp_path / "run"
    script.write_text(TRAIN)
    run.mkdir()
    with watched(tmp_path / "w", str(script), str(run), str(LINGER_S)) as train:
        train.running.wait(300)
    assert train.running.returncode == 0, train.log.read_text()[-3000:]
    assert train.seen().addresses == set()
    assert elsewhere(train.seen(), train.own(run)) == []
    assert list((train.folder / "home").iterdir()) == []
