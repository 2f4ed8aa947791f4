"""What kept one document from arriving, and the error that a result's faults add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radiograde.service.config.site import Kind
from radiograde.service.errors import RefusedError, UnreachableError


@dataclass(frozen=True, slots=True)
class Fault:
    """``passing``: trying later may help, for the document is not to blame."""

    kind: Kind
    why: str
    passing: bool


def raise_for(where: str, faults: Sequence[Fault]) -> None:
    """Return where there are no faults.

    Raises:
        UnreachableError: a fault may pass; the others are named too.
        RefusedError: none does.
    """
    if not faults:
        return
    told = f"{where} did not store " + "; ".join(f"{fault.kind}: {fault.why}" for fault in faults)
    if any(fault.passing for fault in faults):
        raise UnreachableError(f"{told}. It is tried again later.")
    raise RefusedError(f"{told}. Its log may say why; once that is mended, send the result again.")
