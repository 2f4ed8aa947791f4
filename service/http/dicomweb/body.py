"""The parts of a store request, by its Content-Type: PS3.18 sections 8.6 and 10.5.2."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, AsyncIterator

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from radiograde.service.errors import BadRequestError, UnsupportedMediaError
from radiograde.service.http.body_deadline import SenderPace, in_time
from radiograde.service.http.dicomweb.transaction import DICOM
from radiograde.service.http.multipart import (
    HEAD_BYTES,
    MultipartPart,
    PartLimits,
    read_parts,
)

RELATED = "multipart/related"
LEAST_BYTES = 2**19
"""What a sender has to bring within the time that it may fall silent."""


def parts_of(request: Request, limits: PartLimits, idle_s: float) -> AsyncIterator[MultipartPart]:
    """Return the parts of ``multipart/related``, or a body ``application/dicom`` as the one part.

    ``idle_s``: how long the sender may fall silent, or take for ``LEAST_BYTES``.

    Raises:
        UnsupportedMediaError: another Content-Type, or a compressed body.
        BadRequestError: multipart without a boundary; and while parts are read, as
            :func:`service.http.multipart.read_parts`, or a single part is empty.
        TooLargeError: while parts are read, more of them than the limits allow.
        UploadTimeoutError: while parts are read, the sender was silent or slow for ``idle_s``.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaError("Send the body uncompressed, without a Content-Encoding.")
    media_type, options = parse_options_header(request.headers.get("content-type"))
    chunks = in_time(request.stream(), SenderPace(idle_s, LEAST_BYTES))
    if media_type == DICOM.encode():
        return _single_part(chunks, limits)
    of_dicom = options.get(b"type", DICOM.encode()).strip().lower() == DICOM.encode()
    if media_type != RELATED.encode() or not of_dicom:
        raise UnsupportedMediaError(f'Send {RELATED}; type="{DICOM}", or one instance as {DICOM}.')
    boundary = options.get(b"boundary")
    if not boundary:
        raise BadRequestError("The Content-Type names no boundary. Send it with the body's own.")
    return read_parts(chunks, boundary, limits)


async def _single_part(
    chunks: AsyncGenerator[bytes], limits: PartLimits
) -> AsyncIterator[MultipartPart]:
    content = io.BytesIO()
    async for chunk in chunks:
        if content.tell() <= limits.part_bytes:
            content.write(chunk)
    size = content.tell()
    if not size:
        raise BadRequestError("The body is empty. Send a DICOM file.")
    too_large = size > limits.part_bytes
    if too_large:
        content.truncate(HEAD_BYTES)
    yield MultipartPart(content.getvalue(), DICOM, too_large=too_large)
