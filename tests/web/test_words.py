"""The page's words: complete in every language, and told by the code that uses them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from radiograde.model.errors import RadiogradeError
from radiograde.model.reading import dicom_orientation, polarity
from radiograde.model.scoring import gate, scope, scorer
from radiograde.service.http.routes.page_routes import WEB
from radiograde.service.worklist.change import Verdict

ENGLISH = json.loads((WEB / "words" / "en.json").read_text())
OTHERS = sorted(path.stem for path in (WEB / "words").glob("*.json") if path.stem != "en")
SOURCES = [*WEB.glob("*.js"), *(WEB / "components").glob("*.js")]
GATE = (gate, scope, scorer, polarity, dicom_orientation)


def words(language: str) -> dict[str, str]:
    loaded: dict[str, str] = json.loads((WEB / "words" / f"{language}.json").read_text())
    return loaded


def gate_codes() -> set[str]:
    """Return every code of a reason that the model's sources name."""
    text = "".join(Path(str(module.__file__)).read_text() for module in GATE)
    named = re.findall(r'(?:Reason|_reject|_warn)\(\s*"(\w+)"', text)
    return set(named)


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
def test_every_language_has_the_same_words(language: str) -> None:
    keys = {key for key in words(language) if not key.startswith("told.")}
    assert keys == set(ENGLISH)


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_loses_or_invents_a_value(language: str) -> None:
    def values(text: str) -> Counter[str]:
        return Counter(re.findall(r"\{(\w+)\}", text))

    theirs = words(language)
    assert [key for key in ENGLISH if values(ENGLISH[key]) != values(theirs[key])] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_remark_and_fault_of_a_film_is_told_in_every_language(language: str) -> None:
    told = {key.removeprefix("told.") for key in words(language) if key.startswith("told.")}
    assert gate_codes() > {"lateral_view", "inverted", "blank", "not_chest", "mirrored"}
    unserved = {"model_file"}  # Keeps the service from starting, so no page shows it.
    assert gate_codes() | error_codes() - unserved <= told


def test_the_page_says_nothing_that_has_no_words() -> None:
    assert literal_keys() > {"title", "notice", "panel.sure"}
    assert literal_keys() - set(ENGLISH) == set()


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("severity", ("none", "mild", "moderate", "severe")),
        ("status", ("waiting", "scored", "rejected", "failed")),
        ("view", ("PA", "AP", "LATERAL", "OTHER", "UNKNOWN")),
        ("zone", tuple("ABCDEF")),
        ("time", get_args(Verdict)),
        ("review.verdict", ("accepted", "corrected", "not_gradable")),
        ("role", ("reader", "engineer", "administrator", "sender")),
    ],
)
def test_every_value_of_the_service_has_words(prefix: str, values: tuple[str, ...]) -> None:
    assert [value for value in values if f"{prefix}.{value}" not in ENGLISH] == []


def test_every_key_of_the_keyboard_has_words() -> None:
    table = (WEB / "components" / "shortcuts.js").read_text().split("const ACTION_OF")[0]
    actions = set(re.findall(r"(\w+): \[", table))
    moves = {action for action in actions if action.startswith("move_")}
    assert {f"keys.{action}" for action in actions - moves} <= set(ENGLISH)
