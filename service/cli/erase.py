"""``radiograde erase``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    opened_records,
    site_option,
    user_of_computer,
)

if TYPE_CHECKING:
    from radiograde.service.database.erasure_tables import ErasureScope


@click.command()
@click.option("--patient", "patient_id", help="A patient's ID, as films have it.")
@click.option("--issuer", default="", help="Who issued the ID; whoever did by default.")
@click.option("--label", help="Instead: the patient's label, or more of the pseudonym.")
@click.option("--film", "film_ids", multiple=True, help="Instead: films, by their ids.")
@click.option(
    "--keep-results",
    is_flag=True,
    help="Keep scores and reviewed zones, without all that says whose they are.",
)
@click.option("--go-on", is_flag=True, help="Finish erasures that were interrupted, no more.")
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="The certificate as one JSON object.")
@data_dir_option
@site_option
def erase(
    patient_id: str | None,
    issuer: str,
    label: str | None,
    film_ids: tuple[str, ...],
    keep_results: bool,
    go_on: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Erase a patient: films, maps, documents, results, reviews, queue, problems, orders.

    Whom merges made one with the patient is the patient. What is interrupted goes on with the
    worker, or with --go-on. The certificate on stdout names no patient; it lists what was
    delivered elsewhere, and which backups and exports were made.

    \b
    Example:
      radiograde erase --patient 4711 --dry-run
      radiograde erase --patient 4711 > certificate.txt
    """
    from radiograde.service.erasure.certificate import in_words
    from radiograde.service.erasure.eraser import Eraser

    ways = [patient_id is not None, label is not None, bool(film_ids), go_on]
    if sum(ways) != 1:
        raise click.UsageError("Give one of --patient, --label, --film and --go-on.")
    with opened_records(chosen) as (settings, records):
        eraser = Eraser(records, settings)
        if go_on:
            click.echo(f"{eraser.go_on()} erasures finished.", err=True)
            return
        if patient_id is not None:
            plan = eraser.finder.of_patient(patient_id, issuer)
        elif label is not None:
            plan = eraser.finder.of_label(label)
        else:
            plan = eraser.finder.of_films(film_ids)
        click.echo(f"{len(plan.film_ids)} films of {len(plan.patients)} pseudonyms.", err=True)
        if dry_run:
            return
        if not yes:
            click.confirm("Erase them for good?", abort=True, err=True)
        scope: ErasureScope = "keep_results" if keep_results else "all"
        certificate = eraser.finish(eraser.begin(plan, user_of_computer(), scope))
    click.echo(json.dumps(certificate, indent=2) if as_json else in_words(certificate))
