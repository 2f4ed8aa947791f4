"""What is agreed on: the same for the same request, and each caller's own."""

from __future__ import annotations

import pytest

from radiograde.service.dimse.association_request import NoAssociationError, Request
from radiograde.service.dimse.negotiation import negotiate
from tests.service.dimse.fakes import DX, VERIFICATION, request_pdu

ASKED = request_pdu([(1, VERIFICATION), (3, DX)])


def test_the_same_request_has_the_same_answer_and_another_its_own() -> None:
    first = negotiate(Request(ASKED))
    assert negotiate(Request(bytes(ASKED))) == first
    assert {number: one.abstract_syntax for number, one in first.contexts.items()} == {
        1: VERIFICATION,
        3: DX,
    }
    other = negotiate(Request(request_pdu([(5, DX)])))
    assert list(other.contexts) == [5]
    titled = negotiate(Request(ASKED[:26] + b"ANOTHER".ljust(16) + ASKED[42:]))
    assert titled.answer != first.answer
    assert titled.answer[26:42].rstrip() == b"ANOTHER"


def test_a_request_that_cannot_be_read_is_refused_each_time() -> None:
    broken = Request(ASKED[:80] + b"\xff" * (len(ASKED) - 80))
    for _ in range(2):
        with pytest.raises(NoAssociationError, match="cannot be read"):
            negotiate(broken)
