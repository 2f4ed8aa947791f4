from __future__ import annotations

import pytest

from radiograde.service.errors import BadCursorError
from radiograde.service.worklist.cursor import Cursor, parse_cursor

ID = "01JARADMZ00000000000000000"


@pytest.mark.parametrize("brixia", [None, 0.0, 11.42, 1e-7, 0.1 + 0.2])
def test_a_cursor_comes_back_to_the_bit(brixia: float | None) -> None:
    place = Cursor(ID, brixia)
    assert parse_cursor(place.text("severest"), "severest") == place
    assert parse_cursor(place.text("newest"), "newest") == Cursor(ID)


@pytest.mark.parametrize("acquired", [None, "2026-03-04", "2026-03-04T05:06:07"])
def test_a_cursor_by_acquisition_time_comes_back(acquired: str | None) -> None:
    place = Cursor(ID, acquired=acquired)
    assert parse_cursor(place.text("acquired"), "acquired") == place


@pytest.mark.parametrize("order", ["newest", "severest", "acquired"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        ID.lower(),
        f"{ID} ",
        f"{ID}_",
        f"7ff0000000000000_{ID}",
        f"7ff8000000000000_{ID}",
        f"4_{ID}",
        f"2026-03-04T_{ID}",
        f"\u0662026-03-04_{ID}",
        "' OR 1=1",
    ],
)
def test_what_is_no_cursor(text: str, order: str) -> None:
    with pytest.raises(BadCursorError, match="next"):
        parse_cursor(text, order)  # type: ignore[arg-type]


def test_a_cursor_of_the_other_order() -> None:
    with pytest.raises(BadCursorError):
        parse_cursor(ID, "severest")
    with pytest.raises(BadCursorError):
        parse_cursor(Cursor(ID, 3.0).text("severest"), "newest")
    with pytest.raises(BadCursorError):
        parse_cursor(Cursor(ID, 3.0).text("severest"), "acquired")
    with pytest.raises(BadCursorError):
        parse_cursor(Cursor(ID, acquired="2026-03-04").text("acquired"), "severest")
