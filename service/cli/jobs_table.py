"""Jobs as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from radiograde.service.cli.terminal import stdout
from radiograde.service.delivery.delivery_repository import Delivery
from radiograde.service.grading.jobs import Job, JobState

_STYLES = {
    "graded": "green",
    "delivered": "green",
    "waiting": "yellow",
    "failed": "bold red",
    "parked": "bold red",
    "set_aside": "dim",
}


def write_jobs(jobs: Sequence[Job], counts: Mapping[JobState, int]) -> None:
    """Write the jobs to stdout, newest first, below them how many there are in each state."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold")
    for heading in ("Job", "Received", "Door", "State", "Deliveries"):
        table.add_column(heading, overflow="fold")
    for job in jobs:
        table.add_row(
            job.id,
            f"{job.received:%Y-%m-%d %H:%M:%S}",
            job.source,
            _state(job.state, job.reason),
            Text("\n").join(_delivery(delivery) for delivery in job.deliveries),
        )
    console = stdout()
    console.print(table)
    told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items())
    console.print(f"{told}. `radiograde jobs retry ID` tries again.", style="dim")


def _state(state: str, reason: str | None) -> Text:
    text = Text(state.replace("_", " "), _STYLES[state])
    return text.append(f"\n{reason}", "dim") if reason else text


def _delivery(delivery: Delivery) -> Text:
    text = Text(f"{delivery.destination}: ").append(delivery.state, _STYLES[delivery.state])
    if delivery.message and delivery.state != "delivered":
        text.append(f" after {delivery.attempts} attempts\n{delivery.message}", "dim")
    return text
