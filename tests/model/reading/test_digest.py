import hashlib
import pickle

import numpy as np
import pytest

from radiograde.model.reading.digest import LEAST_BESIDE, Digest, pixel_digest


@pytest.mark.parametrize("size", [0, 1000, LEAST_BESIDE, 3 * LEAST_BESIDE])
def test_it_is_the_sha_256_whenever_it_is_asked_for(size: int) -> None:
    content = b"\7" * size
    digest = Digest.of(content)
    expected = hashlib.sha256(content).hexdigest()
    assert pickle.loads(pickle.dumps(digest)).hex == expected  # noqa: S301 - our own bytes
    assert (digest.hex, digest.hex) == (expected, expected)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (70, 33)])
def test_a_digest_of_pixels_shows_any_changed_pixel_shape_or_type(shape: tuple[int, int]) -> None:
    codes = np.random.default_rng(7).integers(0, 4096, shape, np.uint16)
    digest = pixel_digest(codes)
    assert pixel_digest(np.asfortranarray(codes)) == digest
    digests = {digest, pixel_digest(codes.reshape(1, 1, *shape)), pixel_digest(codes.view("i2"))}
    for place in range(codes.size):
        changed = codes.copy()
        changed.flat[place] ^= 1
        digests.add(pixel_digest(changed))
    assert len(digests) == 3 + codes.size
