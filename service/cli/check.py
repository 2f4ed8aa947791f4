"""``radiograde check``: tries the model, the records, the folders, destinations and channels."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from radiograde.service.cli.common import (
    data_dir_option,
    installation_of,
    model_option,
    plain_errors,
    site_option,
)
from radiograde.service.cli.installation_check import check_installation
from radiograde.service.cli.terminal import plain_table, stdout
from radiograde.service.config.notify import ChannelConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import DestinationConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.errors import SiteError

FAULTY = 1
"""Exit code when something does not work."""

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "bold red")}


@click.command()
@click.argument("names", nargs=-1, metavar="[DESTINATION_OR_CHANNEL]...")
@data_dir_option
@site_option
@model_option
@click.option("--config", is_flag=True, help="Try nothing: show the settings in force.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check(
    context: click.Context,
    /,
    names: tuple[str, ...],
    config: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Try whether everything works, with advice where it does not.

    The own DICOM node gets a C-ECHO. Destinations get a C-ECHO, a store request that stores
    nothing, a request for what they can do or a file that is removed again; a PACS that priors come
    from is asked for a study that nobody has: nothing of a patient. A worklist is searched.
    A mail server is asked whom it takes mail for, a webhook gets a signed request of the type
    radiograde.test. Each has a second and a half to answer. Exit code 1: something does not work.

    With --config: every setting, and whether it comes from an option, an environment variable, the
    site file or is the default. Secrets are masked.

    \b
    Example:
      radiograde check
      radiograde check pacs
      radiograde check --config
    """
    with plain_errors():
        settings = installation_of(chosen, quiet=as_json)
        if config:
            _show_settings(settings, chosen, as_json=as_json)
            return
        findings = _self_test(settings, names)
    if as_json:
        document = {name: [asdict(one) for one in found] for name, found in findings.items()}
        click.echo(json.dumps(document, indent=2))
    else:
        _write_findings(findings)
    failed = any(one.level == "fail" for found in findings.values() for one in found)
    context.exit(FAULTY if failed else 0)


def _show_settings(settings: Settings, chosen: dict[str, Any], *, as_json: bool) -> None:
    from radiograde.service.config.in_force import settings_in_force

    found = settings_in_force(**chosen)
    if as_json:
        document = {one.name: {"value": one.value, "source": one.source} for one in found}
        click.echo(json.dumps(document, indent=2))
        return
    table = plain_table("Setting", "Value", "From")
    for one in found:
        table.add_row(Text(one.name), Text(one.value), one.source)
    stdout().print(table)
    there = "" if settings.site_file.exists() else ", which is not there"
    click.echo(f"Site file: {settings.site_file}{there}. In the environment: RADIOGRADE_KEEP_DAYS,")
    click.echo("and for a key of [node] or [delivery] RADIOGRADE_NODE__PORT.")


def _self_test(settings: Settings, names: Sequence[str] = ()) -> Mapping[str, list[Finding]]:
    """Return what was found, by what was tried; ``names``: all where none is given.

    Raises:
        SiteError: the site file has nothing of a name, or a secret of it is not there.
    """
    from radiograde.service.administration.trials import TIMEOUT_S, hurried, trial_of
    from radiograde.service.pacs.open_pacs import open_pacs
    from radiograde.service.ups.ups_client import UpsClient

    known = _by_name(settings)
    if unknown := [name for name in names if name not in known]:
        raise SiteError(
            f"{settings.site_file} has no destination {', '.join(unknown)}. "
            f"It has {', '.join(known) or 'none'}."
        )
    attempts: dict[str, Callable[[], list[Finding]]] = {}
    if not names:
        attempts["this installation"] = partial(check_installation, settings, TIMEOUT_S)
    for name in names or known:
        attempts[name] = trial_of(known[name])
    fetched_from = [name for name in settings.priors.pacs if name in (names or known)]
    quick = tuple(map(hurried, settings.destination))
    for pacs in open_pacs(settings.model_copy(update={"destination": quick}), fetched_from):
        attempts[f"priors from {pacs.name}"] = pacs.check
    for worklist in () if names else settings.ups:
        attempts[f"worklist {worklist.name}"] = UpsClient(hurried(worklist)).check
    with ThreadPoolExecutor(len(attempts) or 1) as threads:
        tried = {name: threads.submit(attempt) for name, attempt in attempts.items()}
        return {name: one.result() for name, one in tried.items()}


def _by_name(settings: Settings) -> dict[str, DestinationConfig | ChannelConfig]:
    """Return what can be tried; a channel that is called as a destination has its type beside."""
    known: dict[str, DestinationConfig | ChannelConfig] = {
        one.name: one for one in settings.destination
    }
    for channel in settings.notify:
        known[f"{channel.name} ({channel.type})" if channel.name in known else channel.name] = (
            channel
        )
    return known


def _write_findings(findings: Mapping[str, Sequence[Finding]]) -> None:
    console = Console()
    for name, found in findings.items():
        console.print(Text(name, "bold"))
        for one in found:
            mark, style = _MARKS[one.level]
            console.print(Text(f"  {mark} ", style).append(one.what, "default"))
            if one.advice:
                console.print(Text(f"    {one.advice}", "dim"))
