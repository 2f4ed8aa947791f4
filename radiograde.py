"""The ``radiograde`` command: each subcommand is imported only when it is asked for."""

from __future__ import annotations

import importlib

import click

COMMANDS: dict[str, str] = {
    "serve": "service.commands.serve:serve",
    "listen": "service.commands.listen:listen",
    "score": "service.commands.score:score",
    "jobs": "service.commands.jobs:jobs",
    "check": "service.commands.check:check",
    "work": "service.commands.work:work",
    "mercure": "service.commands.mercure:mercure",
    "info": "service.commands.info:info",
    "train": "training.cli:train",
    "evaluate": "training.cli:evaluate",
    "export": "training.cli:export",
    "data": "data.cli:data",
}


class LazyGroup(click.Group):
    """A click group whose commands live in ``COMMANDS`` as ``module:attribute``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of a user's work, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None for a name that does not exist."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a click command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="radiograde")
def main() -> None:
    """Grade how much of the lungs pneumonia involves on a frontal chest radiograph.

    Research use only. Grades visible involvement; not a diagnosis.
    """


if __name__ == "__main__":
    main()
