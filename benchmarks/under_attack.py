"""Whether the service says that it is ready, and serves a sender, while it is attacked.

``/readyz`` is asked some ten times a second, each time over a new connection: first while nothing
else happens, then under slow connections on both ports, slow bodies and a flood of document
requests, with a sender among them. Attackers, sender and service share the machine's cores: uvicorn
with an app that does nothing is asked in turn, and shows what of the waiting is the machine's.

    python -m benchmarks.under_attack        (two minutes)
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import click
import numpy as np
from pydicom import uid

from benchmarks.attackers import (
    SLOW_BODIES,
    SLOW_CONNECTIONS,
    Sent,
    Target,
    apart,
    bare_server,
    drip,
    flood,
    request,
    send,
)
from benchmarks.film import dicom_films
from benchmarks.intake import radiograde
from benchmarks.stopwatch import RESULTS
from radiograde.service.auth.access import open_access
from radiograde.service.config.settings import Settings

EVERY_S = 0.1
SETTLE_S = 3.0
FILMS = 4
SERVICE, BARE = "Radiograde", "bare uvicorn"


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="Of each measurement.")
@click.option("--film", "path", type=click.Path(path_type=Path), help="DICOM file to send.")
def main(seconds: float, path: Path | None) -> None:
    """Measure idle and attacked, and write benchmarks/results/under_attack.json."""
    film = path.read_bytes() if path else dicom_films()(uid.generate_uid())
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        with open_access(Settings(data_dir=data)) as access:
            reader, sender = (access.keys.add(role, role) for role in ("reader", "sender"))
        _, dicom = stack.enter_context(radiograde(data, "listen"))
        _, http = stack.enter_context(radiograde(data, "serve"))
        target = Target(http, dicom, reader, sender, _graded(http, sender))
        ports = {SERVICE: http, BARE: stack.enter_context(bare_server())}
        idle = asked_ms(ports, seconds)
        with (
            apart(drip, target) as ended,
            apart(flood, target) as flooded,
            apart(send, target, film) as sent,
        ):
            time.sleep(SETTLE_S)
            attacked = asked_ms(ports, seconds)
    ways = sorted({one.way for one in sent})
    document = {
        "benchmark": "under_attack",
        "slow_connections_a_port": SLOW_CONNECTIONS,
        "slow_bodies": SLOW_BODIES,
        "slow_callers_ended": ended[0],
        "documents_by_status": flooded[0],
        "readyz_ms": {
            name: {"idle": summary(idle[name]), "attacked": summary(attacked[name])}
            for name in ports
        },
        "p99_attacked_over_idle": {
            name: round(summary(attacked[name])["p99"] / summary(idle[name])["p99"], 2)
            for name in ports
        },
        "films": {way: answered(sent, way) for way in ways},
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
    }
    result = RESULTS / "under_attack.json"
    result.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(document, indent=2)}\n\n{table(document['readyz_ms'])}\n{result}")


def _graded(port: int, key: str) -> tuple[str, ...]:
    """Have films graded and return their ids."""
    make, ids = dicom_films(), []
    for _ in range(FILMS):
        with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/dicom"}
            connection.request("POST", "/v1/score", make(uid.generate_uid()), headers)
            ids.append(json.loads(connection.getresponse().read())["id"])
    return tuple(ids)


def asked_ms(ports: Mapping[str, int], seconds: float) -> dict[str, list[float]]:
    """Return how long ``/readyz`` took of each, in turn; endless where it was not answered 200."""
    times: dict[str, list[float]] = {name: [] for name in ports}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, port in ports.items():
            began = time.perf_counter()
            try:
                status = request(port, "GET", "/readyz")
            except (OSError, HTTPException):
                status = 0
            took_ms = 1000 * (time.perf_counter() - began)
            times[name].append(took_ms if status == 200 else float("inf"))
        time.sleep(EVERY_S)
    return times


def table(answers: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return median and 99th percentile of each, a line a server."""
    lines = ["/readyz, ms       idle p50     p99   attacked p50     p99"]
    for name, phases in answers.items():
        idle, attacked = phases["idle"], phases["attacked"]
        lines.append(
            f"{name:14}{idle['p50']:12.1f}{idle['p99']:8.1f}"
            f"{attacked['p50']:15.1f}{attacked['p99']:8.1f}"
        )
    return "\n".join(lines)


def summary(times: list[float]) -> dict[str, float]:
    """Return how many there are, how many without an answer, median and 99th percentile."""
    answered = [one for one in times if np.isfinite(one)]
    p50, p99 = np.percentile(answered, (50, 99)) if answered else (float("nan"),) * 2
    return {
        "asked": len(times),
        "unanswered": len(times) - len(answered),
        "p50": round(float(p50), 1),
        "p99": round(float(p99), 1),
        "longest": round(max(answered, default=float("nan")), 1),
    }


def answered(sent: list[Sent], way: str) -> dict[str, Any]:
    """Return how many films went that way, how they were answered, and the longest wait."""
    of_way = [one for one in sent if one.way == way]
    return {
        "sent": len(of_way),
        "answers": dict(Counter(one.answer for one in of_way)),
        "longest_s": max(one.took_s for one in of_way),
    }


if __name__ == "__main__":
    main()
