"""JPEG 2000 to samples by OpenJPEG, which swallows damage of the code and only warns.

Its warnings go to imagecodecs' logger. They are heard here: a code block that the decoder did not
use up, or that ended too early for it, is damaged.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

import imagecodecs
from numpy.typing import NDArray

from radiograde.model.cores import available_cores
from radiograde.model.reading.high_throughput import is_damaged
from radiograde.model.reading.jpeg_2000_coding import damaged
from radiograde.model.reading.jpeg_2000_stream import Jpeg2000Stream

MOST_THREADS = 4
"""JPEG 2000 is the slowest to decode by far (benchmarks/decode.py); its blocks part well."""

WARNINGS = 2
"""How much of OpenJPEG's talk is passed on."""

MOST_MISSING, MOST_MISSING_LOSSLESS = 256, 8
"""Bytes of ones that an encoder may leave away at the end of a block.

Of real films none has more than 3, of patterns coded with loss none more than 125.
"""

LEFT_OVER = re.compile(r"PTERM check failure: [0-9]+ remaining")
MISSING = re.compile(r"PTERM check failure: ([0-9]+) synthesized")

_logger = logging.getLogger("imagecodecs")
_one_at_a_time = threading.Lock()


class _Listener(logging.Handler):
    """Remembers whether damage was spoken of, and passes nothing on."""

    def __init__(self, most_missing: int) -> None:
        super().__init__()
        self.damaged = False
        self._most_missing = most_missing

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        missing = MISSING.search(said)
        if LEFT_OVER.search(said) or (missing is not None and int(missing[1]) > self._most_missing):
            self.damaged = True
            _logger.disabled = True


def decode_jpeg_2000(stream: Jpeg2000Stream, *, lossless: bool) -> NDArray[Any]:
    """Return the samples: (H, W) or (H, W, samples). ``lossless``: the transfer syntax says so.

    Raises:
        MalformedImageError: the code of a block is damaged.
        RuntimeError: the stream is.
    """
    if lossless and _has_more(stream):
        raise damaged()
    listener = _Listener(MOST_MISSING_LOSSLESS if lossless else MOST_MISSING)
    # Which decoder speaks cannot be told from what it says.
    with _one_at_a_time:
        propagated, _logger.propagate = _logger.propagate, False
        _logger.addHandler(listener)
        try:
            samples: NDArray[Any] = imagecodecs.jpeg2k_decode(
                stream.with_checked_ends(), verbose=WARNINGS, numthreads=_threads()
            )
        finally:
            _logger.removeHandler(listener)
            _logger.propagate, _logger.disabled = propagated, False
    if listener.damaged or (
        stream.high_throughput and is_damaged(stream, samples, lossless=lossless)
    ):
        raise damaged()
    return samples


def _threads() -> int:
    return min(MOST_THREADS, available_cores())


def _has_more(stream: Jpeg2000Stream) -> bool:
    """Return whether the picture ends before its code: without the last of it nothing is missed.

    What is missing is known from the packets' heads, before a block is decoded.
    """
    shorter = stream.without_end()
    if shorter is None:
        return False
    try:
        imagecodecs.jpeg2k_decode(shorter, numthreads=_threads())
    except RuntimeError:
        return False
    return True
