"""Numbers are written in ASCII digits, in headers as in tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiograde.model.limits import Limits
from radiograde.model.reading.decimals import decimal
from radiograde.model.reading.film_file import open_film
from tests.model.reading.films import film
from tests.model.reading.headers import DIGITS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("-1.5E2", -150), (".5", 0.5), ("7.", 7)])
def test_decimal_strings_are_numbers(text: str, value: float) -> None:
    assert decimal(text) == value


@pytest.mark.parametrize("text", ["", "1_0", "nan", "inf", "1e999", "0x1", "1 2", "+", "e5", "1,5"])
def test_nothing_else_is(text: str) -> None:
    assert decimal(text) is None


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(DIGITS[1:]).flatmap(lambda digits: st.text(digits, min_size=1)))
def test_digits_of_other_scripts_are_none(text: str) -> None:
    assert decimal(text) is None


def test_a_value_with_some_of_them_is_no_number() -> None:
    content = film(RescaleSlope="1234")
    assert slope_of(content) == 1234
    assert slope_of(content.replace(b"DS\x04\0" + b"1234", b"DS\x04\0" + "1٣2".encode())) is None


def slope_of(content: bytes) -> float | None:
    header = open_film(content, Limits()).header
    assert header is not None
    return header.number("RescaleSlope")


def test_patterns_of_digits_are_ascii() -> None:
    pattern = re.compile(r"re\.\w+\(\s*r[\"'][^\n]*\\[dD][^\n]*")
    for path in (*ROOT.glob("model/**/*.py"), *ROOT.glob("data/**/*.py")):
        for found in pattern.findall(path.read_text(encoding="utf-8")):
            assert "re.ASCII" in found, (path, found)
