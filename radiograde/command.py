"""The ``radiograde`` command: each subcommand is imported only when it is asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

import click

from radiograde import __version__
from radiograde.service.cli.data_dir import check_used, data_dir

COMMANDS: dict[str, str] = {
    "serve": "radiograde.service.cli.serve:serve",
    "listen": "radiograde.service.cli.listen:listen",
    "score": "radiograde.service.cli.score:score",
    "fleet": "radiograde.service.cli.fleet:fleet",
    "route": "radiograde.service.cli.route:route",
    "jobs": "radiograde.service.cli.jobs:jobs",
    "replay": "radiograde.service.cli.replay:replay",
    "problem": "radiograde.service.cli.problem:problem",
    "advisories": "radiograde.service.cli.advisories:advisories",
    "dossier": "radiograde.service.cli.dossier:dossier",
    "check": "radiograde.service.cli.check:check",
    "work": "radiograde.service.cli.work:work",
    "backup": "radiograde.service.cli.backup_commands:backup",
    "restore": "radiograde.service.cli.backup_commands:restore",
    "doctor": "radiograde.service.cli.doctor:doctor",
    "films": "radiograde.service.cli.films:films",
    "migrate": "radiograde.service.cli.migrate:migrate",
    "reconcile": "radiograde.service.cli.reconcile:reconcile",
    "regrade": "radiograde.service.cli.regrade:regrade",
    "erase": "radiograde.service.cli.erase:erase",
    "withdraw": "radiograde.service.cli.withdraw:withdraw",
    "readers": "radiograde.service.cli.readers:readers",
    "concordance": "radiograde.service.cli.concordance:concordance",
    "constancy": "radiograde.service.cli.constancy:constancy",
    "models": "radiograde.service.cli.models:models",
    "monitor": "radiograde.service.cli.monitor:monitor",
    "users": "radiograde.service.cli.users:users",
    "projects": "radiograde.service.cli.projects:projects",
    "sessions": "radiograde.service.cli.sessions:sessions",
    "keys": "radiograde.service.cli.keys:keys",
    "audit": "radiograde.service.cli.audit_commands:audit",
    "mercure": "radiograde.service.cli.mercure:mercure",
    "info": "radiograde.service.cli.info:info",
    "train": "radiograde.training.cli:train",
    "evaluate": "radiograde.training.evaluate_cli:evaluate",
    "export": "radiograde.training.cli:export",
    "accept": "radiograde.training.accept_cli:accept",
    "compare": "radiograde.training.compare_cli:compare",
    "adapt": "radiograde.training.adapt_cli:adapt",
    "reference": "radiograde.training.reference_cli:reference",
    "runs": "radiograde.training.runs_cli:runs",
    "data": "radiograde.data.cli:data",
}


MORE: dict[str, dict[str, str]] = {
    "data": {
        "reviews": "radiograde.service.cli.reviews:reviews",
        "readings": "radiograde.service.cli.readings:readings",
        "masks": "radiograde.training.model_masks:masks",
    },
    "models": {
        "shadow": "radiograde.service.cli.models_shadow:shadow",
        "compare": "radiograde.service.cli.models_shadow:compare",
    },
}
"""Commands of a group that live in other files, or that its own package may not import."""


class LazyGroup(click.Group):
    """A click group with commands that live elsewhere, as ``module:attribute``."""

    def __init__(self, *args: Any, lazy: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in the order of a user's work, not of the alphabet."""
        return [*super().list_commands(ctx), *self._lazy]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with the whole first sentence of its help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [
            (name, command.get_short_help_str(limit=sys.maxsize))
            for name, command in commands
            if command is not None
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with, its name, and the rest of them."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            check_used(ctx, command)
        return name, command, rest

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None for a name that does not exist."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        command = _load(self._lazy[cmd_name])
        more = MORE.get(cmd_name)
        return command if more is None else _joined(command, more)


def _load(place: str) -> click.Command:
    module, attribute = place.split(":")
    command = getattr(importlib.import_module(module), attribute)
    if not isinstance(command, click.Command):
        raise TypeError(f"{place} is not a click command")
    return command


def _joined(group: click.Command, more: Mapping[str, str]) -> click.Group:
    """Return a group with its own commands and more."""
    if not isinstance(group, click.Group):
        raise TypeError(f"{group.name} is not a click group")
    return LazyGroup(group.name, help=group.help, commands=group.commands, lazy=more)


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="radiograde")
@data_dir(expose_value=False)
def main() -> None:
    """Grade how much of the lungs pneumonia involves on a frontal chest radiograph.

    Research use only. Grades visible involvement; not a diagnosis.
    """
