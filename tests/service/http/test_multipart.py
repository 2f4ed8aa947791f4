from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from radiograde.model.errors import RadiogradeError, TooLargeError
from radiograde.service.errors import BadRequestError
from radiograde.service.http.multipart import (
    HEAD_BYTES,
    MultipartPart,
    PartLimits,
    read_parts,
)
from tests.service.http.dicomweb.fakes import BOUNDARY, related

LIMITS = PartLimits(2**22, 20)
TRICKY = [
    b"\r\n--bOuNdArX after all",
    b"--bOuNdArY without a line of its own",
    b"\r\r\n\r\n--bOuNdAr",
    b"\r\n--bOuNdArYY is longer",
    b"\r\n--bOuNdArY-x one hyphen",
    b"",
    b"\r\n",
    bytes(range(256)),
]


def read(
    body: bytes, step: int = 2**16, limits: PartLimits = LIMITS, boundary: str = BOUNDARY
) -> tuple[list[MultipartPart], RadiogradeError | None]:
    """Return the parts of a body that comes in pieces, and the error that it ended with."""
    parts: list[MultipartPart] = []

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    async def collect() -> None:
        async for part in read_parts(pieces(), boundary.encode(), limits):
            parts.append(part)

    try:
        asyncio.run(collect())
    except RadiogradeError as error:
        return parts, error
    return parts, None


@pytest.mark.parametrize("step", [*range(1, 40), 1000])
def test_a_body_may_be_cut_anywhere(step: int) -> None:
    parts, error = read(related(TRICKY), step)
    assert error is None
    assert [part.content for part in parts] == TRICKY
    assert {part.media_type for part in parts} == {"application/dicom"}


def test_random_bytes_near_the_boundary_come_back_as_they_were() -> None:
    chance = np.random.default_rng(7)
    alphabet = np.frombuffer(b"\r\n-bOuNdArY\x00", np.uint8)
    for _ in range(150):
        contents = [chance.choice(alphabet, chance.integers(60)).tobytes() for _ in range(3)]
        if any(b"\r\n--bOuNdArY" in b"\r\n" + content for content in contents):
            continue
        parts, error = read(related(contents), int(chance.integers(1, 30)))
        assert error is None
        assert [part.content for part in parts] == contents


def test_headers_are_known_in_any_case_and_with_parameters() -> None:
    header = (
        "CONTENT-type:Application/DICOM; transfer-syntax=*\r\ncontent-Transfer-ENCODING: Binary\r\n"
    )
    (part,), error = read(related([b"x"], header), 3)
    assert error is None
    assert (part.media_type, part.encoding) == ("application/dicom", "binary")


def test_a_part_without_headers_says_nothing_of_itself() -> None:
    (part,), error = read(related([b"x"], ""))
    assert error is None
    assert part == MultipartPart(b"x")


def test_what_stands_around_the_parts_is_ignored() -> None:
    body = b"This is a preamble.\r\n--almost\r\n" + related([b"x"]) + b"an epilogue"
    for step in (1, 7, 1000):
        parts, error = read(body, step)
        assert error is None
        assert [part.content for part in parts] == [b"x"]


def test_the_body_may_begin_with_its_boundary() -> None:
    parts, error = read(related([b"x"]).removeprefix(b"\r\n"), 1)
    assert error is None
    assert [part.content for part in parts] == [b"x"]


def test_endless_text_around_the_parts_is_cut_off() -> None:
    for body in (bytes(2**18), related([b"x"]) + bytes(2**18)):
        parts, error = read(body)
        assert isinstance(error, BadRequestError)
        assert len(parts) < 2


def test_a_body_cut_short_keeps_its_whole_parts() -> None:
    body = related([b"first", b"second"]).removesuffix(b"--\r\n")
    first_end = body.index(b"second") - 20
    for length in range(len(body)):
        parts, error = read(body[:length], 9)
        assert isinstance(error, BadRequestError), length
        assert [part.content for part in parts] in ([], [b"first"])
        assert parts or length < first_end + 20


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not multipart",
        b"\r\n--bOuNdArY--\r\n",
        b"--bOuNdArY--",
        related([b"x"]).replace(b"\r\n", b"\n"),
        related([b"x"], "Content-Type application/dicom\r\n"),
        related([b"x"], "bad\0name: x\r\n"),
        related([b"x"], "X: " + "y" * 10_000 + "\r\n"),
        related([b"x"], "X: y\r\n" * 50),
        related([b"x"], boundary="another"),
    ],
    ids=lambda body: body[:24].hex(),
)
def test_a_malformed_body_is_a_bad_request(body: bytes) -> None:
    for step in (1, 1000):
        parts, error = read(body, step)
        assert isinstance(error, BadRequestError)
        assert parts == []


def test_a_boundary_too_long_is_a_bad_request() -> None:
    boundary = "b" * 300
    parts, error = read(related([b"x"], boundary=boundary), boundary=boundary)
    assert isinstance(error, BadRequestError)
    assert parts == []


def test_too_many_parts_are_refused_when_the_first_one_too_many_begins() -> None:
    parts, error = read(related([b"x"] * 21), 8)
    assert isinstance(error, TooLargeError)
    assert len(parts) == 20
    assert read(related([b"x"] * 20))[1] is None


def test_of_a_part_too_large_the_beginning_is_kept_and_the_next_part_whole() -> None:
    large = bytes(range(256)) * (2**22 // 256) + b"!"
    parts, error = read(related([b"a", large, large[:-1], b"b"]))
    assert error is None
    assert [part.too_large for part in parts] == [False, True, False, False]
    assert [len(part.content) for part in parts] == [1, HEAD_BYTES, 2**22, 1]
    assert parts[1].content == large[:HEAD_BYTES]


def test_noise_is_a_bad_request_and_nothing_else() -> None:
    chance = np.random.default_rng(11)
    whole = bytearray(related([b"abc" * 20, b"def" * 20]))
    for _ in range(300):
        body = bytearray(whole)
        for _ in range(chance.integers(1, 6)):
            body[chance.integers(len(body))] = int(chance.integers(256))
        _, error = read(bytes(body), int(chance.integers(1, 50)))
        assert error is None or isinstance(error, BadRequestError)
