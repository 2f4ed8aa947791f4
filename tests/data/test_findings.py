"""What finding words say is there, is not, and is not known."""

from __future__ import annotations

import pytest

from radiograde.data.findings import NIH, states_of, unknown_words


def absent(*present: str) -> dict[str, bool]:
    return dict.fromkeys(("No Finding", *NIH), False) | dict.fromkeys(present, True)


@pytest.mark.parametrize(
    ("words", "states"),
    [
        ((), {}),
        (("todo",), {}),
        (("Unknown",), {}),
        (("COVID-19",), {"COVID-19": True}),
        (("COVID-19", "Pneumonia"), {"COVID-19": True, "Pneumonia": True, "No Finding": False}),
        (("No finding",), absent("No Finding")),
        (("normal",), absent("No Finding")),
        (("Atelectasis", "pneumonia"), absent("Atelectasis", "Pneumonia")),
        (("Pleural effusion",), absent("Effusion")),
        (("Mycoplasma Bacterial Pneumonia",), {"Pneumonia": True, "No Finding": False}),
        (("COVID-19, ARDS",), {"COVID-19": True}),
        (("Pneumonia/Viral/COVID-19",), {"COVID-19": True, "Pneumonia": True, "No Finding": False}),
        (("Edema", "Klebsiella"), {"Edema": True, "No Finding": False}),
    ],
)
def test_unknown_words_leave_the_rest_unknown(
    words: tuple[str, ...], states: dict[str, bool]
) -> None:
    assert states_of(words) == states


def test_words_that_say_nothing_are_named() -> None:
    assert unknown_words(("todo", "Nodule", "SARS", "Viral pneumonia")) == ["todo", "sars"]
