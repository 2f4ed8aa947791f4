"""Secrets of the site file, which names the environment variables and files that hold them."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import SecretStr

from radiograde.service.errors import SiteError


def secret_of(variable: str | None, file: Path | None = None) -> SecretStr | None:
    """Return a secret from its variable or its file; None where neither is named.

    Raises:
        SiteError: the variable is empty, or the file cannot be read or is empty.
    """
    if variable is not None:
        value = os.environ.get(variable, "")
        if not value:
            raise SiteError(
                f"The environment variable {variable}, which the site file names, is empty."
            )
        return SecretStr(value)
    if file is None:
        return None
    try:
        value = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(f"{file}, which the site file names, cannot be read.") from error
    if not value:
        raise SiteError(f"{file}, which the site file names, is empty.")
    return SecretStr(value)
