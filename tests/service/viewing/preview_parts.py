"""A preview taken apart as its reference says."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.service.viewing.test_packed_pixels import unpacked

_WORDS = 12


def view_and_planes(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the view and the bytes of the maps."""
    view, planes, _ = struct.unpack_from("<III", content)
    end = _WORDS + view
    return json.loads(content[_WORDS:end]), content[end : end + planes]


def means(content: bytes) -> tuple[int, NDArray[np.uint16]]:
    """Return how many film pixels a preview pixel spans, and the preview's pixels."""
    view, planes, reach = struct.unpack_from("<III", content)
    facts = json.loads(content[_WORDS : _WORDS + view])
    shape = (-(-facts["rows"] // reach), -(-facts["columns"] // reach))
    return reach, unpacked(content[_WORDS + view + planes :], shape)
