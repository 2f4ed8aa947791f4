"""The bytes of one film out of a request: raw, or a multipart form's field ``file``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from radiograde.model.limits import Limits
from radiograde.service.errors import BadRequestError, UnsupportedMediaError, UploadTimeoutError

FIELD = "file"
MULTIPART = "multipart/form-data"
FORM_BYTES = 2**16
"""What a form may have around its file."""

RAW_TYPES = ("application/dicom", "application/octet-stream", "image/png", "image/jpeg")


class _InMemoryParser(MultiPartParser):
    """Starlette's parser without its temporary file: no film is left lying on a disk."""

    spool_max_size = 0


async def read_upload(request: Request, limits: Limits, timeout_s: float) -> bytes:
    """Return the film's bytes; a body without a Content-Type is taken as raw.

    Raises:
        UnsupportedMediaError: the Content-Type is neither multipart nor a film's.
        TooLargeError: more bytes arrived than a film may have, whatever Content-Length said.
        UploadTimeoutError: the body was not complete after ``timeout_s`` seconds.
        BadRequestError: the form is malformed, or has no file in its field ``file``.
    """
    media_type = request.headers.get("content-type", RAW_TYPES[0]).partition(";")[0].strip().lower()
    if media_type != MULTIPART and media_type not in RAW_TYPES:
        raise UnsupportedMediaError(
            f"Send {MULTIPART} with the field '{FIELD}', or the file itself as one of "
            f"{', '.join(RAW_TYPES)}."
        )
    longest = limits.max_bytes + (FORM_BYTES if media_type == MULTIPART else 0)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > longest:
        limits.check_bytes(int(declared))
    body = _limited(request.stream(), limits, longest)
    try:
        async with asyncio.timeout(timeout_s):
            if media_type == MULTIPART:
                return await _file_field(request, body)
            return b"".join([chunk async for chunk in body])
    except TimeoutError as error:
        raise UploadTimeoutError(
            f"The body was not complete after {timeout_s:g} seconds. Send it again."
        ) from error


async def _limited(
    stream: AsyncGenerator[bytes, None], limits: Limits, longest: int
) -> AsyncGenerator[bytes, None]:
    received = 0
    async for chunk in stream:
        received += len(chunk)
        if received > longest:
            limits.check_bytes(received)
        yield chunk


async def _file_field(request: Request, body: AsyncGenerator[bytes, None]) -> bytes:
    try:
        form = await _InMemoryParser(request.headers, body, max_files=1, max_fields=8).parse()
    except MultiPartException as error:
        raise BadRequestError(f"The multipart form cannot be read: {error.message}") from error
    try:
        field = form.get(FIELD)
        if not isinstance(field, UploadFile):
            raise BadRequestError(f"The form has no file in its field '{FIELD}'.")
        return await field.read()
    finally:
        await form.close()
