"""``radiograde readers``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import (
    DAY,
    data_dir_of_group,
    data_dir_option,
    opened_records,
    user_of_computer,
)
from radiograde.service.cli.terminal import plain_table, stdout

if TYPE_CHECKING:
    from radiograde.service.grading.records import Records
    from radiograde.service.labelling.reader_agreement import PairAgreement

_BETWEEN = {"readers": "two readers", "same_reader": "the same reader twice", "model": "the model"}


@click.group()
@data_dir_of_group
def readers() -> None:
    """Have several readers grade the same films, blinded, and see how they agree.

    A reader is shown neither the model's scores nor what others say, gets the films in an order of
    their own, and some of them twice. Scores of these films are kept from the reader until the set
    is read to the end. Every reader's zones are kept.

    \b
    Example:
      radiograde readers give "Spring 2026" --since 2026-03-01 --count 20 --repeats 4 \\
        --reader kim --reader lee --reader sato
      radiograde readers list
      radiograde readers agreement 01J
      radiograde readers export 01J --out read/
    """


@readers.command()
@click.argument("name")
@click.option("--reader", "names", multiple=True, required=True, help="A user; again for another.")
@click.option("--film", "film_ids", multiple=True, help="Id of a scored film; again for another.")
@click.option("--since", type=DAY, help="Instead: films drawn from those of this day on.")
@click.option("--until", type=DAY, help="Last day of them; today by default.")
@click.option(
    "--count", type=click.IntRange(1), default=20, show_default=True, help="Films to draw."
)
@click.option(
    "--repeats",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Films that come twice, at most half of them.",
)
@data_dir_option
def give(
    name: str,
    names: tuple[str, ...],
    film_ids: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    count: int,
    repeats: int,
    **chosen: Any,
) -> None:
    """Give films to readers as a set called NAME."""
    if bool(film_ids) == (since is not None):
        raise click.UsageError("Name the films with --film, or draw them with --since.")
    with opened_records(chosen, quiet=True) as (_, records):
        from radiograde.service.labelling.reading_films import drawn_films, scored_films

        films = (
            scored_films(records, film_ids)
            if since is None
            else drawn_films(records, since.date(), until and until.date(), count)
        )
        if not films:
            raise click.ClickException("No scored film that is still kept is of these days.")
        if repeats > len(films) // 2:
            raise click.UsageError("At most half of the films can come twice.")
        sets = _sets(records)
        id = sets.give_out(name, user_of_computer(), films, list(dict.fromkeys(names)), repeats)
    click.echo(f"{id}: {len(films)} films for {', '.join(names)}, {repeats} of them twice.")


@readers.command("list")
@data_dir_option
def show(**chosen: Any) -> None:
    """Show the sets, and how far their readers are."""
    table = plain_table("Set", "Name", "Reader", "Read", "Films")
    with opened_records(chosen, quiet=True) as (_, records):
        found = _sets(records).progress()
    for one in found:
        table.add_row(one.set_id, one.name, one.reader, str(one.read), str(one.films))
    if found:
        stdout().print(table)
    else:
        click.echo("No set was given out. `radiograde readers give` does.")


@readers.command()
@click.argument("id")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="New or empty folder, or an earlier export of the set.",
)
@data_dir_option
def export(id: str, out: Path, **chosen: Any) -> None:
    """Write a set as labelled films: every reader's zones in columns of their own.

    manifest.csv is what `radiograde accept` and `evaluate` take; readings.csv has every reading
    with its reader, those of films that came again too.
    """
    with opened_records(chosen, quiet=True) as (settings, records):
        from radiograde.service.labelling.reading_export import ReadingExport

        sets = _sets(records)
        slots = sets.slots(sets.find(id).id)
        written = list(ReadingExport(records, slots, settings.limits).write(out))
    gone = written.count(False)
    click.echo(f"{out}: {written.count(True)} films exported, {gone} no longer kept.")


@readers.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_option
def agreement(id: str, as_json: bool, **chosen: Any) -> None:
    """Say how a set's readers agree: with each other, with themselves, and with the model.

    Zones: Cohen's kappa with quadratic weights. Global score: ICC(2,1), and the difference with
    its 95 % limits of agreement. Each on the films that both found gradable.
    """
    with opened_records(chosen, quiet=True) as (_, records):
        from radiograde.service.labelling.reader_agreement import agreements, readers_together
        from radiograde.service.labelling.reading_films import model_zones

        sets = _sets(records)
        slots = [slot for slot in sets.slots(sets.find(id).id) if slot.read is not None]
        model = model_zones(records, {slot.film_id for slot in slots})
        found, together = agreements(slots, model), readers_together(slots)
    if as_json:
        pairs = [one.to_json() for one in found]
        click.echo(json.dumps({"icc_of_all_readers": together, "pairs": pairs}))
        return
    table = plain_table("Between", "A", "B", "Films", "Kappa", "ICC", "B - A", "95 % limits")
    for one in found:
        table.add_row(*_row(one))
    stdout().print(table)
    if together is not None:
        click.echo(f"All readers together: ICC {together:.3f}.")


def _row(one: PairAgreement) -> tuple[str, ...]:
    limits = one.limits
    return (
        _BETWEEN[one.between],
        one.a,
        one.b,
        str(one.films),
        "–" if one.kappa is None else f"{one.kappa:.3f}",
        "–" if one.icc is None else f"{one.icc:.3f}",
        "–" if limits is None else f"{limits.bias:+.2f}",
        "–" if limits is None else f"{limits.low:+.2f} to {limits.high:+.2f}",
    )


def _sets(records: Records) -> Any:
    from radiograde.service.reviews.reading_set_repository import ReadingSetRepository

    return ReadingSetRepository(records.database)
