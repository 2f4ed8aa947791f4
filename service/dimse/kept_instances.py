"""What storage commitment has to know: which instances are kept."""

from __future__ import annotations

from typing import Protocol


class KeptInstances(Protocol):
    """Knows what was accepted; safe to share among threads."""

    def holds(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        """Return whether an instance of this class and UID was accepted and is still kept.

        Raises:
            StoreError: the records do not answer.
        """
        ...
