"""Users and keys as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from radiograde.service.auth.key_repository import Key
from radiograde.service.auth.user_repository import User
from radiograde.service.cli.terminal import stdout


def write_users(users: Sequence[User]) -> None:
    """Write the users to stdout."""
    if not users:
        Console().print("There is no user. `radiograde users add NAME --role ROLE` makes one.")
        return
    _write(("User", "Role", "Since"), ((one.name, one.role, _day(one.created)) for one in users))


def write_keys(keys: Sequence[Key]) -> None:
    """Write the keys to stdout; never the keys themselves, which nobody knows any more."""
    if not keys:
        Console().print("There is no key. `radiograde keys add NAME --role ROLE` makes one.")
        return
    rows = ((one.name, one.role, _day(one.created), _minute(one.used)) for one in keys)
    _write(("Key", "Role", "Since", "Last used, UTC"), rows)


def _write(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stdout().print(table)


def _day(timestamp: datetime) -> str:
    return f"{timestamp:%Y-%m-%d}"


def _minute(timestamp: datetime | None) -> str:
    return "never" if timestamp is None else f"{timestamp:%Y-%m-%d %H:%M}"
