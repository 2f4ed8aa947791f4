"""What lies below a folder in which others write and remove at the same time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def paths_below(folder: Path, *, complete: bool = False) -> Iterator[Path]:
    """Yield every file and folder below one; what vanishes meanwhile is left out.

    ``complete``: a folder that cannot be listed is an error, and is not left out.

    Raises:
        OSError: with ``complete``, a folder that is there cannot be listed.
    """

    def refuse(error: OSError) -> None:
        if complete and not isinstance(error, FileNotFoundError):
            raise error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        for name in (*folders, *files):
            yield Path(parent) / name
