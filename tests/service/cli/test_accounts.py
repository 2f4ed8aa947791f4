from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.service.auth.access import open_access
from radiograde.service.auth.credentials import Passwords
from radiograde.service.auth.principal import Principal
from radiograde.service.config.settings import Settings
from tests.service.accounts import PASSWORD, QUICK


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radiograde.service.auth.credentials.PasswordHasher", lambda: QUICK)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, [*arguments, "--data-dir", str(data)], input=typed)


def add_user(data: Path, name: str, role: str) -> Result:
    return run(
        data, "users", "add", name, "--role", role, "--password-stdin", typed=f"{PASSWORD}\n"
    )


@pytest.mark.parametrize("line", ["users", "users add", "keys", "keys add"])
def test_help_teaches_with_an_example(line: str) -> None:
    shown = CliRunner().invoke(main, [*line.split(), "--help"])
    assert shown.exit_code == 0
    assert f"Example:\n    radiograde {line.split()[0]}" in shown.stdout


def test_the_password_is_asked_for_twice_and_not_shown(data: Path) -> None:
    shown = run(data, "users", "add", "kim", "--role", "reader", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert shown.exit_code == 0, shown.output
    assert PASSWORD not in shown.output
    assert "kim may sign in as reader." in shown.output
    assert "There is no administrator yet" in shown.output
    with open_access(Settings(data_dir=data)) as access:
        user = access.users.find("kim")
        assert user is not None
        assert Passwords(QUICK).matches(user.password, PASSWORD)


def test_two_passwords_that_differ_are_asked_for_again(data: Path) -> None:
    typed = f"{PASSWORD}\nsomething else\n{PASSWORD}\n{PASSWORD}\n"
    shown = run(data, "users", "add", "kim", "--role", "administrator", typed=typed)
    assert shown.exit_code == 0
    assert "do not match" in shown.output
    assert "no administrator" not in shown.output


@pytest.mark.parametrize(
    ("typed", "message"),
    [("short\n", "12 characters"), ("", "12 characters"), ("anna.karenina\n", "name")],
)
def test_a_password_that_will_not_do_is_refused(data: Path, typed: str, message: str) -> None:
    arguments = ("users", "add", "anna.karenina", "--role", "reader", "--password-stdin")
    shown = run(data, *arguments, typed=typed)
    assert shown.exit_code == 1
    assert message in shown.stderr
    assert "Traceback" not in shown.output
    with open_access(Settings(data_dir=data)) as access:
        assert not access.is_guarded()


def test_a_role_must_be_named_and_known(data: Path) -> None:
    assert run(data, "users", "add", "kim").exit_code == 2
    assert run(data, "users", "add", "kim", "--role", "sender").exit_code == 2
    assert run(data, "keys", "add", "orthanc", "--role", "administrator").exit_code == 2


def test_a_user_cannot_be_added_twice(data: Path) -> None:
    assert add_user(data, "kim", "reader").exit_code == 0
    again = add_user(data, "kim", "administrator")
    assert again.exit_code == 1
    assert "users password" in again.stderr


def test_users_are_listed(data: Path) -> None:
    assert "radiograde users add" in run(data, "users", "list").stdout
    add_user(data, "kim", "administrator")
    add_user(data, "[bold]lee", "reader")
    shown = run(data, "users", "list").stdout
    assert shown.index("[bold]lee") < shown.index("kim")
    assert "administrator" in shown
    assert "argon2" not in shown


def test_a_new_password_signs_out(data: Path) -> None:
    add_user(data, "kim", "reader")
    with open_access(Settings(data_dir=data)) as access:
        token, _ = access.sessions.open(Principal("kim", "reader"))
        typed = "another sentence\n"
        shown = run(data, "users", "password", "kim", "--password-stdin", typed=typed)
        assert shown.exit_code == 0
        assert access.sessions.find(token) is None
    unknown = run(data, "users", "password", "lee", "--password-stdin", typed=typed)
    assert unknown.exit_code == 1
    assert "users list" in unknown.stderr


def test_the_last_administrator_cannot_be_removed_before_the_others(data: Path) -> None:
    add_user(data, "kim", "administrator")
    add_user(data, "lee", "reader")
    refused = run(data, "users", "remove", "kim")
    assert refused.exit_code == 1
    assert "last administrator" in refused.stderr
    assert run(data, "users", "remove", "lee").exit_code == 0
    last = run(data, "users", "remove", "kim")
    assert last.exit_code == 0
    assert "Nobody is left" in last.stdout


def test_a_key_is_shown_once_and_alone_on_stdout(data: Path) -> None:
    shown = run(data, "keys", "add", "orthanc", "--role", "sender")
    assert shown.exit_code == 0
    key = shown.stdout.strip()
    assert shown.stdout == f"{key}\n"
    assert "users add" in shown.stderr
    with open_access(Settings(data_dir=data)) as access:
        assert access.keys.find(key) == Principal("orthanc", "sender")
    listed = run(data, "keys", "list").stdout
    assert "orthanc" in listed
    assert key[3:] not in listed
    assert run(data, "keys", "remove", "orthanc").exit_code == 0
    assert run(data, "keys", "remove", "orthanc").exit_code == 1
    assert "radiograde keys add" in run(data, "keys", "list").stdout


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shown = run(tmp_path / "file" / "data", "users", "list")
    assert shown.exit_code == 1
    assert "--data-dir" in shown.stderr
