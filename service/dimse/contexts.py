"""Which presentation contexts are accepted: what is read, and whatever else a route may send."""

from __future__ import annotations

from pydicom import uid
from pydicom.uid import UID
from pynetdicom.presentation import PresentationContext, build_context

VERIFICATION = UID("1.2.840.10008.1.1")
COMMITMENT = UID("1.2.840.10008.1.20.1")
"""Storage Commitment Push Model."""

COMMITMENT_INSTANCE = UID("1.2.840.10008.1.20.1.1")
"""Storage Commitment Push Model SOP Instance, PS3.4 J.3.5."""

PLAIN = (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian)


def supported() -> list[PresentationContext]:
    """Return what is accepted beside storage: verification and commitment.

    Storage is accepted for every class and in every transfer syntax, as pynetdicom's
    ``UNRESTRICTED_STORAGE_SERVICE`` does: keeping an object needs no decoder.
    """
    return [build_context(one, list(PLAIN)) for one in (VERIFICATION, COMMITMENT)]
