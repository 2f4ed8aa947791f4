import hashlib
import pickle

import pytest

from radiograde.model.reading.digest import LEAST_BESIDE, Digest


@pytest.mark.parametrize("size", [0, 1000, LEAST_BESIDE, 3 * LEAST_BESIDE])
def test_it_is_the_sha_256_whenever_it_is_asked_for(size: int) -> None:
    content = b"\7" * size
    digest = Digest.of(content)
    expected = hashlib.sha256(content).hexdigest()
    assert pickle.loads(pickle.dumps(digest)).hex == expected  # noqa: S301 - our own bytes
    assert (digest.hex, digest.hex) == (expected, expected)
