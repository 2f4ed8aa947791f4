"""Mutated films, read within bounds of memory and time: ``python -m tests.fuzz --minutes N``.

Prints how many films ended in which way. Ends with status 1 at the first one that raises anything
but an error of the product, takes more than 10 s of CPU, or gives pixels that are no numbers.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from radiograde.data.storage import Storage
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.film_file import read
from tests.model.reading.films import film
from tests.model.reading.test_radiograph_fuzz import SYNTAXES, mutated

MEMORY = 4 * 2**30
"""Of address space, most of which the libraries reserve and never use."""

SLOWEST_S = 10


def inputs(seed: int) -> Iterator[bytes]:
    """Yield mutated films of every syntax without end."""
    films = [film(Storage(12, transfer_syntax=syntax)) for syntax in SYNTAXES]
    while True:
        for content in films:
            yield from mutated(content, seed)
            seed += 1


def outcome(content: bytes) -> str:
    """Return ``read`` or the error's code."""
    try:
        pixels = read(content).pixels
    except RadiogradeError as error:
        return error.code
    if not np.isfinite(pixels).all():
        raise ValueError("pixels are no numbers")
    return "read"


def main() -> int:
    """Return the status that the process ends with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    counts: Counter[str] = Counter()
    until = time.monotonic() + asked.minutes * 60
    for content in inputs(asked.seed):
        started = time.process_time()
        try:
            counts[outcome(content)] += 1
            if time.process_time() - started > SLOWEST_S:
                raise TimeoutError("a film took too long")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            Path("fuzz-failed.dcm").write_bytes(content)
            print(f"fuzz-failed.dcm: {error!r}", file=sys.stderr)
            return 1
        if time.monotonic() > until:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{counts.total()} films, at most {peak} MiB: {dict(counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
