"""``radiograde route``: where films would go by the rules of the site file, and why."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from radiograde.service.cli.common import (
    data_dir_option,
    device_option,
    model_option,
    plain_errors,
    settings_of,
    site_option,
)
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import FilmSource

if TYPE_CHECKING:  # what grades is heavy, and --help is to be quick
    from radiograde.service.delivery.routing import Decision
    from radiograde.service.grading.dry_run import DryRun, Rehearsal

NOWHERE = 3
"""Exit code when a film would go nowhere."""


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE...",
)
@click.option(
    "--source",
    type=click.Choice(get_args(FilmSource)),
    default="dicom",
    show_default=True,
    help="How the films are taken to have come.",
)
@click.option("--sender", help="Who is taken to have sent them: AE title, key, user, address.")
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@data_dir_option
@site_option
@model_option
@device_option
@click.pass_context
def route(
    context: click.Context,
    /,
    paths: tuple[Path, ...],
    source: FilmSource,
    sender: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Say where films would go, as which documents, by which rule; nothing is kept or sent.

    Tries the [[rules]] and destinations of the site file on films. Of a destination that would
    not get one, what keeps each rule from sending it there. A film is graded only where a rule
    asks for severity, status, model or change; a change is that since the patient's film before,
    of those that this installation has.

    Exit code 0: each film goes somewhere. 3: some go nowhere, or cannot be read. 2: wrong usage.

    \b
    Example:
      radiograde route film.dcm --sender XRAY1
      radiograde route film.dcm --source http --json
      radiograde route film.dcm --site draft.toml
    """
    from radiograde.service.logs import hush_decoders

    hush_decoders()
    all_go = True
    with plain_errors(), ExitStack() as stack:
        run = _dry_run(settings_of(chosen), source, sender, stack)
        for path in paths:
            found = run.of(path)
            all_go = all_go and found.goes_out
            click.echo(json.dumps(found.to_json()) if as_json else _in_words(found))
    context.exit(0 if all_go else NOWHERE)


def _dry_run(
    settings: Settings, source: FilmSource, sender: str | None, stack: ExitStack
) -> DryRun:
    from radiograde.service.database.engine import has_database
    from radiograde.service.delivery.film_facts import FilmFacts
    from radiograde.service.delivery.routing import RoutingRules
    from radiograde.service.grading.dry_run import OF_RESULT, DryRun
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.records import open_records

    routing = RoutingRules(settings.destination, settings.delivery.rejected, settings.rules)
    scorer = load_scorer(settings) if routing.asks_for(*OF_RESULT) else None
    records = None
    if routing.asks_for("change") and has_database(settings):
        records = stack.enter_context(closing(open_records(settings, create=False)))
    facts = FilmFacts({source}, "scored", sender=sender)
    return DryRun(routing, settings.limits, facts, scorer, records)


def _in_words(found: Rehearsal) -> str:
    lines = [f"{found.path}: {_of_film(found)}", *(_of_destination(one) for one in found.decisions)]
    if found.facts is not None and not found.decisions:
        lines.append("  nowhere: the site file names no destination")
    return "\n".join(lines)


def _of_film(found: Rehearsal) -> str:
    facts = found.facts
    if facts is None:
        return found.fault or ""
    if not found.graded:
        return "not graded, for no rule asks for it; so it goes if it is scored"
    change = "" if facts.change is None else f"; since the film before: {facts.change}"
    return f"{facts.status}" + (f", {facts.severity}" if facts.severity else "") + change


def _of_destination(one: Decision) -> str:
    why = "; ".join(one.why)
    if one.route is None:
        return f"  not to {one.destination.name}: {why}"
    urgency = "" if one.route.priority == "normal" else f", priority {one.route.priority}"
    hours = one.destination.quiet_hours
    waits = f", not in quiet hours {hours}" if hours and one.route.priority != "high" else ""
    return f"  to {one.route.name}: {', '.join(one.route.kinds)} ({why}{urgency}{waits})"
