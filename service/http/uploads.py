"""The bytes of one film out of a request: raw, or a multipart form's field ``file``."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncGenerator

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from radiograde.model.limits import Limits
from radiograde.service.errors import BadRequestError, UnsupportedMediaError, UploadTimeoutError
from radiograde.service.http.body_deadline import SenderPace, in_time
from radiograde.service.http.multipart import MultipartPart, PartLimits, read_parts

FIELD = "file"
MULTIPART = "multipart/form-data"
FORM_BYTES = 2**16
"""What a form may have around its file."""
MOST_FIELDS = 9

PACE = SenderPace(15.0, 2**16)

RAW_TYPES = ("application/dicom", "application/octet-stream", "image/png", "image/jpeg")
_VAGUE_TYPES = re.compile(
    r"|image/.*|application/(x-)?dicom.*|binary/octet-stream|application/x-www-form-urlencoded"
)
"""They are wrong, or say nothing, and mean no harm: the bytes show what a film is. The last is
what curl sends where nobody told it a type."""

_FILE_NAME = re.compile(r";\s*filename\*?[0-9]*\*?\s*=", re.IGNORECASE)
"""Also as RFC 8187 and RFC 2231 write it."""


async def read_upload(request: Request, limits: Limits, timeout_s: float) -> bytes:
    """Return the film's bytes; a body without a Content-Type is taken as raw.

    Raises:
        UnsupportedMediaError: the Content-Type is neither multipart nor a film's.
        TooLargeError: more bytes arrived than a film may have, whatever Content-Length said.
        UploadTimeoutError: the body was not complete after ``timeout_s`` seconds, or came slowly.
        BadRequestError: the form is malformed, or has no file in its field ``file``.
    """
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    is_form = media_type == MULTIPART
    if not is_form and media_type not in RAW_TYPES and not _VAGUE_TYPES.fullmatch(media_type):
        raise UnsupportedMediaError(
            f"Send {MULTIPART} with the field '{FIELD}', or the file itself as one of "
            f"{', '.join(RAW_TYPES)}."
        )
    longest = limits.max_bytes + (FORM_BYTES if is_form else 0)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > longest:
        limits.check_bytes(int(declared))
    body = _limited(in_time(request.stream(), PACE), limits, longest)
    try:
        async with asyncio.timeout(timeout_s):
            if is_form:
                return await _file_field(content_type, body, limits)
            whole = io.BytesIO()  # joined, chunks would take as much again
            async for chunk in body:
                whole.write(chunk)
            return whole.getvalue()
    except TimeoutError as error:
        raise UploadTimeoutError(
            f"The body was not complete after {timeout_s:g} seconds. Send it again."
        ) from error


async def _limited(
    stream: AsyncGenerator[bytes], limits: Limits, longest: int
) -> AsyncGenerator[bytes]:
    received = 0
    async for chunk in stream:
        received += len(chunk)
        if received > longest:
            limits.check_bytes(received)
        yield chunk


async def _file_field(content_type: str, body: AsyncGenerator[bytes], limits: Limits) -> bytes:
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise BadRequestError("The Content-Type names no boundary. Send it with the body's own.")
    film: bytes | None = None
    async for part in read_parts(body, boundary, PartLimits(limits.max_bytes, MOST_FIELDS)):
        if not _is_film(part):
            continue
        if film is not None:
            raise BadRequestError("The form has several files. Send each film by itself.")
        if part.too_large:
            limits.check_bytes(limits.max_bytes + 1)
        film = part.content
    if film is None:
        raise BadRequestError(f"The form has no file in its field '{FIELD}'.")
    return film


def _is_film(part: MultipartPart) -> bool:
    """Return whether it is a file (RFC 7578 section 4.2) in the field; a text field is none."""
    name = parse_options_header(part.disposition)[1].get(b"name")
    has_name = _FILE_NAME.search(part.disposition) is not None
    return name == FIELD.encode() and (has_name or part.media_type != "")
