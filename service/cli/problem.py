"""``radiograde problem``."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_of_site_file,
    data_dir_option,
    device_option,
    installation_of,
    model_option,
    plain_errors,
    settings_of,
    site_option,
)
from radiograde.service.cli.replay import DIFFERS, in_words

UNUSABLE = 3
"""Exit code where a file was changed, or is none of a problem."""


class ProblemGroup(click.Group):
    """Takes what is none of its commands for the id of a result."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name; ``report`` for what is none, and no option."""
        found = super().get_command(ctx, cmd_name)
        is_id = found is None and not cmd_name.startswith("-")
        return self.commands["report"] if is_id else found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with; an id stays an argument."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, rest if args[0] in self.commands else args


@click.group(cls=ProblemGroup)
def problem() -> None:
    """Report a problem with a result: a sealed file that names nobody, and replays elsewhere.

    \b
    Example:
      radiograde problem 01JD8Z3S9V2N4Q6T8W0Y1X3Z5B --out problem.zip
      radiograde problem open problem.zip
      radiograde problem register > problems.csv
    """


@problem.command()
@click.argument("id")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write."
)
@click.option(
    "--log",
    "log_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The service's log: the lines of this film's requests go along.",
)
@click.option("--description", default="", help="What is wrong; it stays in the register.")
@data_dir_option
@site_option
@model_option
@device_option
def report(id: str, out: Path, log_file: Path | None, description: str, **chosen: Any) -> None:
    """Write the file of a problem with a result, and enter it into the register.

    The film's header is written anew without a patient, and what looks like text in its pixels is
    painted over. Look at the film in the file before you send it.
    """
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.records import open_records
    from radiograde.service.logs import hush_decoders
    from radiograde.service.problems.register import ProblemRegister
    from radiograde.service.problems.reporter import ProblemReporter

    hush_decoders()
    with plain_errors():
        settings = installation_of(chosen)
        lines = log_file.read_text("utf-8", "replace").splitlines() if log_file else []
        with closing(open_records(settings, create=False)) as records:
            reporter = ProblemReporter(records, load_scorer(settings), settings)
            made = reporter.make(id, lines)
            out.write_bytes(made.content)
            register = ProblemRegister(records.database, records.archive)
            entry = register.add(id, "command line", description, made)
    click.echo(f"{out}: problem {entry.id}, {100 * made.painted:.1f} % of the film painted over.")
    click.echo(f"Seal: {made.seal}")
    click.echo("Look at the film in it before you send it.")


@problem.command("open")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--threads", type=click.IntRange(1), help="CPU threads; all cores by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_of_site_file
@model_option
@device_option
@click.pass_context
def open_file(
    context: click.Context,
    /,
    file: Path,
    threads: int | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Open the file of a problem, and grade its film again.

    Exit code 0: the same to the digit. 1: it differs here. 3: the file was changed, or is none.
    """
    from radiograde.service.errors import BundleError
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.replayer import Replay
    from radiograde.service.logs import hush_decoders
    from radiograde.service.problems.reporter import replay_bundle
    from radiograde.service.problems.sealed_file import opened

    hush_decoders()
    with plain_errors():
        settings = settings_of(chosen)
        try:
            bundle, seal = opened(file.read_bytes())
            comparison = replay_bundle(bundle, load_scorer(settings, threads), settings.limits)
        except BundleError as error:
            click.echo(f"Error: {error.message}", err=True)
            context.exit(UNUSABLE)
    replayed = Replay(bundle.facts["result_id"], comparison)
    if as_json:
        click.echo(json.dumps({"seal": seal, **bundle.facts, **replayed.to_json()}))
    else:
        click.echo(f"Seal: {seal}")
        click.echo(f"Made {bundle.facts['made']} by Radiograde {bundle.facts['radiograde']}")
        click.echo(in_words(replayed))
    context.exit(0 if comparison.is_same else DIFFERS)


@problem.command()
@data_dir_option
def register(**chosen: Any) -> None:
    """Write the register of problems to stdout, as CSV."""
    from radiograde.service.grading.records import open_records
    from radiograde.service.problems.register import ProblemRegister, as_csv

    with plain_errors():
        settings = installation_of(chosen)
        with closing(open_records(settings, create=False)) as records:
            entries = ProblemRegister(records.database, records.archive).all()
            click.echo(as_csv(entries), nl=False)
