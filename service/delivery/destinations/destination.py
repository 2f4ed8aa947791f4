"""What every destination can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from radiograde.service.documents.document import Document


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a self-test tried: what, whether it went well, and what to do if not."""

    what: str
    level: Literal["ok", "warn", "fail"]
    advice: str = ""


class Destination(Protocol):
    """One destination; safe to share among threads. Sending twice leaves what sending once does."""

    @property
    def name(self) -> str:
        """The destination's name in the site file."""
        ...

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        """Send all documents of one result, and come back once they are kept there.

        One that is not taken does not keep the others from being sent.

        Raises:
            UnreachableError: it does not answer, has no room, or a setting at either end (a title,
                a credential, an address) keeps it from taking them; later it may.
            RefusedError: it answered, and will not have one of these documents as it is.
        """
        ...

    def check(self) -> list[Finding]:
        """Return what a self-test found; nothing of a patient is sent."""
        ...
