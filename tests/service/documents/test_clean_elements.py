from __future__ import annotations

import pytest

from radiograde.service.documents.clean_elements import clean, clean_words


@pytest.mark.parametrize(
    ("vr", "text", "expected"),
    [
        ("DA", "20260304", "20260304"),
        ("DA", "1995.07.20", "19950720"),
        ("DA", "2026-03-04", "20260304"),
        ("DA", "20260230", ""),
        ("DA", "00000000", ""),
        ("DA", "202603", ""),
        ("DA", "unknown", ""),
        ("TM", "112207.123456", "112207.123456"),
        ("TM", "11:22:07", "112207"),
        ("TM", "1122", "1122"),
        ("TM", "245959", ""),
        ("TM", "12.5", ""),
        ("AS", "066Y", "066Y"),
        ("AS", "81", "081Y"),
        ("AS", "3m", "003M"),
        ("AS", "old", ""),
        ("CS", "chest", "CHEST"),
        ("CS", "TWO LUNGS AND A HEART", ""),
        ("CS", "Ü", ""),
        ("DS", "1.75", "1.75"),
        ("DS", "nan", ""),
        ("DS", "0", ""),
        ("DS", "1,75", ""),
        ("DS", "1_0", ""),
        ("UI", "1.2.840", "1.2.840"),
        ("UI", "1.2.03", "1.2.03"),
        ("UI", "1..2", ""),
        ("UI", "1." * 33 + "1", ""),
        ("UI", "ABC", ""),
        ("SH", "A" * 16, "A" * 16),
        ("SH", "A" * 17, ""),
        ("LO", "first\\second", "first"),
        ("LO", "tab\there\0", "tabhere"),
        ("LO", "A" * 65, ""),
        ("PN", "Doe^Jane=ドウ^ジェイン", "Doe^Jane=ドウ^ジェイン"),
        ("PN", "a=b=c=d", "a=b=c"),
        ("PN", "a^b^c^d^e^f^g", "a^b^c^d^e f g"),
        ("PN", "=" + "x" * 70, "=" + "x" * 64),
        ("PN", "Doe^^^^", "Doe"),
        ("PN", "", ""),
    ],
)
def test_values_are_mended_or_left_out(vr: str, text: str, expected: str) -> None:
    assert clean(vr, text) == expected


def test_descriptions_are_cut() -> None:
    assert clean_words("Thorax p.a. " * 10, 12) == "Thorax p.a."


@pytest.mark.parametrize(
    ("vr", "digits"), [("DA", "20260304"), ("TM", "050607"), ("AS", "066Y"), ("DS", "1.5")]
)
def test_digits_of_other_scripts_are_no_digits(vr: str, digits: str) -> None:
    """Files are ASCII there: what Python reads as a number could not be written."""
    for zero in ("٠", "０"):
        other = "".join(chr(ord(zero) + int(c)) if c.isdigit() else c for c in digits)
        assert clean(vr, digits) == digits
        assert clean(vr, other) == ""
