from __future__ import annotations

import pytest

from radiograde.model.reading.uids import is_dotted_uid, is_strict_uid, is_uid


@pytest.mark.parametrize(
    ("text", "plain", "dotted", "strict"),
    [
        ("1.2.840.10008.1.1", True, True, True),
        ("2.25." + "1" * 59, True, True, True),
        ("2.25." + "1" * 60, False, False, False),
        ("1.2.03", True, True, False),
        ("1", True, False, True),
        ("1..2", True, False, False),
        ("1.2.", True, False, False),
        ("...", True, False, False),
        ("", False, False, False),
        ("1.2.a", False, False, False),
        ("1.2 ", False, False, False),
        ("1.2\n", False, False, False),
        ("١.٢", False, False, False),
    ],
)
def test_a_uid_is_as_strict_as_its_use(text: str, plain: bool, dotted: bool, strict: bool) -> None:
    assert (is_uid(text), is_dotted_uid(text), is_strict_uid(text)) == (plain, dotted, strict)
