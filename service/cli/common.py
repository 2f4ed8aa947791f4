"""What the commands share: options, settings, and errors as one plain line."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from radiograde.model.errors import RadiogradeError
from radiograde.service import permissions
from radiograde.service.cli.audited import recorded
from radiograde.service.cli.data_dir import data_dir
from radiograde.service.config.settings import Device, LogLevel, Settings
from radiograde.service.errors import ConfigurationError

if TYPE_CHECKING:
    from radiograde.service.grading.records import Records

DAY = click.DateTime(["%Y-%m-%d"])
SHOWN = 12
"""Letters of a digest that are shown."""

model_option = click.option(
    "--model", "model_path", type=click.Path(path_type=Path), help="ONNX file of the model."
)
device_option = click.option(
    "--device", type=click.Choice(get_args(Device)), help="Where to run; auto by default."
)
data_dir_option = data_dir()
data_dir_of_group = data_dir(expose_value=False)
data_dir_of_site_file = data_dir(hidden=True)
"""For commands that keep nothing there, but go by its site file."""
site_option = click.option(
    "--site",
    type=click.Path(path_type=Path),
    help="TOML file with node, folders and destinations; radiograde.toml in the data directory.",
)
worker_option = click.option(
    "--worker/--no-worker",
    default=None,
    help="Start a worker too; without, run `radiograde work` yourself.",
)


def settings_of(chosen: dict[str, Any]) -> Settings:
    """Return the settings of site file and environment, with the options given on top.

    An option that is None was not given.

    Raises:
        click.UsageError: an option or environment variable does not fit.
        SiteError: the site file cannot be used.
    """
    from radiograde.service.config.load import load_settings

    try:
        return load_settings(**chosen)
    except ConfigurationError as error:
        raise click.UsageError(error.message) from error


def installation_of(chosen: dict[str, Any], *, quiet: bool = False) -> Settings:
    """Return the settings of a command that works with what an installation keeps.

    It says on stderr which data directory that is, unless it is to be ``quiet``. What the command
    writes from now on is for this user alone; what it did enters the audit trail at its end.

    Raises:
        click.UsageError, SiteError: as :func:`settings_of`.
    """
    settings = settings_of(chosen)
    keep_private()
    if not quiet:
        click.echo(f"Data directory: {settings.data_dir}", err=True)
    context = click.get_current_context()
    context.with_resource(recorded(context, settings, user_of_computer()))
    return settings


def keep_private() -> None:
    """Have this command write files for this user alone: they name patients."""
    click.get_current_context().call_on_close(permissions.keep_private())


@contextmanager
def opened_records(
    chosen: dict[str, Any], *, quiet: bool = False, log_level: LogLevel = "warning"
) -> Iterator[tuple[Settings, Records]]:
    """Give a command what an installation keeps, and its settings as :func:`installation_of`.

    Raises:
        click.ClickException: whatever goes wrong within the ``with`` block, as a line.
    """
    from radiograde.service.grading.records import open_records
    from radiograde.service.logs import configure_logging

    with plain_errors():
        settings = installation_of(chosen, quiet=quiet)
        configure_logging(log_level)
        with closing(open_records(settings, create=False)) as records:
            yield settings, records


def user_of_computer() -> str:
    """Return who runs the command; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an error of the family, or a place that cannot be written, into one plain line."""
    try:
        yield
    except RadiogradeError as error:
        raise click.ClickException(error.message) from error
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or 'A file'} cannot be written: {error.strerror}. "
            "Choose another folder."
        ) from error
