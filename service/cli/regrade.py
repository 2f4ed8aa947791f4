"""``radiograde regrade``."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import (
    DAY,
    SHOWN,
    data_dir_option,
    opened_records,
    site_option,
)
from radiograde.service.cli.terminal import plain_table, stdout

if TYPE_CHECKING:
    from radiograde.service.config.settings import Settings
    from radiograde.service.grading.records import Records


@click.command()
@click.option("--since", type=DAY, help="First day of the films: of acquisition, else of arrival.")
@click.option("--until", type=DAY, help="Last day of them; today by default.")
@click.option(
    "--model", "digest", help="Of this site, by its first letters; the one that grades by default."
)
@click.option(
    "--deliver", is_flag=True, help="Have the new result replace the film's own, and go out."
)
@click.option("--dry-run", is_flag=True, help="Only count the films.")
@data_dir_option
@site_option
def regrade(
    since: datetime | None,
    until: datetime | None,
    digest: str | None,
    deliver: bool,
    dry_run: bool,
    **chosen: Any,
) -> None:
    """Grade old films by the model of today; without --since: say how far that is.

    The new result is kept beside the film's own, and a patient's course over time is drawn by it.
    With --deliver it takes the film's own place, which stays beside it, and is delivered; what
    readers reviewed or withdrew is left as it is. The worker of serve, listen or work does it while
    no new film waits, and goes on after a restart. What was graded so is not graded twice.

    \b
    Example:
      radiograde regrade --since 2026-01-01 --dry-run
      radiograde regrade --since 2026-01-01
      radiograde regrade
    """
    if since is None and (until or digest or deliver or dry_run):
        raise click.UsageError("Give --since too.")
    with opened_records(chosen) as (settings, records):
        if since is None:
            _show(records)
            return
        model = _model(settings, records, digest, deliver=deliver)
        first, last = since.date(), date.today() if until is None else until.date()
        wanted = records.regradings.wanted(model, first, last, deliver=deliver)
        if not dry_run:
            records.regradings.ask(wanted.film_ids, model, deliver=deliver)
    click.echo(
        f"{len(wanted.film_ids)} films to be graded by {model[:SHOWN]}; {wanted.known} have a "
        f"result of it, {wanted.waiting} wait already, {wanted.gone} are no longer kept."
    )


def _show(records: Records) -> None:
    table = plain_table("Model", "State", "Films")
    progress = records.regradings.progress()
    for one in progress:
        table.add_row(one.model[:SHOWN], one.state, str(one.films))
    if progress:
        stdout().print(table)
    else:
        click.echo("No film was graded again.")


def _model(settings: Settings, records: Records, digest: str | None, *, deliver: bool) -> str:
    """Return the sha256 of the model that is to grade."""
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.site_models import model_release

    release = model_release(settings, records.database)
    production = release.models.production()
    of_today = load_scorer(settings).facts.sha256 if production is None else production.sha256
    chosen = of_today if digest is None else release.find(digest).sha256
    if deliver and chosen != of_today:
        raise click.UsageError("Only results of the model that grades here are delivered.")
    return chosen
