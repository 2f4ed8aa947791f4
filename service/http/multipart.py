"""A multipart body in its parts, as it arrives: RFC 2046 section 5.1, RFC 2387."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from radiograde.model.errors import RadiogradeError, TooLargeError
from radiograde.service.errors import BadRequestError

HEAD_BYTES = 2**20
"""What is kept of a part that is too large: enough to tell which instance it is."""

_STRAY_BYTES = 2**16
"""How much may stand before the first boundary, and after the last."""


@dataclass(frozen=True, slots=True)
class PartLimits:
    """The largest part in bytes, and how many parts a body may have."""

    part_bytes: int
    parts: int


@dataclass(frozen=True, slots=True)
class MultipartPart:
    """One part of a body.

    ``content``: all of it, or its first ``HEAD_BYTES`` where it is ``too_large``.
    ``media_type``: in lower case, without parameters; empty where none is given.
    ``encoding``: its Content-Transfer-Encoding in lower case; empty where none is given.
    ``disposition``: its Content-Disposition; empty where none is given.
    """

    content: bytes
    media_type: str = ""
    encoding: str = ""
    too_large: bool = False
    disposition: str = ""


async def read_parts(
    chunks: AsyncIterable[bytes], boundary: bytes, limits: PartLimits
) -> AsyncIterator[MultipartPart]:
    """Yield each part once it is complete; no more than one part is kept at a time.

    What stands before the first boundary and after the last is no part. Boundaries are lines that
    end in CR LF.

    Raises:
        BadRequestError: not a multipart body with this boundary, without parts, or cut short.
        TooLargeError: more parts than the limits allow.
    """
    collector = _Collector(limits)
    parser = _parser(boundary, collector)
    stray = 0
    async for chunk in _from_first_boundary(chunks, b"--" + boundary):
        stray += len(chunk) if collector.ended else 0
        if stray > _STRAY_BYTES:
            raise BadRequestError("The multipart body goes on after its last boundary.")
        fault = _write(parser, chunk)
        while collector.complete:
            yield collector.complete.popleft()
        if fault is not None:
            raise fault
    if not collector.ended:
        raise BadRequestError("The multipart body ends before its last boundary. Send it again.")
    if not collector.count:
        raise BadRequestError("The multipart body has no parts. Send at least one instance.")


class _Collector:
    """What the parser reports, gathered into parts."""

    def __init__(self, limits: PartLimits) -> None:
        self.complete: deque[MultipartPart] = deque()
        self.ended = False
        self.count = 0
        self._limits = limits
        self._content = io.BytesIO()
        self._too_large = False
        self._headers: dict[str, str] = {}
        self._name = self._value = b""

    def on_part_begin(self) -> None:
        self.count += 1
        if self.count > self._limits.parts:
            raise TooLargeError(
                f"The request has more than {self._limits.parts} parts. Send it as several."
            )
        self._content, self._too_large, self._headers = io.BytesIO(), False, {}

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name = self._value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._too_large:
            return
        self._content.write(memoryview(data)[start:end])
        if self._content.tell() > self._limits.part_bytes:
            self._too_large = True
            self._content.truncate(HEAD_BYTES)

    def on_part_end(self) -> None:
        media_type = parse_options_header(self._headers.get("content-type"))[0].decode("latin-1")
        encoding = self._headers.get("content-transfer-encoding", "").strip().lower()
        disposition = self._headers.get("content-disposition", "")
        content = self._content.getvalue()
        self._content = io.BytesIO()
        self.complete.append(
            MultipartPart(content, media_type, encoding, self._too_large, disposition)
        )

    def on_end(self) -> None:
        self.ended = True


def _parser(boundary: bytes, collector: _Collector) -> MultipartParser:
    try:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": collector.on_part_begin,
                "on_header_field": collector.on_header_field,
                "on_header_value": collector.on_header_value,
                "on_header_end": collector.on_header_end,
                "on_part_data": collector.on_part_data,
                "on_part_end": collector.on_part_end,
                "on_end": collector.on_end,
            },
        )
    except FormParserError as error:
        raise BadRequestError("The boundary of the multipart body is too long.") from error


def _write(parser: MultipartParser, chunk: bytes) -> RadiogradeError | None:
    """Parse a chunk and return what is wrong with it: parts before the fault are good."""
    try:
        parser.write(chunk)
    except RadiogradeError as error:
        return error
    except FormParserError:
        return BadRequestError(
            "The multipart body is malformed: its boundaries and headers must be lines that end "
            "in CR LF."
        )
    return None


async def _from_first_boundary(
    chunks: AsyncIterable[bytes], delimiter: bytes
) -> AsyncIterator[bytes]:
    """Yield the body from its first boundary on; the parser would take a preamble for an error."""
    head: bytes | None = b"\r\n"
    async for chunk in chunks:
        if head is None:
            yield chunk
            continue
        head += chunk
        start = head.find(b"\r\n" + delimiter)
        if start >= 0:
            chunk = head[start + 2 :]
            head = None
            yield chunk
        elif len(head) > _STRAY_BYTES:
            break
    if head is not None:
        raise BadRequestError("The boundary of the Content-Type is nowhere in the body.")
