"""``radiograde withdraw``."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    installation_of,
    plain_errors,
    user_of_computer,
)


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--reason", required=True, help="Why, in words: whoever has the result is told.")
@click.option(
    "--code",
    type=click.Choice(["quality", "patient_safety", "worklist_entry", "expired"]),
    default="quality",
    show_default=True,
    help="Title of the DICOM rejection note.",
)
@data_dir_option
def withdraw(ids: tuple[str, ...], reason: str, code: Any, **chosen: Any) -> None:
    """Take results back, here and wherever they were sent.

    A DICOM archive gets a rejection note, a FHIR server has its resources entered in error. The
    result no longer counts in the course over time, and is no label for training. The film may be
    graded again: then the new result takes its place.

    \b
    Example:
      radiograde withdraw 01JARADMZ00000000000000000 --reason "Wrong patient" --code patient_safety
    """
    from radiograde.service.grading.records import open_records
    from radiograde.service.logs import configure_logging
    from radiograde.service.reviews.withdrawal import LONGEST_REASON, WithdrawalRequest

    if not 0 < len(reason) <= LONGEST_REASON:
        raise click.UsageError(f"Give a reason of at most {LONGEST_REASON} characters.")
    words = WithdrawalRequest(reason=reason, code=code).words()
    by = user_of_computer()
    with plain_errors():
        settings = installation_of(chosen)
        configure_logging(settings.log_level)
        with closing(open_records(settings, create=False)) as records:
            recorder = records.withdrawal_recorder()
            for id in ids:
                recorder.withdraw(id, by, words, code)
    click.echo(f"{len(ids)} withdrawn.")
