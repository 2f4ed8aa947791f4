"""``radiograde keys``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from radiograde.service.cli.common import (
    data_dir_of_group,
    data_dir_option,
    installation_of,
    plain_errors,
)
from radiograde.service.cli.terminal import plain_table, stdout
from radiograde.service.errors import NoDatabaseError

if TYPE_CHECKING:
    from radiograde.service.auth.key_repository import Key

ROLES = ("sender", "reader", "engineer", "researcher")


@click.group()
@data_dir_of_group
def keys() -> None:
    """Give machines API keys.

    A key goes into `Authorization: Bearer KEY`, or is the password of Basic.

    \b
    Roles:
      sender    sends films, reads a result or job that it knows the id of
      reader    sends films, reads all results, reviews them
      engineer  sends films, reads all results, runs jobs and exports

    With --project a key has the role of reader, engineer or researcher in that project alone.

    A key holds for 90 days unless it is made for more.

    \b
    Example:
      radiograde keys add orthanc --role sender
      curl -H "Authorization: Bearer rg_..." -F file=@film.dcm http://127.0.0.1:8000/v1/score
    """


@keys.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the key may do.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it holds; 90 by default.")
@click.option("--never-expires", is_flag=True, help="Let it hold for ever.")
@click.option("--scope", multiple=True, help="What of the role it is for, such as `send`.")
@click.option("--project", help="In which project alone it has the role.")
@data_dir_option
def add(
    name: str,
    role: Any,
    days: int | None,
    never_expires: bool,
    scope: Any,
    project: str | None,
    **chosen: Any,
) -> None:
    """Make a key and show it, this once.

    The key alone goes to standard output.

    \b
    Example:
      radiograde keys add orthanc --role sender
    """
    from radiograde.service.auth.access import open_access
    from radiograde.service.auth.key_repository import DEFAULT_DAYS, KeyTerms
    from radiograde.service.projects.project_repository import ProjectRepository

    life = None if never_expires else days or DEFAULT_DAYS
    with plain_errors(), open_access(installation_of(chosen)) as access:
        id = project and ProjectRepository(access.database).called(project).id
        terms = KeyTerms(life, frozenset(scope) if scope else None, id)
        key = access.keys.add(name, role, terms)
        has_users = bool(access.users.all())
    click.echo(key)
    until = "for ever" if life is None else f"for {life} days"
    click.echo(f"{name} may come in as {role} {until}. The key is not shown again.", err=True)
    if not has_users:
        click.echo(
            "From now on the page asks for a sign-in: `radiograde users add` makes a user.",
            err=True,
        )


@keys.command("list")
@data_dir_option
def show(**chosen: Any) -> None:
    """Show all keys, until when they hold and when they were used."""
    from radiograde.service.auth.access import open_access
    from radiograde.service.projects.project_repository import ProjectRepository

    found: list[Key] = []
    names: dict[str, str] = {}
    with (
        plain_errors(),
        suppress(NoDatabaseError),
        open_access(installation_of(chosen), create=False) as access,
    ):
        found = access.keys.all()
        names = {one.id: one.name for one in ProjectRepository(access.database).all()}
    if not found:
        click.echo("There is no key. `radiograde keys add NAME --role ROLE` makes one.")
        return
    table = plain_table("Key", "Role", "Since", "Until", "Last used, UTC")
    for key in found:
        used = "never" if key.used is None else f"{key.used:%Y-%m-%d %H:%M}"
        until = "for ever" if key.expires is None else f"{key.expires:%Y-%m-%d}"
        allowed = key.role if key.scope is None else f"{key.role}: {', '.join(key.scope)}"
        if key.project is not None:
            allowed = f"{allowed} in {names[key.project]}"
        table.add_row(Text(key.name), allowed, f"{key.created:%Y-%m-%d}", until, used)
    stdout().print(table)


@keys.command()
@click.argument("name")
@data_dir_option
def remove(name: str, **chosen: Any) -> None:
    """Remove a key: from now on it opens nothing."""
    from radiograde.service.auth.access import open_access

    with plain_errors(), open_access(installation_of(chosen), create=False) as access:
        access.keys.remove(name)
        is_guarded = access.is_guarded()
    click.echo(f"{name} is removed.")
    if not is_guarded:
        click.echo("Nobody is left: at this computer everyone may do everything again.")
