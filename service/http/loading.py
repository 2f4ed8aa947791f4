"""Loading what stays for as long as the service runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Search no garbage within the ``with`` block, and none later in what is there at its end.

    Python would look through all that is loaded again and again as it grows, a tenth of a start,
    and once more in the midst of an answer, which takes a fifth of a second.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
