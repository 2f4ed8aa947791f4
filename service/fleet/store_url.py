"""Files below a URL, or in a folder of this computer, by fsspec."""

from __future__ import annotations

import re
from typing import Any

import fsspec

from radiograde.service.errors import ConfigurationError

URL = re.compile(r"[a-z][a-z0-9+.-]*://")


def store_at(place: str) -> tuple[Any, str]:
    """Return a file system of fsspec, and the path of a place in it.

    Addresses and keys of a store are those of the environment, as its library reads them.

    Raises:
        ConfigurationError: no library that is installed speaks the protocol.
    """
    try:
        files, path = fsspec.core.url_to_fs(place, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise ConfigurationError(f"{place} cannot be reached: {error}") from error
    return files, str(path)
