from __future__ import annotations

import pytest

from radiograde.service.auth.access import Access
from radiograde.service.auth.known_devices import is_device_of, new_device
from radiograde.service.auth.user_repository import User


@pytest.fixture
def kim(access: Access) -> User:
    access.users.add("kim", "reader", "hash of kim")
    return user(access)


def user(access: Access, name: str = "kim") -> User:
    found = access.users.find(name)
    assert found is not None
    return found


def test_a_device_is_its_users(access: Access, kim: User) -> None:
    device = new_device(kim)
    assert is_device_of(kim, device)
    access.users.add("lee", "reader", "hash of lee")
    assert not is_device_of(user(access, "lee"), device)


def test_no_two_devices_are_alike(kim: User) -> None:
    assert len({new_device(kim) for _ in range(3)}) == 3


def test_a_device_is_unknown_once_the_password_changed(access: Access, kim: User) -> None:
    device = new_device(kim)
    access.users.change_password("kim", "hash of another")
    assert not is_device_of(user(access), device)


def test_a_device_is_unknown_to_the_next_user_of_the_name(access: Access, kim: User) -> None:
    device = new_device(kim)
    access.users.remove("kim")
    access.users.add("kim", "reader", "hash of a namesake")
    assert not is_device_of(user(access), device)


def test_nobody_makes_a_device_up(kim: User) -> None:
    nonce, _, signature = new_device(kim).partition(".")
    made_up = ["", ".", nonce, f"{nonce}.", f".{signature}", f"{nonce[:-1]}.{signature}"]
    made_up += [
        f"{nonce}.{signature[:-1]}",
        f"{nonce}.{signature}.",
        "é.é",
        "\udc80.\udc80",
        "x" * 5000,
    ]
    assert not any(is_device_of(kim, device) for device in made_up)


def test_a_device_tells_neither_name_nor_password(kim: User) -> None:
    assert "kim" not in new_device(kim)
