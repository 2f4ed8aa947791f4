from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from radiograde.service.auth.credentials import Passwords, check_password
from radiograde.service.errors import AccountError
from tests.service.accounts import PASSWORD, QUICK


@pytest.mark.parametrize("bad", ["", "eleven char", " " * 12, "a" * 1025])
def test_a_password_that_is_too_weak_or_too_long_is_refused(bad: str) -> None:
    with pytest.raises(AccountError):
        check_password("kim", bad)


@pytest.mark.parametrize("bad", ["Anna.Karenina", "anna.karenina", " anna.karenina "])
def test_the_name_is_no_password(bad: str) -> None:
    with pytest.raises(AccountError, match="name"):
        check_password("anna.karenina", bad)


@pytest.mark.parametrize(
    "good", ["twelve chars", PASSWORD, "비밀번호는열두글자이상이다", "a" * 1024]
)
def test_twelve_characters_of_any_kind_will_do(good: str) -> None:
    check_password("kim", good)


def test_only_the_password_matches() -> None:
    passwords = Passwords(QUICK)
    kept = passwords.hash(PASSWORD)
    assert PASSWORD not in kept
    assert kept != passwords.hash(PASSWORD), "the same salt twice"
    assert passwords.matches(kept, PASSWORD)
    assert not passwords.matches(kept, PASSWORD + " ")
    assert not passwords.matches("no hash at all", PASSWORD)


def test_keyboards_that_compose_differently_type_the_same_password() -> None:
    passwords = Passwords(QUICK)
    assert passwords.matches(passwords.hash("cafe\u0301 au lait 1"), "caf\u00e9 au lait 1")


def test_nobody_has_a_password_but_takes_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []
    original = PasswordHasher.verify

    def verify(hasher: PasswordHasher, kept: str, password: str) -> bool:
        verified.append(kept)
        return original(hasher, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    passwords = Passwords(QUICK)
    assert not passwords.matches(None, PASSWORD)
    assert len(verified) == 1
    assert verified[0].startswith("$argon2id$")


def test_parameters_that_grew_are_seen() -> None:
    kept = Passwords(QUICK).hash(PASSWORD)
    assert not Passwords(QUICK).is_outdated(kept)
    assert Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)).is_outdated(kept)


def test_the_parameters_in_use_are_those_that_rfc_9106_recommends() -> None:
    kept = Passwords().hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
