"""What every destination can do, and the steps of a self-test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from radiograde.service.errors import DeliveryError
from radiograde.service.retrieve_errors import RetrieveError

if TYPE_CHECKING:  # documents need pydicom, and the command to test destinations is to be quick
    from radiograde.service.documents.document import Document
    from radiograde.service.reviews.withdrawal import SentObject, Withdrawal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a self-test tried: what, whether it went well, and what to do if not."""

    what: str
    level: Literal["ok", "warn", "fail"]
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a destination is to reject: why, and which of what it was sent.

    ``note``: the rejection note of the DICOM objects among them; None where there are none.
    ``message``: the same for HL7 messages.
    """

    withdrawal: Withdrawal
    objects: tuple[SentObject, ...]
    note: Document | None
    message: Document | None = None


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

    def withdraw(self, taken: Taken, result_id: str) -> None:
        """Have what was sent of one result rejected there; twice leaves what once does.

        Raises as :meth:`send`.
        """
        ...

    def check(self) -> list[Finding]:
        """Return what a self-test found; nothing of a patient is sent."""
        ...


@runtime_checkable
class Committing(Destination, Protocol):
    """An archive that can be asked whether it keeps what it was sent."""

    @property
    def commits(self) -> bool:
        """Whether the site file has it asked."""
        ...

    def commit(self, transaction_uid: str, objects: Mapping[str, str]) -> Sequence[frozenset[str]]:
        """Ask it; return which it says at once that it keeps, nothing where it says so later.

        ``objects``: SOP Class UIDs by SOP Instance UIDs. Raises as :meth:`send`.
        """
        ...


Step = tuple[str, Callable[[], str | None]]
"""What is tried, and the trying: it returns advice where something is doubtful, else None, and
raises DeliveryError or RetrieveError with what to do where it fails."""


def run_steps(steps: Sequence[Step]) -> list[Finding]:
    """Return a finding for each step, up to the first that fails."""
    findings: list[Finding] = []
    for what, attempt in steps:
        try:
            advice = attempt()
        except (DeliveryError, RetrieveError) as error:
            return [*findings, Finding(what, "fail", error.message)]
        findings.append(Finding(what, "warn", advice) if advice else Finding(what, "ok"))
    return findings
