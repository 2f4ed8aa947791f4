"""What parsers raise on broken bytes, as an error of the family."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from radiograde.model.errors import MalformedImageError, RadiogradeError


@contextmanager
def damage_as_error() -> Iterator[None]:
    """Turn whatever is raised within the ``with`` block into an error of the family.

    Raises:
        RadiogradeError: as it was raised.
        MalformedImageError: anything else. Its cause is dropped: it may quote the header, and so
            the patient.
    """
    try:
        yield
    except RadiogradeError:
        raise
    except Exception:  # noqa: BLE001 - on broken bytes parsers raise anything
        raise MalformedImageError("The file is damaged. Export the film again.") from None
