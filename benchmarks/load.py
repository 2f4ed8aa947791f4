"""A running installation under load, by HTTP, STOW-RS and C-STORE, until it refuses.

Of each way first its capacity, each film sent after the answer to the one before; then films that
arrive at random times (Poisson) at half of it, at nine tenths, and as in a morning: half of it, a
burst of twice as much as it can take, half of it again. By HTTP a film is answered once it is
graded, by the other ways once it is kept; no worker runs. Sender and service share the cores.

Each way takes five times as long as a step, and at most WAIT_S after each for what still waits.

    python -m benchmarks.load
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.arrivals import Arrival, Send, arrive, capacity, poisson, recovered_after_s, summary
from benchmarks.intake import radiograde, resident_mb
from benchmarks.modality import Modality
from benchmarks.senders import Films, Web
from benchmarks.stopwatch import RESULTS
from radiograde.model.cores import available_cores

CONNECTIONS = 4
HTTP, STOW, STORE = "POST /v1/score", "STOW-RS", "C-STORE"


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="Of each step.")
@click.option("--way", "chosen", multiple=True, type=click.Choice([HTTP, STOW, STORE]))
def main(seconds: float, chosen: tuple[str, ...]) -> None:
    """Measure the ways, all three by default, and write benchmarks/results/load.json."""
    load_before = os.getloadavg()[0]
    click.echo("Drawing a film.", err=True)
    films = Films()
    with ExitStack() as stack:
        click.echo("Starting a node and a service.", err=True)
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        node, dicom = stack.enter_context(radiograde(data, "listen"))
        server, http = stack.enter_context(radiograde(data, "serve"))
        modality = stack.enter_context(closing(Modality(dicom)))
        web = stack.enter_context(closing(Web(http)))
        ways: Mapping[str, tuple[int, Send]] = {
            HTTP: (server, lambda _: web.score(films.next())),
            STOW: (server, lambda _: web.stow(films.next())),
            STORE: (node, lambda _: modality.store(*films.next_data_set())),
        }
        measured_ways = {
            name: Way(name, *ways[name], seconds).measured() for name in chosen or ways
        }
    document = {
        "benchmark": "load",
        "film_bytes": len(films.file),
        "seconds_a_step": seconds,
        "ways": measured_ways,
        "cores": available_cores(),
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
    }
    result = RESULTS / "load.json"
    result.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(document, indent=2)}\n\n{result}")


@dataclass(frozen=True, slots=True)
class Way:
    """A way by which films come to the process ``pid``, and how long each step lasts."""

    name: str
    pid: int
    send: Send
    seconds: float

    def measured(self) -> dict[str, Any]:
        """Return what the way takes and how it bears it, with the memory of its process in MB."""
        self.send(0)
        before = resident_mb(self.pid)
        self._say(f"capacity, {CONNECTIONS} connections, {self.seconds:g} s")
        most = max(capacity(self.send, CONNECTIONS, self.seconds), 0.2)
        steady = {
            f"at {share:.0%}": summary(self._arrivals([(share * most, self.seconds)]))
            for share in (0.5, 0.9)
        }
        half = self.seconds / 2
        calm = (0.5 * most, half)
        burst = self._arrivals([calm, (2 * most, half), calm, calm])
        back = {"back_after_s": recovered_after_s(burst, half, self.seconds)}
        return {
            "capacity_per_s": round(most, 2),
            **steady,
            "burst": summary(burst) | back,
            "memory_mb": {
                "before": before,
                "after": resident_mb(self.pid),
                "highest": resident_mb(self.pid, "VmHWM"),
            },
        }

    def _arrivals(self, rates: list[tuple[float, float]]) -> list[Arrival]:
        spans = ", then ".join(f"{rate:.1f} films a second for {span:g} s" for rate, span in rates)
        self._say(spans)
        return arrive(poisson(rates), self.send)

    def _say(self, step: str) -> None:
        click.echo(f"{self.name}: {step}.", err=True)


if __name__ == "__main__":
    main()
