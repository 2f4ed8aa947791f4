"""The sealed file of a problem as strangers may send it: refused in words, in little memory."""

from __future__ import annotations

import io
import json
import random
import resource
import struct
import zipfile
from dataclasses import replace

import pytest

from radiograde.service.errors import BundleError
from radiograde.service.problems.sealed_file import DOCUMENTS, FACTS, Bundle, opened, sealed

FILM = random.Random(1).randbytes(2000) + bytes(2000)  # noqa: S311 - a film, no secret
BUNDLE = Bundle(
    dict.fromkeys(FACTS, "said"),
    {"film.png": FILM}
    | {name: json.dumps({"numbers": [*range(99)]}).encode() for name in DOCUMENTS},
)


def test_what_was_sealed_is_opened() -> None:
    content, seal = sealed(BUNDLE)
    assert opened(content) == (BUNDLE, seal)


def test_whatever_byte_is_damaged_it_is_refused_or_the_same() -> None:
    content, seal = sealed(BUNDLE)
    dice = random.Random(2)  # noqa: S311 - what it decides is no secret
    refused = 0
    for _ in range(3000):
        damaged = bytearray(content)
        damaged[dice.randrange(len(damaged))] ^= dice.randrange(1, 256)
        try:
            assert opened(bytes(damaged)) == (BUNDLE, seal)
        except BundleError:
            refused += 1
    assert refused > 2000


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("said", [None, 7])
def test_a_manifest_that_does_not_say_what_it_is_of_is_refused(fact: str, said: object) -> None:
    changed = replace(BUNDLE, facts={**BUNDLE.facts, fact: said})
    with pytest.raises(BundleError, match="does not say"):
        opened(sealed(changed)[0])


def test_a_document_of_a_million_brackets_is_refused() -> None:
    deep = replace(BUNDLE, entries={**BUNDLE.entries, "result.json": b"[" * 10**6})
    bundle, _ = opened(sealed(deep)[0])
    with pytest.raises(BundleError, match=r"result\.json"):
        bundle.document("result.json")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_entry_that_is_larger_than_it_says_is_not_inflated(method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive, archive.open("film.png", "w") as entry:
        for _ in range(300):
            entry.write(bytes(2**20))
    bomb = bytearray(buffer.getvalue())
    size = bomb.rfind(b"PK\x01\x02") + 24
    bomb[size : size + 4] = struct.pack("<I", 100)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleError):
        opened(bytes(bomb))
    taken_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert taken_kib < 50 * 2**10
