"""Every command that works with what is kept has a decision, and says what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.service.cli.audited import AUDITED, NOT_AUDITED
from radiograde.service.config.settings import Settings
from tests.service.audit.trails import rows_of


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield " ".join((*path, name)), command
            yield from commands(command, *path, name)
        elif command is not None:
            yield " ".join((*path, name)), command


def test_every_command_has_a_decision() -> None:
    kept = {
        name
        for name, command in commands(main)
        if any(one.name == "data_dir" for one in command.params)
    }
    assert kept == AUDITED.keys() | NOT_AUDITED
    assert not AUDITED.keys() & NOT_AUDITED


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    run(tmp_path, "keys", "add", "router", "--role", "sender")
    return tmp_path


def run(data_dir: Path, *words: str) -> int:
    return CliRunner().invoke(main, [*words, "--data-dir", str(data_dir)]).exit_code


def told(data_dir: Path) -> list[tuple[str, str]]:
    return [(row.action, row.outcome) for row in rows_of(Settings(data_dir=data_dir))]


def test_what_failed_is_recorded_as_such(data_dir: Path) -> None:
    assert run(data_dir, "keys", "remove", "nobody") == 1
    assert told(data_dir) == [("key_add", "success"), ("key_remove", "failed")]


def test_the_event_names_what_it_was_about(data_dir: Path) -> None:
    (row,) = rows_of(Settings(data_dir=data_dir))
    assert row.detail == {"name": "router", "role": "sender"}
    assert row.actor_kind == "command"
    assert row.actor
    assert row.machine


def test_a_word_that_may_be_of_a_patient_is_not_recorded(data_dir: Path) -> None:
    film = "01JARADMZ00000000000000000"
    assert run(data_dir, "withdraw", film, "--reason", "Doe^Ann") == 1
    row = rows_of(Settings(data_dir=data_dir))[-1]
    assert (row.action, row.outcome, row.film_id) == ("result_withdraw", "failed", film)
    assert "Doe" not in str(row)


def test_a_trial_is_told_from_the_deed(data_dir: Path) -> None:
    erase = ("erase", "--film", "01JARADMZ00000000000000000")
    run(data_dir, *erase, "--dry-run")
    run(data_dir, *erase, "--yes")
    trial, deed = rows_of(Settings(data_dir=data_dir))[-2:]
    assert (trial.action, trial.detail) == ("patient_erase", {"dry_run": "True"})
    assert (deed.action, deed.detail) == ("patient_erase", {})


@pytest.mark.parametrize(
    ("look", "deed", "code", "recorded"),
    [
        (["regrade"], ["regrade", "--since", "2026-11-01"], 0, ("result_regrade", "success")),
        (["concordance"], ["concordance", "--reset", "ab"], 2, ("agreement_reset", "failed")),
        (
            ["constancy", "--last"],
            ["constancy", "--accept"],
            1,
            ("constancy_accept", "failed"),
        ),
    ],
)
def test_a_look_is_no_deed(
    data_dir: Path, look: list[str], deed: list[str], code: int, recorded: tuple[str, str]
) -> None:
    run(data_dir, *look)
    assert len(told(data_dir)) == 1
    assert run(data_dir, *deed) == code
    assert told(data_dir)[1:] == [recorded]


def test_who_only_looks_makes_nothing_where_nothing_is(tmp_path: Path) -> None:
    run(tmp_path / "empty", "users", "list")
    assert not (tmp_path / "empty").exists()


def test_a_broken_trail_is_found_and_said(data_dir: Path) -> None:
    assert run(data_dir, "audit", "verify") == 0
    (data_dir / "audit.head").write_text("99 " + "a" * 64)
    assert run(data_dir, "audit", "verify") == 1


def test_the_trail_is_written_as_csv(data_dir: Path) -> None:
    line = ["audit", "list", "--action", "key_add", "--data-dir", str(data_dir)]
    header, row = CliRunner().invoke(main, line).stdout.splitlines()
    assert header.startswith("seq,at,action")
    assert ",key_add,success," in row
