"""``radiograde advisories``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    installation_of,
    model_option,
    plain_errors,
)

APPLIES = 1
"""Exit code where a known fault applies here."""


@click.command()
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--keep", is_flag=True, help="Let `radiograde check` go by this list from now on.")
@click.option(
    "--sign",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For who makes releases: sign a plain list with this PEM key, to stdout.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_option
@model_option
@click.pass_context
def advisories(
    context: click.Context,
    /,
    file: Path | None,
    keep: bool,
    key_file: Path | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Show which known faults apply to this version, model and libraries.

    FILE is a signed list; without one, the list shipped with this version, or a later one that
    was kept. Nothing is asked over the network. Exit code 0: none applies. 1: some do.

    \b
    Example:
      radiograde advisories advisories-2026-12.json --keep
    """
    from radiograde.service.problems import known_faults

    if (keep or key_file) and file is None:
        raise click.UsageError("Name the file.")
    with plain_errors():
        if key_file is not None and file is not None:
            click.echo(_signed(file, key_file), nl=False)
            return
        settings = installation_of(chosen, quiet=as_json)
        content = None if file is None else file.read_bytes()
        if content is None:
            found = known_faults.in_force(settings.data_dir)
        else:
            found = known_faults.read(content)
            if keep:
                known_faults.keep(content, settings.data_dir)
        here = known_faults.applying(found, settings.model_path)
    if as_json:
        document = {
            "issued": found.issued,
            "listed": len(found.advisories),
            "applying": [one.model_dump() for one in here],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        for one in here:
            click.echo(f"{one.id}, {one.severity}: {one.title}\n  {one.what}\n  {one.remedy}")
        listed = len(found.advisories)
        click.echo(f"List of {found.issued}: {listed} known faults, {len(here)} apply here.")
    context.exit(APPLIES if here else 0)


def _signed(file: Path, key_file: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from radiograde.service.problems.known_faults import signed

    key = load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise click.UsageError(f"{key_file} is no Ed25519 key.")
    return signed(file.read_text("utf-8"), key)
