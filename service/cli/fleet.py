"""``radiograde fleet``: an archive on as many computers as there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import (
    DAY,
    data_dir_of_site_file,
    keep_private,
    model_option,
    plain_errors,
    settings_of,
    site_option,
)
from radiograde.service.cli.score import UNGRADED
from radiograde.service.cli.terminal import progress_bar

if TYPE_CHECKING:
    from radiograde.service.fleet.archive_film import ArchiveFilm
    from radiograde.service.fleet.grading_plan import GradingPlan
    from radiograde.service.fleet.open_archive import Days


@click.group()
def fleet() -> None:
    """Grade an archive on a Ray cluster."""


@fleet.command()
@click.argument("source")
@click.option("--out", required=True, help="Folder or URL that gets the rows.")
@click.option("--workers", type=click.IntRange(1), help="As many as have room by default.")
@click.option("--cpus", type=click.IntRange(1), default=1, show_default=True, help="Of a worker.")
@click.option("--gpus", type=click.FloatRange(0.0), default=0.0, help="Of a worker, such as 0.5.")
@click.option("--since", type=DAY, help="Of a DICOMweb server: first day of the studies.")
@click.option("--until", type=DAY, help="Last day of them; today by default.")
@data_dir_of_site_file
@site_option
@model_option
@click.pass_context
def score(
    context: click.Context,
    /,
    source: str,
    out: str,
    workers: int | None,
    cpus: int,
    gpus: float,
    since: datetime | None,
    until: datetime | None,
    **chosen: Any,
) -> None:
    """Grade the films of an archive: a row a film in OUT/scores.parquet.

    SOURCE is a folder, a text file that names a film a line, a URL such as s3://bucket/films, or
    dicomweb:NAME, a destination of the site file. It can be stopped at any time and run again: it
    goes on where it was. The cluster is that of RAY_ADDRESS; without it, this computer.

    Exit code 0: all scored. 3: some rejected, unreadable or not to be had. 2: wrong usage.

    \b
    Example:
      radiograde fleet score archive/ --out scores
      radiograde fleet score s3://archive/films --out s3://archive/scores --workers 64
      radiograde fleet score dicomweb:pacs --since 2020-01-01 --until 2020-12-31 --out scores
    """
    if find_spec("ray") is None:
        raise click.UsageError("This needs Ray: pip install 'radiograde[fleet]'.")
    from radiograde.service.fleet.grading_plan import OUTCOMES, plan_of
    from radiograde.service.fleet.open_archive import open_archive
    from radiograde.service.fleet.score_parts import ScoreParts

    with plain_errors():
        settings = settings_of(chosen)
        keep_private()
        archive = open_archive(source, settings, _days(since, until))
        plan = plan_of(settings, archive, out, cpus, gpus)
        parts = ScoreParts(plan.out)
        parts.prepare()
        left, passed = archive.left(parts.marks())
        counts = _grade(plan, workers, left) if left else Counter[str]()
        outcomes = ", ".join(f"{counts[one]} {one}" for one in OUTCOMES)
        click.echo(f"{outcomes}; {passed} had a row. {parts.merge()} rows.", err=True)
    context.exit(0 if counts.total() == counts["scored"] else UNGRADED)


def _grade(plan: GradingPlan, workers: int | None, films: Sequence[ArchiveFilm]) -> Counter[str]:
    """Grade films on the cluster; return how many came to what.

    Raises:
        ConfigurationError: no cluster answers, or none of its computers has room for a worker.
        OSError: rows cannot be written.
    """
    from radiograde.service.fleet.fleet_run import FleetRun
    from radiograde.service.fleet.ray_cluster import ray_cluster

    counts: Counter[str] = Counter()
    with ray_cluster():
        run = FleetRun(plan, workers)
        films_graded = (status for chunk in run.grade(films) for status in chunk.elements())
        try:
            for status in progress_bar(films_graded, len(films), "Grading"):
                counts[status] += 1
        except KeyboardInterrupt:
            click.echo("Stopped. The same command goes on from here.", err=True)
            raise
    return counts


def _days(since: datetime | None, until: datetime | None) -> Days | None:
    if since is None and until is None:
        return None
    if since is None:
        raise click.UsageError("--until goes with --since.")
    last = date.today() if until is None else until.date()
    if last < since.date():
        raise click.UsageError("--until is before --since.")
    return since.date(), last
