"""Digests: of a film's bytes, worked out beside the reading of them, and of decoded pixels."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any, Self

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radiograde.model.beside import Beside

LEAST_BESIDE = 2**20
"""Fewer bytes are hashed sooner than a thread begins."""

PART = 2**22
"""Bytes of an array that share a CRC."""


def pixel_digest(array: NDArray[Any]) -> str:
    """Return a digest of an array in hexadecimal digits: of its values, shape and type.

    The SHA-256 of the CRC-32 of each 4 MiB of its bytes. It shows that something changed, at a
    hundredth of the time that SHA-256 of the pixels takes; against somebody who wants it equal,
    the digest of the file stands.
    """
    stored = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    parts = (stored[start : start + PART] for start in range(0, stored.size, PART))
    crcs = [imagecodecs.deflate_crc32(part) for part in parts]  # type: ignore[arg-type]  # buffers
    return hashlib.sha256(f"{array.shape} {array.dtype.str} {crcs}".encode("ascii")).hexdigest()


class Digest:
    """A SHA-256 in hexadecimal digits, which may still be worked out; safe to share."""

    def __init__(self, digits: str | Beside[str]) -> None:
        self._digits = digits

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Begin with these bytes, beside what goes on where there are many."""
        work = partial(_sha256, content)
        return cls(work() if len(content) < LEAST_BESIDE else Beside(work))

    @property
    def hex(self) -> str:
        """The digits, waited for where needed."""
        return self._digits if isinstance(self._digits, str) else self._digits.result()

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        """Another process gets the digits, whose thread is not its own."""
        return type(self), (self.hex,)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
