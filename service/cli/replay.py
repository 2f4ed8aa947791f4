"""``radiograde replay``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    device_option,
    installation_of,
    model_option,
    plain_errors,
    site_option,
)

if TYPE_CHECKING:
    from radiograde.service.films.trace_repository import TraceRepository
    from radiograde.service.grading.comparison import Change, Comparison
    from radiograde.service.grading.replayer import Replay

DIFFERS = 1
"""Exit code where a digit differs."""

GONE = 3
"""Exit code where none differs, and films are no longer kept."""

_MOST_DIGITS = 12


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="All results from this moment on, by this computer's clock.",
)
@click.option("--threads", type=click.IntRange(1), help="CPU threads a film; all cores by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a result, one a line.")
@data_dir_option
@site_option
@model_option
@device_option
@click.pass_context
def replay(
    context: click.Context,
    /,
    ids: tuple[str, ...],
    since: datetime | None,
    threads: int | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Grade kept films again, and say whether each result is the same to the digit.

    Where one is not, it says which digits moved and by how much, in which stage that began, and
    what has changed since: model, code, libraries, provider, threads, settings. Nothing that is
    kept is changed.

    Exit code 0: all the same. 1: some differ. 3: none differs, some films are no longer kept.

    \b
    Example:
      radiograde replay 01JD8Z3S9V2N4Q6T8W0Y1X3Z5B
      radiograde replay --since 2026-11-01 --json > replayed.jsonl
    """
    if bool(ids) == (since is not None):
        raise click.UsageError("Name the results, or give --since.")
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.records import open_records
    from radiograde.service.grading.replayer import Replayer
    from radiograde.service.logs import hush_decoders

    hush_decoders()
    outcomes: Counter[str] = Counter()
    with plain_errors():
        settings = installation_of(chosen, quiet=as_json)
        with closing(open_records(settings, create=False)) as records:
            scorer = load_scorer(settings, threads)
            wanted = ids if since is None else _since(records.traces, since)
            for one in Replayer.of(records, scorer, settings).replay_all(wanted):
                outcomes[one.outcome] += 1
                click.echo(json.dumps(one.to_json()) if as_json else in_words(one))
    if not as_json:
        click.echo(
            f"{outcomes['same']} the same to the digit, {outcomes['differs']} differ, "
            f"{outcomes['gone']} no longer kept."
        )
    context.exit(DIFFERS if outcomes["differs"] else GONE if outcomes["gone"] else 0)


def _since(traces: TraceRepository, since: datetime) -> Iterator[str]:
    after = ""
    while found := traces.graded_since(since.astimezone(), after):
        yield from found
        after = found[-1]


def in_words(replay: Replay) -> str:
    """Return what became of a replay as lines of text."""
    comparison = replay.comparison
    if comparison is None:
        return f"{replay.id}: the film is no longer kept"
    if comparison.is_same:
        return "\n".join([f"{replay.id}: the same to the digit", *_beside(comparison)])
    lines = [f"{replay.id}: differs", *map(_line, comparison.digits[:_MOST_DIGITS])]
    if (more := len(comparison.digits) - _MOST_DIGITS) > 0:
        lines.append(f"  and {more} more")
    if not comparison.traced:
        return "\n".join([*lines, "  No trace was kept: an earlier version graded it."])
    lines.append(f"  It began in: {comparison.stage}")
    suspects = [part for part in comparison.parts if part.name in comparison.suspects]
    lines += [f"  Changed part: {_line(part).strip()}" for part in suspects]
    if not suspects:
        lines.append("  Nothing that is recorded and acts there has changed.")
    return "\n".join(lines)


def _beside(comparison: Comparison) -> list[str]:
    """Return what changed without moving a digit."""
    lines = [f"  Changed without effect: {_line(part).strip()}" for part in comparison.parts]
    if comparison.stage is not None:
        lines.append(
            f"  Below the reported digits something moved, beginning in: {comparison.stage}"
        )
    return lines


def _line(change: Change) -> str:
    by = "" if change.by is None else f" ({change.by:+g})"
    return f"  {change.name}: {_short(change.before)} -> {_short(change.now)}{by}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
