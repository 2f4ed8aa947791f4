"""Taking films in by C-STORE and STOW-RS, relative to DCMTK's storescp, which just keeps them.

The same films are sent with the same sender, over one association and over twenty. Radiograde
syncs every film to disk and records its work before it answers; storescp leaves both to chance.

python -m benchmarks.intake
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

import click
import numpy as np
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

from benchmarks.modality import associate
from benchmarks.stopwatch import interleave, spread, table, write_results
from tests.orthanc import free_port

BARE = "storescp, one association"
ASSOCIATIONS = 20
MANY_BARE = f"storescp, {ASSOCIATIONS} associations"
MANY = f"C-STORE, {ASSOCIATIONS} associations"
IDLE_S = 5.0
PATIENCE_S = 180.0
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = "1.2.826.0.1.3680043.10.1541.77"


@click.command()
@click.option("--films", default=100, show_default=True, help="Films a round, of each door.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--megabytes", default=2.0, show_default=True, help="Size of a film.")
def main(films: int, rounds: int, megabytes: float) -> None:
    """Time the doors side by side and write benchmarks/results/intake.json."""
    if shutil.which("storescp") is None:
        raise click.ClickException("storescp is not installed: apt-get install dcmtk.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sender = Sender(folder / "films", films, megabytes)
        bare = stack.enter_context(storescp(folder / "bare"))
        node, node_port = stack.enter_context(radiograde(folder / "data", "listen"))
        _, http_port = stack.enter_context(radiograde(folder / "data", "serve"))
        memory: dict[str, float] = {"before": resident_mb(node)}
        samples = interleave(
            {
                BARE: partial(sender.store, bare, 1),
                MANY_BARE: partial(sender.store, bare, ASSOCIATIONS),
                "C-STORE, one association": partial(sender.store, node_port, 1),
                MANY: partial(sender.store, node_port, ASSOCIATIONS),
                "STOW-RS, one connection": partial(sender.stow, http_port, 1),
                "STOW-RS, eight connections": partial(sender.stow, http_port, 8),
            },
            rounds,
            warm_up=1,
        )
        memory["after"] = resident_mb(node)
        memory["highest"] = resident_mb(node, "VmHWM")
        idle = {
            "no association": cores_taken(node),
            "64 associations": silent_associations(node, node_port),
        }
    rates = {
        name: {
            "films_per_s": round(films * 1000 / spread(values).median, 1),
            "mb_per_s": round(films * megabytes * 1000 / spread(values).median, 1),
        }
        for name, values in samples.items()
    }
    what = {
        "films": films,
        "megabytes": megabytes,
        "films_to_the_node": films * 2 * (rounds + 1),
        "refused": sender.refused,
        "node_memory_mb": memory,
        "node_idle_cores": idle,
        f"c_store_over_storescp_{ASSOCIATIONS}": asdict(
            spread(
                [bare / own for bare, own in zip(samples[MANY_BARE], samples[MANY], strict=True)]
            )
        ),
        "rates": rates,
    }
    path = write_results("intake", what, samples, BARE)
    click.echo(f"{table(samples, BARE)}\n\n{what}\n{path}")


class Sender:
    """Sends a round of films that were never sent before; counts what is refused."""

    def __init__(self, folder: Path, films: int, megabytes: float) -> None:
        self._folder = folder
        self._films = films
        self._round = 0
        self.refused = 0
        side = round((megabytes * 1e6 / 2) ** 0.5)
        self._content = film_of(side)

    def store(self, port: int, associations: int) -> None:
        """Send by C-STORE with DCMTK's storescu, an equal share over each association."""
        files = self._new_files()
        shares = [files[start::associations] for start in range(associations)]
        senders = [
            subprocess.Popen(
                ["storescu", "-aec", "RADIOGRADE", "-xs", "127.0.0.1", str(port), *map(str, share)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for share in shares
        ]
        self.refused += sum(sender.wait() != 0 for sender in senders)

    def stow(self, port: int, connections: int) -> None:
        """Send by STOW-RS, five films a request."""
        files = self._new_files()

        def send(share: Sequence[Path]) -> None:
            for start in range(0, len(share), 5):
                parts = [path.read_bytes() for path in share[start : start + 5]]
                self.refused += _stow(port, parts) != 200

        threads = [
            threading.Thread(target=send, args=(files[start::connections],))
            for start in range(connections)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _new_files(self) -> list[Path]:
        """Write the next round's films; the round before is no longer needed."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        self._round += 1
        paths = []
        for number in range(self._films):
            path = self._folder / f"{number}.dcm"
            path.write_bytes(self._content(f"{ROOT}.{self._round}.{number}"))
            paths.append(path)
        return paths


def film_of(side: int) -> Callable[[str], bytes]:
    """Return a function from a UID to a film of ``side`` x ``side`` that carries it."""
    from io import BytesIO

    pixels = np.random.default_rng(0).integers(0, 4096, (side, side), np.uint16).tobytes()

    def make(instance: str) -> bytes:
        ds = Dataset()
        ds.SOPClassUID = uid.ComputedRadiographyImageStorage
        ds.SOPInstanceUID = instance
        ds.StudyInstanceUID = ds.SeriesInstanceUID = ROOT
        ds.Modality, ds.PatientID, ds.PatientName = "CR", "1", "None"
        ds.Rows = ds.Columns = side
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.PixelData = pixels
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
        buffer = BytesIO()
        ds.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    return make


def _stow(port: int, parts: Sequence[bytes]) -> int:
    head = b"--x\r\nContent-Type: application/dicom\r\n\r\n"
    body = b"".join(head + part + b"\r\n" for part in parts) + b"--x--\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=x'
    request = Request(f"http://127.0.0.1:{port}/dicom-web/studies", body, {"Content-Type": kind})
    with urlopen(request, timeout=60) as answer:  # noqa: S310
        return int(answer.status)


@contextmanager
def radiograde(data: Path, command: str) -> Iterator[tuple[int, int]]:
    """Run a door without a worker; give its process id and port once films can come."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "radiograde", command,
            "--port", str(port), "--data-dir", str(data), "--no-worker",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if command == "serve":
            # Its port is open before the model is loaded.
            wait_for_answer(port, "/readyz")
        else:
            _wait_for(port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def storescp(folder: Path) -> Iterator[int]:
    """Run DCMTK's storescp, a process an association; give its port."""
    folder.mkdir()
    port = free_port()
    process = subprocess.Popen(
        ["storescp", "--fork", "-pm", "-od", str(folder), "-aet", "RADIOGRADE", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def resident_mb(pid: int, what: str = "VmRSS") -> float:
    """Return the memory of a process in MB, from /proc."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def processor_seconds(pid: int) -> float:
    """Return the processor's seconds that a process took so far, from /proc (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def silent_associations(pid: int, port: int) -> float:
    """Return the cores that a node takes while 64 callers from two addresses are silent."""
    with ExitStack() as stack:
        for number in range(64):
            stack.enter_context(associate(port, f"127.0.0.{1 + number % 2}"))
        return cores_taken(pid)


def cores_taken(pid: int) -> float:
    """Return the share of a core that a process takes for a few seconds, from /proc."""
    before = _cpu_s(pid)
    time.sleep(IDLE_S)
    return round((_cpu_s(pid) - before) / IDLE_S, 4)


def _cpu_s(pid: int) -> float:
    """Return the processor's seconds of a process's threads, to the ns (proc(5), schedstat)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in threads) / 1e9


def wait_for_answer(port: int, path: str) -> None:
    """Return once a service answers 200.

    Raises:
        click.ClickException: it does not in three minutes.
    """
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        with closing(connection), suppress(OSError, HTTPException):
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.01)
    raise click.ClickException("The service does not answer.")


def _wait_for(port: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise click.ClickException("A door did not open.")


if __name__ == "__main__":
    main()
