from __future__ import annotations

import pytest

from radiograde.service.documents.pdf import text_layout
from radiograde.service.documents.pdf.text_layout import fitted, runs, width, wrapped

SIZE = 9.0


@pytest.mark.parametrize("text", ["word " * 40, "폐렴이 의심됨 " * 20, "w" * 300])
def test_a_text_is_cut_where_one_letter_more_would_be_too_wide(text: str) -> None:
    cut = fitted(text, SIZE, 200.0)
    assert width(runs(cut), SIZE) <= 200.0
    kept = cut.removesuffix("...")
    assert text.startswith(kept)
    longer = text[: len(kept) + 2]  # a space before the dots is left out
    assert width(runs(f"{longer}..."), SIZE) > 200.0


@pytest.mark.parametrize(("room", "shown"), [(200.0, "short"), (1.0, "...")])
def test_what_fits_stays_and_what_never_fits_is_dots(room: float, shown: str) -> None:
    assert fitted("short", SIZE, room) == shown


def test_a_long_text_is_measured_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[int] = []

    def counted(pieces: list[text_layout.Piece], size: float) -> float:
        measured.append(1)
        return width(pieces, size)

    monkeypatch.setattr(text_layout, "width", counted)
    fitted("word " * 2000, SIZE, 200.0)
    assert len(measured) < 20


def test_japanese_breaks_after_any_letter_and_not_before_a_stop() -> None:
    text = "両側下肺野に右優位の陰影を認める。左上肺野にも陰影の可能性がある。" * 3
    lines = wrapped(text, SIZE, 200.0)
    assert "".join(lines) == text
    assert len(lines) > 3
    assert all(width(runs(line), SIZE) <= 200.0 for line in lines)
    assert not any(line.startswith(("。", "、")) for line in lines)


def test_words_stay_whole_and_keep_the_space_between_them() -> None:
    text = "Verschattungen in beiden Unterfeldern, rechts betont. 양측 하폐야에 음영."
    lines = wrapped(text, SIZE, 120.0)
    assert " ".join(lines) == text
    assert len(lines) > 2
