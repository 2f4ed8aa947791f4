"""The page's texts: complete in every language, and every text that the code uses exists."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import get_args

import pytest

from radiograde.model import reasons
from radiograde.model.errors import RadiogradeError
from radiograde.service.database.tables import DeliveryState, WithdrawalCode
from radiograde.service.errors import (
    DeliveryError,
    NotDeliverableError,
    RefusedError,
    UncommittedError,
    UnknownDestinationError,
    UnreachableError,
)
from radiograde.service.films.score_change import Verdict
from radiograde.service.http.routes.page_routes import WEB

ENGLISH = json.loads((WEB / "words" / "en.json").read_text())
OTHERS = sorted(path.stem for path in (WEB / "words").glob("*.json") if path.stem != "en")
SOURCES = [*WEB.glob("*.js"), *(WEB / "components").glob("*.js")]


def texts(language: str) -> dict[str, str]:
    loaded: dict[str, str] = json.loads((WEB / "words" / f"{language}.json").read_text())
    return loaded


def reason_codes() -> set[str]:
    """Return every code that a reason of the input check can have."""
    return {reason.code for reason in reasons.ALL}


def error_codes() -> set[str]:
    """Return the codes with which reading a film can fail."""

    def below(kind: type[RadiogradeError]) -> Iterator[type[RadiogradeError]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    return {
        kind.code for kind in below(RadiogradeError) if kind.__module__ == "radiograde.model.errors"
    }


def literal_keys() -> set[str]:
    """Return the keys that the page's sources name in full."""
    text = "".join(path.read_text() for path in SOURCES)
    return set(re.findall(r'\bt\("([\w.]+)"', text))


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys(language: str) -> None:
    keys = {key for key in texts(language) if not key.startswith("message.")}
    assert keys == set(ENGLISH)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_the_placeholders(language: str) -> None:
    def values(text: str) -> Counter[str]:
        return Counter(re.findall(r"\{(\w+)\}", text))

    theirs = texts(language)
    assert [key for key in ENGLISH if values(ENGLISH[key]) != values(theirs[key])] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_about_a_film_is_translated(language: str) -> None:
    assert reason_codes() > {"lateral_view", "inverted", "blank", "not_chest", "mirrored"}
    unserved = {"model_file"}  # Keeps the service from starting, so no page shows it.
    codes = reason_codes() | error_codes() - unserved
    assert {f"message.{code}" for code in codes} <= set(texts(language))


@pytest.mark.parametrize("language", OTHERS)
def test_every_failure_of_a_delivery_is_translated(language: str) -> None:
    kinds = (
        DeliveryError,
        UnreachableError,
        RefusedError,
        UncommittedError,
        NotDeliverableError,
        UnknownDestinationError,
    )
    assert {f"message.{kind.code}" for kind in kinds} <= set(texts(language))


def test_every_text_that_the_code_uses_exists() -> None:
    assert literal_keys() > {"title", "notice", "panel.sure"}
    assert literal_keys() - set(ENGLISH) == set()


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("severity", ("none", "mild", "moderate", "severe")),
        ("status", ("waiting", "scored", "rejected", "failed", "withdrawn")),
        ("view", ("PA", "AP", "LATERAL", "OTHER", "UNKNOWN")),
        ("zone", tuple("ABCDEF")),
        ("time", get_args(Verdict)),
        ("delivery", get_args(DeliveryState)),
        ("withdrawal.code", get_args(WithdrawalCode)),
        ("review.verdict", ("accepted", "corrected", "not_gradable")),
        ("role", ("reader", "engineer", "administrator", "sender")),
    ],
)
def test_every_value_of_the_service_has_a_text(prefix: str, values: tuple[str, ...]) -> None:
    assert [value for value in values if f"{prefix}.{value}" not in ENGLISH] == []


def test_every_keyboard_shortcut_has_a_text() -> None:
    table = (WEB / "components" / "shortcuts.js").read_text().split("const ACTION_OF")[0]
    actions = set(re.findall(r"(\w+): \[", table))
    shared = {action for action in actions if action.startswith(("move_", "preset_"))}
    assert {f"keys.{action}" for action in actions - shared} <= set(ENGLISH)
    assert {f"keys.{action.partition('_')[0]}" for action in shared} <= set(ENGLISH)
