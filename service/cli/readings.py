"""``radiograde data readings``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from radiograde.service.cli.common import DAY, data_dir_option, opened_records


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV file; one that is there is replaced.",
)
@click.option("--since", type=DAY, help="Only readings from this day on, in local time.")
@data_dir_option
def readings(out: Path, since: datetime | None, **chosen: Any) -> None:
    """Write what readers graded before they saw a score, beside the model's scores.

    A row a reading: film, patient's pseudonym, reader, time, six zones and their sum; then the
    model's zones, sum, interval and severity. Comments are as readers wrote them.

    \b
    Example:
      radiograde data readings --out readings.csv --since 2026-03-01
    """
    from radiograde.service.labelling.readings_table import write_readings

    with opened_records(chosen) as (_, records):
        count = write_readings(records, out, since.astimezone() if since else None)
    click.echo(f"{out}: {count} readings")
