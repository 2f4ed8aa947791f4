"""Mutated films, read within bounds of memory and time: ``python -m tests.fuzz --minutes N``.

Prints how many films of each syntax and mutation ended in which way. Ends with status 1 at the
first one that raises anything but an error of the product, warns, gives pixels that are no
numbers, or whose code was cut and which is read all the same; and with a signal at one that
crashes or takes more than 10 s of CPU. ``fuzz-film`` then holds it.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import uid

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.storage import HTJ2K, JPEG2000, Storage
from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import parse
from radiograde.model.reading.film_file import read
from radiograde.model.scoring.input_check import check_film
from tests.model.reading.films import LOSSLESS, film

MEMORY = 4 * 2**30
"""Of address space, most of which the libraries reserve and never use."""

MOST_MIB = 1024
SLOWEST_S = 10
SMALL = PhantomSpec(rows=155, columns=141, zones={"C": 2, "E": 1}, seed=3)
LOST = {
    "code": ("cut",),
    "length": ("cut", "delete", "splice"),
    "all": ("cut", "code", "delete", "splice"),
}
"""Mutations that are always seen: where code has an end, a length too, or a checksum as well."""

EXACT = (uid.JPEG2000Lossless, *uid.JPEGLSTransferSyntaxes)
MOST_CHANGED = 0.03
"""Of the range of greys: a small code block may be read to its end, whatever is in it."""

MUTATIONS = ("cut", "header", "numbers", "insert", "code", "delete", "splice")
NUMBERS = (0, 1, 2, 4, 127, 128, 254, 255)


@dataclass(frozen=True, slots=True)
class Seed:
    """A whole film; ``code``: where in it the pixels lie; ``lost``: mutations of it to be seen."""

    name: str
    content: bytes
    code: range
    lost: tuple[str, ...]
    pixels: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mutant:
    """``content`` is the film ``of``, changed from ``at`` on."""

    of: Seed
    kind: str
    at: int
    content: bytes

    @property
    def lost(self) -> bool:
        """Whether the code was changed in a way that a decoder cannot but see."""
        return self.kind in self.of.lost and self.at in self.of.code


def seeds() -> list[Seed]:
    """Return a film of every transfer syntax, 12 bits and 8, and the pictures."""
    phantom = draw(SMALL)
    found = []
    for syntax in (*LOSSLESS, uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit):
        for bits in (8,) if syntax == uid.JPEGBaseline8Bit else (12, 8):
            content = film(Storage(bits, transfer_syntax=syntax), of=phantom)
            found.append(_seed(f"{uid.UID(syntax).name} {bits}", content, syntax))
    eight = Image.fromarray((255 * phantom.pixels).astype(np.uint8))
    pictures = {"PNG": {}, "JPEG": {}, "JPEG progressive": {"progressive": True}}
    for name, options in pictures.items():
        buffer = io.BytesIO()
        eight.save(buffer, name.split()[0], **options)
        found.append(_seed(name, buffer.getvalue(), None))
    return found


def _seed(name: str, content: bytes, syntax: str | None) -> Seed:
    pixels = read(content).pixels
    if syntax is None:
        lost = LOST["all" if name == "PNG" else "code"]
        return Seed(name, content, range(len(content) // 4, len(content)), lost, pixels)
    if syntax == uid.DeflatedExplicitVRLittleEndian:
        return Seed(name, content, range(len(content) // 2, len(content)), LOST["code"], pixels)
    element = parse(content, Limits()).pixels
    assert element is not None
    begin = content.rindex(bytes(element.value[:200]))
    exact = "all" if syntax in EXACT else "length" if syntax in (*HTJ2K, *JPEG2000) else "code"
    lost = LOST[exact]
    return Seed(name, content, range(begin, len(content)), lost, pixels)


def mutants(seed: int) -> Iterator[Mutant]:
    """Yield changed films of every syntax without end."""
    rng = random.Random(seed)  # noqa: S311 - not a secret
    films = seeds()
    while True:
        for whole in films:
            yield mutant(whole, rng.choice(MUTATIONS), rng)


def mutant(of: Seed, kind: str, rng: random.Random) -> Mutant:
    """Return the film changed in one way."""
    changed = bytearray(of.content)
    within = range(of.code.start) if kind in ("header", "numbers", "insert") else of.code
    at = rng.choice(within)
    size = rng.choice((1, 2, 8, 40, 400))
    if kind == "cut":
        del changed[at:]
    elif kind == "delete":
        del changed[at : at + size]
    elif kind in ("insert", "splice"):
        changed[at:at] = rng.randbytes(size)
    elif kind == "code":
        changed[at : at + size] = rng.randbytes(len(changed[at : at + size]))
    else:
        for place in (at, *rng.choices(within, k=rng.choice((0, 2, 20)))):
            changed[place] = rng.choice(NUMBERS) if kind == "numbers" else rng.randrange(256)
    return Mutant(of, kind, at, bytes(changed))


def outcome(changed: Mutant) -> str:
    """Return the error's code, or whether pixels came that are the whole film's, and in scope.

    Raises ValueError for pixels that should not have come.
    """
    try:
        radiograph = read(changed.content)
    except RadiogradeError as error:
        return error.code
    pixels = radiograph.pixels
    if not np.isfinite(pixels).all():
        raise ValueError("pixels are no numbers")
    if np.array_equal(pixels, changed.of.pixels):
        return "the same"
    if changed.lost and np.abs(pixels - changed.of.pixels).mean() > MOST_CHANGED:
        raise ValueError("a part of the code is lost, and it is read")
    return "other values" if check_film(radiograph).in_scope else "rejected"


def main() -> int:
    """Return the status that the process ends with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    counts: Counter[tuple[str, str, str]] = Counter()
    now = Path("fuzz-film")
    until = time.monotonic() + asked.minutes * 60
    for changed in mutants(asked.seed):
        now.write_bytes(changed.content)
        signal.setitimer(signal.ITIMER_PROF, SLOWEST_S)
        try:
            counts[changed.of.name, changed.kind, outcome(changed)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            report(counts)
            print(f"{now}: {changed.of.name}, {changed.kind}: {error!r}", file=sys.stderr)
            return 1
        if time.monotonic() > until:
            break
    now.unlink()
    return report(counts)


def report(counts: Counter[tuple[str, str, str]]) -> int:
    """Print what was counted; return 1 where it took too much memory."""
    for part in range(3):
        totals: Counter[str] = Counter()
        for key, count in counts.items():
            totals[key[part]] += count
        print(", ".join(f"{name} {count}" for name, count in sorted(totals.items())))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{counts.total()} films, at most {peak} MiB")
    return int(peak > MOST_MIB)


if __name__ == "__main__":
    sys.exit(main())
