"""Results as a table for people."""

from __future__ import annotations

import os
from pathlib import Path

from rich.table import Table
from rich.text import Text

from radiograde.model.scoring.result import Scores, SeverityResult
from radiograde.model.scoring.scales import BRIXIA, EXTENT, LEFT_ZONES, OPACITY, RIGHT_ZONES, ZONE
from radiograde.service.cli.batch import Graded
from radiograde.service.cli.terminal import plain_table

_STYLES = {"none": "green", "mild": "yellow", "moderate": "dark_orange", "severe": "red"}


def results_table() -> Table:
    """Return an empty table that fits 80 columns; ``add_result`` fills it."""
    table = plain_table(leading=1)
    table.add_column("File", overflow="fold", ratio=1)
    table.add_column(f"Brixia\n0-{BRIXIA.high:g}", no_wrap=True)
    table.add_column(f"Zones\n0-{ZONE.high:g}", no_wrap=True)
    table.add_column(f"Extent\n0-{EXTENT.high:g}", no_wrap=True)
    table.add_column(f"Opacity\n0-{OPACITY.high:g}", no_wrap=True)
    table.add_column("Lung\n%", no_wrap=True)
    table.add_column("Outcome", no_wrap=True)
    return table


def add_result(table: Table, graded: Graded) -> None:
    """Add one film's row: its scores, or why there are none."""
    result = graded.result
    scores = result.scores
    outcome = result.severity if scores is not None and result.severity else result.status
    table.add_row(
        Text(_printable(graded.film.path)).append(
            "".join(f"\n{line}" for line in _remarks(result)), "dim"
        ),
        *(_score_cells(scores) if scores is not None else [""] * 5),
        Text(outcome, _STYLES.get(outcome, "bold red")),
    )


def _score_cells(scores: Scores) -> list[str | Text]:
    low, high = scores.brixia.interval
    return [
        Text(f"{scores.brixia.value:.1f}", "bold").append(f"\n{low:.1f}-{high:.1f}", "dim"),
        "\n".join(
            " ".join([side, *(f"{scores.zones[name].value:.1f}" for name in zones)])
            for side, zones in (("R", RIGHT_ZONES), ("L", LEFT_ZONES))
        ),
        f"{scores.geographic_extent.value:.1f}",
        f"{scores.opacity.value:.1f}",
        f"{scores.lung_involvement_percent.total:.0f}",
    ]


def _remarks(result: SeverityResult) -> list[str]:
    if result.error is not None:
        return [result.error.message]
    reasons = result.gate.reasons if result.gate is not None else ()
    return [reason.message for reason in reasons if reason.level != "info"]


def _printable(path: Path) -> str:
    """Return a path whose undecodable bytes are marked, as a terminal takes no surrogates."""
    return os.fsencode(path).decode("utf-8", "replace")
