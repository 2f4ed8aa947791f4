"""What a storage status means for a document."""

from __future__ import annotations

import pytest

from radiograde.service.delivery.destinations.storage_outcome import (
    Verdict,
    describe_status,
    judge_status,
)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (0x0000, "stored"),
        (0x0111, "stored"),
        (0xB000, "warned"),
        (0xB006, "warned"),
        (0xB00E, "warned"),
        (0xA700, "later"),
        (0xA7FF, "later"),
        (0x0110, "later"),
        (0x0124, "later"),
        (0x0213, "later"),
        (0xA800, "refused"),
        (0xA900, "refused"),
        (0x0122, "refused"),
        (0xC000, "refused"),
        (0xC122, "refused"),
        (0xFE00, "refused"),
    ],
)
def test_a_status_decides_what_becomes_of_a_document(status: int, verdict: Verdict) -> None:
    assert judge_status(status) == verdict


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (0xA7FF, "status A7FF, out of resources"),
        (0xC122, "status C122, the transfer syntax is not supported"),
        (0xC0DE, "status C0DE, it cannot be understood"),
        (0x0117, "status 0117"),
    ],
)
def test_a_status_is_described_in_words(status: int, message: str) -> None:
    assert describe_status(status) == message
