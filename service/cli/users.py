"""``radiograde users``."""

from __future__ import annotations

import sys
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
    from radiograde.service.auth.user_repository import User

ROLES = ("reader", "engineer", "researcher", "manager", "administrator", "member")
PLACES = {"local": "here", "oidc": "at the provider", "proxy": "at the proxy"}

password_option = click.option(
    "--password-stdin", is_flag=True, help="Take the password from standard input, one line."
)


@click.group()
@data_dir_of_group
def users() -> None:
    """Say who may sign in on the page, and as what.

    As long as there is no user and no API key, whoever sits at this computer needs no sign-in.

    \b
    Roles:
      reader         sends films, reads results, reviews them
      engineer       sends films, reads results, runs jobs and exports
      researcher     sends films, reads results
      manager        manages users, keys and sessions; sees no film
      administrator  everything
      member         what `radiograde projects` opens, and nothing else

    \b
    Example:
      radiograde users add kim --role administrator
      radiograde users list
    """


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do.")
@password_option
@data_dir_option
def add(name: str, role: Any, password_stdin: bool, **chosen: Any) -> None:
    """Add a user; asks for the password twice.

    \b
    Example:
      radiograde users add kim --role reader
    """
    from radiograde.service.auth.access import open_access
    from radiograde.service.auth.credentials import Passwords
    from radiograde.service.auth.principal import check_name

    with plain_errors():
        settings = installation_of(chosen)
        password = _password(check_name(name), from_stdin=password_stdin)
        with open_access(settings) as access:
            access.users.add(name, role, Passwords().hash(password))
            has_administrator = access.users.has_administrator()
    click.echo(f"{name} may sign in as {role}.")
    if not has_administrator:
        click.echo("There is no administrator yet: `radiograde users add` with that role.")


@users.command("list")
@data_dir_option
def show(**chosen: Any) -> None:
    """Show who may sign in."""
    from radiograde.service.auth.access import open_access

    found: list[User] = []
    with (
        plain_errors(),
        suppress(NoDatabaseError),
        open_access(installation_of(chosen), create=False) as access,
    ):
        found = access.users.all()
    if not found:
        click.echo("There is no user. `radiograde users add NAME --role ROLE` makes one.")
        return
    table = plain_table("User", "Role", "Signs in", "Since")
    for user in found:
        table.add_row(Text(user.name), user.role, PLACES[user.source], f"{user.created:%Y-%m-%d}")
    stdout().print(table)


@users.command()
@click.argument("name")
@password_option
@data_dir_option
def password(name: str, password_stdin: bool, **chosen: Any) -> None:
    """Set a new password; the user is signed out everywhere."""
    from radiograde.service.auth.access import open_access
    from radiograde.service.auth.credentials import Passwords

    with plain_errors():
        settings = installation_of(chosen)
        new = _password(name, from_stdin=password_stdin)
        with open_access(settings, create=False) as access:
            access.users.change_password(name, Passwords().hash(new))
    click.echo(f"{name} has a new password, and is signed out everywhere.")


@users.command()
@click.argument("name")
@click.option("--to", "role", type=click.Choice(ROLES), required=True, help="The new role.")
@data_dir_option
def role(name: str, role: Any, **chosen: Any) -> None:
    """Give a user another role, from now on."""
    from radiograde.service.auth.access import open_access

    with plain_errors(), open_access(installation_of(chosen), create=False) as access:
        access.users.change_role(name, role)
    click.echo(f"{name} is {role} now.")


@users.command()
@click.argument("name")
@data_dir_option
def remove(name: str, **chosen: Any) -> None:
    """Remove a user, who is signed out everywhere.

    Reviews keep the name.
    """
    from radiograde.service.auth.access import open_access

    with plain_errors(), open_access(installation_of(chosen), create=False) as access:
        access.users.remove(name)
        is_guarded = access.is_guarded()
    click.echo(f"{name} is removed, and signed out everywhere.")
    if not is_guarded:
        click.echo("Nobody is left: at this computer everyone may do everything again.")


def _password(name: str, *, from_stdin: bool) -> str:
    """Return a password that may be used. Raises AccountError."""
    from radiograde.service.auth.credentials import check_password

    if from_stdin:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = click.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    check_password(name, typed)
    return typed
