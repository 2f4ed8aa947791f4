"""``radiograde concordance``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import SHOWN, data_dir_option, opened_records

if TYPE_CHECKING:
    from radiograde.service.concordance.concordance_repository import (
        Concordance,
        ConcordanceRepository,
        ModelAgreement,
    )

DROPPED = 3
"""Exit code where agreement has dropped."""


@click.command()
@click.option(
    "--reset", "model", help="Begin anew with a model, by its first letters, once it was seen to."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_option
def concordance(model: str | None, as_json: bool, **chosen: Any) -> None:
    """Say how often signed reports and the model agree that there are opacities.

    Reports come as HL7 ORU^R01 or FHIR DiagnosticReport. By the first 400 of a model it is learned
    what is usual, by those that follow better; most drops by 15 points are then noticed within 200
    reports.

    Exit code 0: as usual, or too early to tell. 3: agreement has dropped.

    \b
    Example:
      radiograde concordance
    """
    from radiograde.service.concordance.concordance_repository import ConcordanceRepository

    with opened_records(chosen, quiet=as_json) as (_, records):
        repository = ConcordanceRepository(records.database)
        if model is not None:
            _reset(repository, model)
        watches, summary = repository.watches(), repository.summary()
    _write(watches, summary, as_json=as_json)
    dropped = any(one.watch.has_dropped for one in watches)
    click.get_current_context().exit(DROPPED if dropped else 0)


def _reset(repository: ConcordanceRepository, digest: str) -> None:
    models = [one.model for one in repository.watches() if one.model.startswith(digest)]
    if not digest or len(models) != 1:
        raise click.UsageError(f"{len(models)} models with reports begin with {digest!r}.")
    repository.reset(models[0])


def _write(watches: list[ModelAgreement], summary: Concordance, *, as_json: bool) -> None:
    if as_json:
        models = [
            {
                "model": one.model,
                "reports": one.reports,
                "agreed": one.agreed,
                "usual": one.usual,
                "dropped": one.watch.has_dropped,
            }
            for one in watches
        ]
        counts = {name: getattr(summary, name) for name in ("counted", "unsure", "unscored")}
        click.echo(json.dumps({"models": models, **counts}))
        return
    for one in watches:
        usual = "not yet known" if one.usual is None else f"{one.usual:.0%}"
        state = ": AGREEMENT HAS DROPPED" if one.watch.has_dropped else ""
        click.echo(
            f"{one.model[:SHOWN]}: {one.agreed} of {one.reports} reports agree, usual is "
            f"{usual}{state}"
        )
    click.echo(
        f"{summary.counted} reports counted, {summary.unsure} say nothing for certain, "
        f"{summary.unscored} are of films without a score."
    )
