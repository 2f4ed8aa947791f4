"""``radiograde reconcile`` beside a real Orthanc: what got lost is made good in one pass.

Some films of Orthanc never came to Radiograde, and some results are deleted there. One pass, and
the worker after it, make all of it good; the next pass finds nothing.

    python -m benchmarks.pacs_reconciliation
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from benchmarks.stopwatch import RESULTS
from radiograde.service.config.site import DicomDestinationConfig
from tests.orthanc import Orthanc, free_port, running_orthanc
from tests.service.pacs.archives import film_of_day, store

DAY = "20261101"
SITE = """
[[destination]]
name = "pacs"
type = "dicom"
aet = "{aet}"
host = "127.0.0.1"
port = {port}
retrieve = "{retrieve}"
"""
RADIOGRADE = (sys.executable, "-m", "radiograde")
DOCUMENTS = 3
"""Sent of each film: report, segmentation, image."""


@click.command()
@click.option("--films", default=200, show_default=True)
@click.option("--never-sent", default=20, show_default=True)
@click.option("--lost", default=5, show_default=True, help="Films whose results are deleted.")
@click.option("--retrieve", type=click.Choice(["move", "get"]), default="move", show_default=True)
def main(films: int, never_sent: int, lost: int, retrieve: str) -> None:
    """Run it once and write benchmarks/results/pacs_reconciliation.json."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        known = {"radiograde": ("RADIOGRADE", "127.0.0.1", port)}
        orthanc = stack.enter_context(running_orthanc(folder / "orthanc", modalities=known))
        data = folder / "data"
        data.mkdir()
        site = SITE.format(aet=orthanc.aet, port=orthanc.dicom_port, retrieve=retrieve)
        (data / "radiograde.toml").write_text(site)
        stack.enter_context(listening(data, port))
        lose(orthanc, port, films, never_sent, lost)
        there = len(orthanc.get("/instances"))
        first, first_s = reconcile(data)
        whole = films * (1 + DOCUMENTS)
        began = time.monotonic()
        wait(lambda: len(orthanc.get("/instances")) == whole)
        worker_s = time.monotonic() - began
        second, second_s = reconcile(data)
        time.sleep(3)
        document = {
            "benchmark": "pacs_reconciliation",
            "films": films,
            "never_sent": never_sent,
            "results_deleted": lost,
            "retrieve": retrieve,
            "instances": {"before": there, "after": len(orthanc.get("/instances")), "whole": whole},
            "first_pass": first | {"seconds": round(first_s, 2)},
            "worker_seconds": round(worker_s, 2),
            "second_pass": second | {"seconds": round(second_s, 2)},
            "python": platform.python_version(),
            "machine": platform.machine(),
            "load": round(os.getloadavg()[0], 2),
        }
    path = RESULTS / "pacs_reconciliation.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(document, indent=2)}\n{path}")


def lose(orthanc: Orthanc, port: int, films: int, never_sent: int, lost: int) -> None:
    """Put films into Orthanc and most of them into Radiograde; then delete results of some."""
    drawn = [film_of_day(DAY, 5000 + number) for number in range(films)]
    for film in drawn:
        orthanc.post("/instances", film)
    node = DicomDestinationConfig(
        type="dicom", name="radiograde", aet="RADIOGRADE", host="127.0.0.1", port=port
    )
    store(node, *drawn[never_sent:])
    wait(lambda: len(orthanc.get("/instances")) == films + (films - never_sent) * DOCUMENTS)
    studies = [one for one in orthanc.get("/studies") if len(series_of(orthanc, one)) > 1]
    for study in studies[:lost]:
        for series in series_of(orthanc, study):
            if orthanc.get(f"/series/{series}")["MainDicomTags"]["Modality"] != "DX":
                orthanc.delete(f"/series/{series}")


def series_of(orthanc: Orthanc, study: str) -> Sequence[str]:
    """Return the ids of a study's series."""
    found: Sequence[str] = orthanc.get(f"/studies/{study}")["Series"]
    return found


@contextmanager
def listening(data: Path, port: int) -> Iterator[None]:
    """Run the node and its worker."""
    log = (data / "listen.log").open("wb")
    process = subprocess.Popen(
        [*RADIOGRADE, "listen", "--port", str(port), "--data-dir", str(data)],
        stdout=log,
        stderr=log,
    )
    try:
        wait(lambda: b"worker_ready" in (data / "listen.log").read_bytes())
        yield
    finally:
        process.terminate()
        process.wait()
        log.close()


def reconcile(data: Path) -> tuple[dict[str, Any], float]:
    """Run one pass over the day; return its summary and how long it took, start included."""
    began = time.monotonic()
    day = f"{DAY[:4]}-{DAY[4:6]}-{DAY[6:]}"
    command = ["reconcile", "--since", day, "--until", day, "--pacs", "pacs", "--json"]
    done = subprocess.run(
        [*RADIOGRADE, *command, "--data-dir", str(data)],
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout)["pacs"], time.monotonic() - began


def wait(until: Callable[[], bool], seconds: float = 1800.0) -> None:
    """Wait until something is so; give up after half an hour."""
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise click.ClickException("It did not come to an end.")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
