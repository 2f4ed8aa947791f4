"""``radiograde sessions``."""

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
    from radiograde.service.auth.session_repository import OpenSession


@click.group()
@data_dir_of_group
def sessions() -> None:
    """Show who is signed in, and sign people out.

    \b
    Example:
      radiograde sessions list
      radiograde sessions end --user kim
    """


@sessions.command("list")
@data_dir_option
def show(**chosen: Any) -> None:
    """Show who is signed in, since when and from where."""
    from radiograde.service.auth.access import open_access

    found: list[OpenSession] = []
    with (
        plain_errors(),
        suppress(NoDatabaseError),
        open_access(installation_of(chosen), create=False) as access,
    ):
        found = access.sessions.all()
    if not found:
        click.echo("Nobody is signed in.")
        return
    table = plain_table("Session", "User", "Since, UTC", "Last seen, UTC", "Address")
    for one in found:
        times = (f"{at:%Y-%m-%d %H:%M}" for at in (one.created, one.seen))
        table.add_row(one.id, Text(one.user), *times, Text(one.address or ""))
    stdout().print(table)


@sessions.command()
@click.argument("session", required=False)
@click.option("--user", help="End all sessions of this user.")
@data_dir_option
def end(session: str | None, user: str | None, **chosen: Any) -> None:
    """End a session, or all of a user's, at once."""
    from radiograde.service.auth.access import open_access

    if (session is None) == (user is None):
        raise click.UsageError("Name a session, or a user by --user.")
    with plain_errors(), open_access(installation_of(chosen), create=False) as access:
        ended = 1
        if user is not None:
            ended = access.sessions.end_of_user(user)
        elif session is not None:
            access.sessions.end(session)
    click.echo(f"{ended} ended.")
