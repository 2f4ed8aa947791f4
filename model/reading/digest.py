"""Digests: of a film's bytes, worked out beside the reading of them, and of decoded pixels."""

from __future__ import annotations

import hashlib
from threading import Thread
from typing import Any, Self

import imagecodecs
import numpy as np
from numpy.typing import NDArray

LEAST_BESIDE = 2**20
"""Fewer bytes are hashed sooner than a thread begins."""

PARTS = 4


def pixel_digest(array: NDArray[Any]) -> str:
    """Return a digest of an array in hexadecimal digits: of its values, shape and type.

    The SHA-256 of the CRC-32 of each quarter of its bytes. It shows that something changed, at a
    hundredth of the time that SHA-256 of the pixels takes; against somebody who wants it equal,
    the digest of the file stands.
    """
    stored = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    size = -(-stored.size // PARTS)
    parts = (stored[start : start + size] for start in range(0, stored.size, size))
    crcs = [imagecodecs.deflate_crc32(part) for part in parts]  # type: ignore[arg-type]  # buffers
    return hashlib.sha256(f"{array.shape} {array.dtype.str} {crcs}".encode("ascii")).hexdigest()


class Digest:
    """A SHA-256 in hexadecimal digits, which may still be worked out; safe to share."""

    def __init__(self, hex_digits: str) -> None:
        self._hex = hex_digits
        self._work: Thread | None = None

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Begin with these bytes, on a thread of its own where there are many."""
        digest = cls("")
        if len(content) < LEAST_BESIDE:
            digest._hash(content)
        else:
            digest._work = Thread(target=digest._hash, args=(content,), name="sha256", daemon=True)
            digest._work.start()
        return digest

    @property
    def hex(self) -> str:
        """The digits, waited for where needed."""
        work = self._work
        if work is not None:
            work.join()
            self._work = None
        return self._hex

    def _hash(self, content: bytes) -> None:
        self._hex = hashlib.sha256(content).hexdigest()

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        """Another process gets the digits, whose thread is not its own."""
        return type(self), (self.hex,)
