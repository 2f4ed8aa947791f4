"""``radiograde models``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from rich.text import Text

from radiograde.service.cli.common import (
    SHOWN,
    data_dir_of_group,
    data_dir_option,
    installation_of,
    plain_errors,
    user_of_computer,
)
from radiograde.service.cli.terminal import plain_table, stdout
from radiograde.service.errors import NoDatabaseError

if TYPE_CHECKING:
    from radiograde.service.auth.access import Access
    from radiograde.service.programme.model_repository import ModelEvent
    from radiograde.service.programme.release import ModelRelease

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
by_option = click.option(
    "--by", help="Who does it. Where there are users: one of them, with a password."
)
password_option = click.option(
    "--password-stdin", is_flag=True, help="Take the password from standard input, one line."
)


class Releasing(NamedTuple):
    """The models of an installation, who acts, and whether two persons are asked for."""

    release: ModelRelease
    by: str
    has_users: bool


@click.group()
@data_dir_of_group
def models() -> None:
    """Say which model grades here: add one, file its tests, promote it, go back.

    A model is promoted after `radiograde accept` accepted it; where there are users, by somebody
    else than who filed that. Running services change over within a second, without a restart, and
    go back as quickly. As long as none is promoted, --model or the bundled model grades.

    \b
    Example:
      radiograde models add mine.onnx
      radiograde accept --model mine.onnx --data local/ --report acceptance/
      radiograde models record acceptance/acceptance.json
      radiograde models promote 5f2c91
      radiograde models rollback
    """


@models.command("list")
@data_dir_option
def show(**chosen: Any) -> None:
    """Show the models of this site, and what was done with each."""
    from radiograde.service.auth.access import open_access
    from radiograde.service.grading.site_models import model_release

    table = plain_table("Model", "Version", "State", "When", "By", "What", "Evidence")
    count = 0
    with plain_errors(), suppress(NoDatabaseError):
        settings = installation_of(chosen)
        with open_access(settings, create=False) as access:
            release = model_release(settings, access.database)
            for model in release.models.all():
                count += 1
                for number, event in enumerate(release.models.events(model.sha256)):
                    facts = (model.sha256[:SHOWN], model.version, model.state)
                    table.add_row(
                        *(Text("" if number else fact) for fact in facts),
                        f"{event.at:%Y-%m-%d %H:%M}",
                        Text(event.by),
                        _said(event),
                        (event.evidence or "")[:SHOWN],
                    )
    if count:
        stdout().print(table)
    else:
        click.echo("No model of this site. `radiograde models add FILE` adds one.")


@models.command()
@click.argument("file", type=_FILE)
@by_option
@password_option
@data_dir_option
def add(file: Path, by: str | None, password_stdin: bool, **chosen: Any) -> None:
    """Copy a model FILE into the data directory as a candidate, after a self-test."""
    with releasing(chosen, by, password_stdin, create=True) as site:
        model = site.release.add(file, site.by)
    click.echo(f"{model.sha256[:SHOWN]} {model.name} {model.version} is a candidate.")


@models.command()
@click.argument("file", type=_FILE)
@by_option
@password_option
@data_dir_option
def record(file: Path, by: str | None, password_stdin: bool, **chosen: Any) -> None:
    """File the record of a test: acceptance.json or comparison.json.

    It is kept in the data directory, and its sha256 stands beside the model.
    """
    with releasing(chosen, by, password_stdin) as site:
        evidence = site.release.record(file.read_bytes(), site.by)
    click.echo(f"{evidence.model[:SHOWN]} {evidence.action}: {evidence.outcome}.")


@models.command()
@click.argument("model")
@by_option
@password_option
@data_dir_option
def promote(model: str, by: str | None, password_stdin: bool, **chosen: Any) -> None:
    """Have a MODEL grade, by the first letters of its sha256.

    Its last acceptance must have passed, and it must pass its self-test.
    """
    with releasing(chosen, by, password_stdin) as site:
        made = site.release.promote(model, site.by, two_persons=site.has_users)
    click.echo(f"{made.sha256[:SHOWN]} {made.name} {made.version} is in production.")


@models.command()
@by_option
@password_option
@data_dir_option
def rollback(by: str | None, password_stdin: bool, **chosen: Any) -> None:
    """Go back to the model that graded before."""
    with releasing(chosen, by, password_stdin) as site:
        left, came = site.release.roll_back(site.by)
    again = "the model of the settings grades" if came is None else f"{came.sha256[:SHOWN]} grades"
    click.echo(f"{left.sha256[:SHOWN]} is retired; {again} again.")


@models.command()
@click.argument("model")
@by_option
@password_option
@data_dir_option
def retire(model: str, by: str | None, password_stdin: bool, **chosen: Any) -> None:
    """Take a MODEL out of use: no rollback goes back to it."""
    with releasing(chosen, by, password_stdin) as site:
        gone = site.release.retire(model, site.by)
    click.echo(f"{gone.sha256[:SHOWN]} is retired.")


def _said(event: ModelEvent) -> str:
    what = event.action.replace("_", " ")
    return f"{what}: {event.outcome}" if event.outcome else what


@contextmanager
def releasing(
    chosen: Any, by: str | None, from_stdin: bool, *, create: bool = False
) -> Iterator[Releasing]:
    """Give the models of an installation to somebody who may release them.

    ``by``, ``from_stdin``: who does it, and where a password comes from where there are users.

    Raises:
        click.ClickException: whatever goes wrong within the ``with`` block, as a line.
    """
    from radiograde.service.auth.access import open_access
    from radiograde.service.grading.site_models import model_release

    with plain_errors():
        settings = installation_of(chosen)
        with open_access(settings, create=create) as access:
            has_users = bool(access.users.all())
            name = signed_in(access, by, from_stdin) if has_users else by or user_of_computer()
            yield Releasing(model_release(settings, access.database), name, has_users)


def signed_in(access: Access, by: str | None, from_stdin: bool) -> str:
    """Return a user who may release models, and whose password was given.

    Raises:
        NotAllowedError: the user is a reader.
        SignInFailedError: name or password is wrong.
    """
    from radiograde.service.auth.credentials import Passwords
    from radiograde.service.errors import NotAllowedError, SignInFailedError

    name = by or click.prompt("User")
    typed = (
        sys.stdin.readline().rstrip("\r\n")
        if from_stdin
        else click.prompt(f"Password of {name}", hide_input=True)
    )
    user = access.users.find(name)
    if not Passwords().matches(user.password if user else None, typed) or user is None:
        raise SignInFailedError("Name or password is wrong. Type both again.")
    if user.role == "reader":
        raise NotAllowedError("Engineers and administrators release models.")
    return user.name
