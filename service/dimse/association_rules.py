"""What an association may ask for: who calls, presentation contexts, and the statuses answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom import uid
from pydicom.uid import UID
from pynetdicom.presentation import PresentationContext, build_context

from radiograde.service.config.loopback import is_loopback
from radiograde.service.config.site import NodeConfig
from radiograde.service.dicom_pdu import COMMITMENT
from radiograde.service.errors import UnsafeHostError

VERIFICATION = UID("1.2.840.10008.1.1")
UNCOMPRESSED = (
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
)


@dataclass(frozen=True, slots=True)
class Status:
    """A status, PS3.7 annex C, PS3.4 B.2.3 and J.3.2, and a few words that name no patient."""

    code: int
    comment: str = ""


SUCCESS = Status(0x0000)

UID_SHARED = Status(0xB000, "Kept beside another object of this UID")
"""A warning of PS3.4 B.2.3: the object is stored."""

PROCESSING_FAILURE = Status(0x0110, "Processing failure")
NO_SUCH_INSTANCE = Status(0x0112, "No such SOP instance")
NO_SUCH_EVENT = Status(0x0113, "No such event type")
INVALID_ARGUMENT = Status(0x0115, "Transaction or references cannot be read")
INVALID_INSTANCE = Status(0x0117, "SOP Instance UID missing or too long")
CLASS_NOT_SUPPORTED = Status(0x0122, "Not the SOP class of the presentation context")
NO_SUCH_ACTION = Status(0x0123, "No such action")
NOT_AUTHORIZED = Status(0x0124, "This AE title may not")
RESOURCE_LIMITATION = Status(0x0213, "Too many reports or references, try again later")

CONTRADICTION = Status(0xA900, "Data set is not the instance that is named")
CANNOT_UNDERSTAND = Status(0xC000, "Data set cannot be read")
NO_DATA_SET = Status(0xC000, "Data set missing")
UNEXPECTED = Status(0xC001, "Unexpected failure")
TOO_LARGE = Status(0xA700, "Larger than this node takes")


@dataclass(frozen=True, slots=True)
class AllowedTitles:
    """AE titles of the site file. Without any title in either list all may do everything."""

    store_from: frozenset[str]
    commit_from: frozenset[str]
    report_from: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config: NodeConfig, report_from: Iterable[str] = ()) -> AllowedTitles:
        """Return the titles that a site file lists; ``report_from``: of who is asked to commit."""
        return cls(
            frozenset(config.store_from), frozenset(config.commit_from), frozenset(report_from)
        )

    @property
    def is_open(self) -> bool:
        """Whether no title is listed."""
        return not self.store_from and not self.commit_from

    def may_associate(self, title: bytes) -> bool:
        """Whether a calling AE title, as it was sent, may have an association."""
        titles = self.store_from | self.commit_from | self.report_from
        return self.is_open or title in {one.encode() for one in titles}

    def may_store(self, title: str) -> bool:
        """Whether it may store."""
        return self.is_open or title in self.store_from

    def may_report(self, title: str) -> bool:
        """Whether it may report on storage commitment that it was asked for."""
        return self.is_open or title in self.report_from

    def may_commit(self, title: str) -> bool:
        """Whether it may ask for storage commitment."""
        return self.is_open or title in self.commit_from


def check_exposure(config: NodeConfig, *, allow_insecure: bool) -> None:
    """Raise UnsafeHostError where anyone in the network could store."""
    asks_for_certificates = config.tls is not None and config.tls.ca is not None
    guarded = asks_for_certificates or not AllowedTitles.of(config).is_open
    if not (is_loopback(config.host) or guarded or allow_insecure):
        raise UnsafeHostError(
            f"On {config.host} anyone in the network could send films. In the site file, name the "
            "AE titles that may (node.store_from), or ask for certificates (node.tls.ca); or "
            "accept it with --allow-insecure (RADIOGRADE_ALLOW_INSECURE=true)."
        )


def supported_contexts() -> list[PresentationContext]:
    """Return what is accepted beside storage: verification and commitment.

    Storage is accepted for every class and in every transfer syntax, as pynetdicom's
    ``UNRESTRICTED_STORAGE_SERVICE`` does: keeping an object needs no decoder.
    """
    commitment = build_context(COMMITMENT, list(UNCOMPRESSED))
    # Its callers ask for commitment, or report on what they were asked for.
    commitment.scu_role = commitment.scp_role = True
    return [build_context(VERIFICATION, list(UNCOMPRESSED)), commitment]
