"""``radiograde data import``."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path

import click

from radiograde.data.errors import CollectionError
from radiograde.data.importing.collection import Row, import_collection
from radiograde.data.importing.mapping import read_mapping
from radiograde.data.importing.public_collections import COLLECTIONS
from radiograde.data.terminal import counted

OWN = "own"
KEY_BYTES = 32
NAMES = "\n".join(f"      {name:<12} {one.title}" for name, one in COLLECTIONS.items())
HELP = f"""Bring a collection of films into the manifest's format.

    SOURCE is the folder of a collection as it was published:

    \b
{NAMES}
      {OWN:<12} a hospital's own table, with --map

    Films stay where they are; OUT gets manifest.csv and, with --copy, copies of the films under
    numbers. Patients become pseudonyms. Where nothing keeps the collection's ids secret, as with
    your own patients, they are made with a key: a new one for each import, or the one in --key.

    \b
    Example:
      radiograde data import ralo downloads/RALO --out ralo/
      radiograde data import {OWN} films/ --map mapping.toml --out ours/
      radiograde data check --part ralo/
"""


@click.command("import", help=HELP)
@click.argument("name", type=click.Choice([*COLLECTIONS, OWN]), metavar="NAME")
@click.argument("source", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the manifest; it must not hold one yet.",
)
@click.option(
    "--map",
    "mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="TOML or YAML that says what your columns mean.",
)
@click.option("--copy", is_flag=True, help="Copy films and masks below DIR, named by number.")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Key of the pseudonyms, made if it is not there: the same patients get the same ones.",
)
def import_command(
    name: str, source: Path, out: Path, mapping: Path | None, copy: bool, key: Path | None
) -> None:
    """See ``HELP``."""
    if (name == OWN) != (mapping is not None):
        raise click.UsageError(f"--map goes with {OWN}, and {OWN} needs it.")
    try:
        collection = read_mapping(mapping).collection() if mapping else COLLECTIONS[name]
        secret = _key(key) if key or mapping else None
        done = import_collection(collection, source, out, key=secret, copy=copy, watch=_watched)
    except CollectionError as error:
        raise click.ClickException(f"{_title(name, mapping)}: {error.message}") from error
    except OSError as error:
        what = error.filename or out
        raise click.ClickException(f"{what} cannot be written: {error.strerror}") from error
    click.echo(f"{done.manifest}: {done.films} films of {done.patients} patients")
    if done.missing:
        click.echo(f"Warning: {done.missing} more films are listed, but not in {source}.")
    click.echo(f"Try: radiograde data check --part {out}")


def _title(name: str, mapping: Path | None) -> str:
    return str(mapping) if mapping else COLLECTIONS[name].title


def _key(path: Path | None) -> bytes:
    """Return the key in the file, which is made if need be; a passing one without a file."""
    if path is None:
        return secrets.token_bytes(KEY_BYTES)
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(KEY_BYTES) + "\n", encoding="ascii")
    except FileExistsError:
        pass
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise CollectionError("The key's file holds no key. Name a new file.") from error


def _watched(rows: Iterable[Row]) -> Iterable[Row]:
    return counted(rows, "Importing")
