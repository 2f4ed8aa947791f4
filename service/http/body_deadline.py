"""Request bodies within deadlines that a byte now and then does not renew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from radiograde.service.errors import UploadTimeoutError


@dataclass(frozen=True, slots=True)
class SenderPace:
    """What a sender has to keep up: in each ``window_s`` that many bytes, or the body's end."""

    window_s: float
    least_bytes: int


async def in_time(chunks: AsyncGenerator[bytes], pace: SenderPace) -> AsyncGenerator[bytes]:
    """Yield a body's chunks; the time that is spent on one before the next is asked for is free.

    Raises:
        UploadTimeoutError: the sender fell silent, or sends too slowly.
    """
    loop = asyncio.get_running_loop()
    left_s, wanted = pace.window_s, pace.least_bytes
    while True:
        began = loop.time()
        try:
            async with asyncio.timeout(left_s):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise UploadTimeoutError(
                f"Less than {pace.least_bytes // 1024} KiB came in {pace.window_s:g} seconds. "
                "Send it again; nothing is stored twice."
            ) from error
        if chunk is None:
            return
        left_s -= loop.time() - began
        wanted -= len(chunk)
        if wanted <= 0:
            left_s, wanted = pace.window_s, pace.least_bytes
        yield chunk
