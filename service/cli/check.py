"""``radiograde check``: tries the model, the records, the folders and every destination."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from radiograde.model.errors import RadiogradeError
from radiograde.service.cli.common import (
    data_dir_option,
    model_option,
    plain_errors,
    settings_of,
    site_option,
)
from radiograde.service.config.settings import Settings
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.errors import SiteError

FAULTY = 1
"""Exit code when something does not work."""

LEAST_FREE_GIB = 5.0

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "bold red")}


@click.command()
@click.argument("names", nargs=-1, metavar="[DESTINATION]...")
@data_dir_option
@site_option
@model_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check(context: click.Context, /, names: tuple[str, ...], as_json: bool, **chosen: Any) -> None:
    """Try whether everything works, with advice where it does not.

    Destinations get a C-ECHO, a store request that stores nothing, a request for what they can do
    or a file that is removed again: nothing of a patient. Exit code 1: something does not work.

    \b
    Example:
      radiograde check
      radiograde check pacs
    """  # noqa: D301  click needs the character itself
    with plain_errors():
        findings = _self_test(settings_of(chosen), names)
    if as_json:
        document = {name: [asdict(one) for one in found] for name, found in findings.items()}
        click.echo(json.dumps(document, indent=2))
    else:
        _write_findings(findings)
    failed = any(one.level == "fail" for found in findings.values() for one in found)
    context.exit(FAULTY if failed else 0)


def _self_test(settings: Settings, names: Sequence[str] = ()) -> Mapping[str, list[Finding]]:
    """Return what was found, by what was tried; ``names``: destinations, all where none is given.

    Raises:
        SiteError: the site file has no destination of a name, or a secret of it is not there.
    """
    from radiograde.service.delivery.open_destination import open_destination

    known = {config.name: config for config in settings.destination}
    if unknown := [name for name in names if name not in known]:
        raise SiteError(
            f"{settings.site_file} has no destination {', '.join(unknown)}. "
            f"It has {', '.join(known) or 'none'}."
        )
    findings = {} if names else {"this installation": list(_here(settings))}
    for name in names or known:
        findings[name] = open_destination(known[name]).check()
    return findings


def _here(settings: Settings) -> Iterator[Finding]:
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.records import open_records

    yield _tried("The model can be used", lambda: load_scorer(settings))
    yield _tried("Results can be kept", lambda: open_records(settings).close())
    free = shutil.disk_usage(settings.data_dir).free / 2**30
    enough = free >= LEAST_FREE_GIB
    yield Finding(
        f"{free:.0f} GiB are free in {settings.data_dir}",
        "ok" if enough else "warn",
        "" if enough else "Make room, or keep films for fewer days (RADIOGRADE_KEEP_DAYS).",
    )
    if not settings.site_file.exists():
        yield Finding(
            f"There is no site file {settings.site_file}",
            "warn",
            "Results stay here until it names destinations: docs/reference/site.md.",
        )
    for folder in settings.watch:
        there = folder.path.is_dir()
        yield Finding(
            f"The watched folder {folder.path} {'is there' if there else 'is missing'}",
            "ok" if there else "fail",
            "" if there else "Make it, or take it out of the site file.",
        )


def _tried(what: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except RadiogradeError as error:
        return Finding(what.replace(" can ", " cannot "), "fail", error.message)
    return Finding(what, "ok")


def _write_findings(findings: Mapping[str, Sequence[Finding]]) -> None:
    console = Console()
    for name, found in findings.items():
        console.print(Text(name, "bold"))
        for one in found:
            mark, style = _MARKS[one.level]
            console.print(Text(f"  {mark} ", style).append(one.what, "default"))
            if one.advice:
                console.print(Text(f"    {one.advice}", "dim"))
