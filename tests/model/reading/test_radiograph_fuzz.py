"""Whatever the bytes, a film or a RadiogradeError comes back."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator

import pytest
from pydicom import uid

from radiograde.data.storage import Storage
from radiograde.model.errors import RadiogradeError
from radiograde.model.reading.film_file import read
from radiograde.model.scoring.input_check import check_film
from tests.model.reading.films import film

SYNTAXES = [
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
    uid.RLELossless,
    uid.JPEGLosslessSV1,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
    uid.HTJ2KLossless,
    uid.JPEGExtended12Bit,
]
MUTATIONS = 40
HEADER = 2500


def mutated(data: bytes, seed: int) -> Iterator[bytes]:
    """Yield the file cut, overwritten in its header or anywhere, and with bytes put in."""
    rng = random.Random(seed)  # noqa: S311 - not a secret
    for _ in range(MUTATIONS):
        changed = bytearray(data)
        kind = rng.choice(("cut", "header", "anywhere", "insert"))
        if kind == "cut":
            del changed[rng.randrange(len(changed)) :]
        elif kind == "insert":
            at = rng.randrange(HEADER)
            changed[at:at] = rng.randbytes(rng.randrange(1, 40))
        else:
            end = HEADER if kind == "header" else len(changed)
            for _ in range(rng.choice((1, 3, 20, 80))):
                changed[rng.randrange(end)] = rng.choice((0, 255, rng.randrange(256)))
        yield bytes(changed)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_only_our_errors_escape(syntax: uid.UID) -> None:
    data = film(Storage(12, transfer_syntax=syntax))
    outcomes = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for changed in mutated(data, seed=SYNTAXES.index(syntax)):
            try:
                radiograph = read(changed)
            except RadiogradeError as error:
                outcomes.add(error.code)
            else:
                assert 0 <= radiograph.pixels.min() <= radiograph.pixels.max() <= 1
                check_film(radiograph)
                outcomes.add("read")
    assert len(outcomes) > 2
