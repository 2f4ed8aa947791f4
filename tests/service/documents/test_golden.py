"""The same film gives the same documents, byte for byte, from one version to the next."""

from __future__ import annotations

import json

from tests.service.documents.golden import FILE, digests


def test_documents_are_what_they_were() -> None:
    expected = json.loads(FILE.read_text(encoding="utf-8"))
    assert len(expected) > 15
    assert digests() == expected
