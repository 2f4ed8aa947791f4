"""``radiograde models shadow`` and ``radiograde models compare``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import SHOWN, data_dir_option, opened_records
from radiograde.service.cli.models import by_option, password_option, releasing
from radiograde.service.cli.terminal import plain_table, stdout

if TYPE_CHECKING:
    from radiograde.service.programme.shadow_figures import ShadowFigures


@click.command()
@click.argument("model")
@click.option(
    "--share",
    type=click.IntRange(0, 100),
    default=20,
    show_default=True,
    help="Percent of live films; 0 ends it.",
)
@by_option
@password_option
@data_dir_option
def shadow(model: str, share: int, by: str | None, password_stdin: bool, **chosen: Any) -> None:
    """Have a candidate MODEL grade live films beside production, unseen.

    The worker does so when nothing else wants the processor. No result, document or delivery
    comes of it: `radiograde models compare` shows how the two agree.
    """
    with releasing(chosen, by, password_stdin) as site:
        made = site.release.shadow(model, site.by, share / 100)
    what = f"grades {share} % of films in shadow" if share else "is a candidate"
    click.echo(f"{made.sha256[:SHOWN]} {what}.")


@click.command()
@click.argument("model", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_option
def compare(model: str | None, as_json: bool, **chosen: Any) -> None:
    """Show how the model in shadow, or MODEL, agrees with production on live films."""
    from radiograde.service.errors import ModelReleaseError
    from radiograde.service.grading.site_models import model_release
    from radiograde.service.programme.shadow_figures import shadow_figures

    with opened_records(chosen, quiet=as_json) as (settings, records):
        release = model_release(settings, records.database)
        wanted = release.find(model) if model else records.shadow.model()
        if wanted is None:
            raise ModelReleaseError("No model is in shadow: radiograde models shadow MODEL")
        figures = shadow_figures(records.shadow.pairs(wanted.sha256))
    if as_json:
        click.echo(json.dumps({"model": wanted.sha256, **figures.to_json()}, indent=2))
    else:
        click.echo(f"{wanted.sha256[:SHOWN]} {wanted.name} {wanted.version} beside production:")
        _write(figures)


def _write(figures: ShadowFigures) -> None:
    table = plain_table("Scale", "Films", "Mean difference", "Limits of agreement", "r")
    for one in figures.scales:
        r = "–" if one.r is None else f"{one.r:.3f}"
        limits = f"{one.low:+.2f} to {one.high:+.2f}"
        table.add_row(one.scale, str(one.films), f"{one.mean:+.2f}", limits, r)
    if figures.scales:
        stdout().print(table)
    same = "–" if figures.same_severity is None else f"{figures.same_severity:.0%}"
    click.echo(
        f"{figures.films} films, {figures.both_scored} scored by both, the same severity: {same}. "
        f"Left ungraded by this model alone: {figures.refused_here}, by production alone: "
        f"{figures.refused_there}."
    )
    if figures.production_ms is not None and figures.shadow_ms is not None:
        click.echo(
            f"A film takes production {figures.production_ms:.0f} ms, this model "
            f"{figures.shadow_ms:.0f} ms of one core (medians)."
        )
