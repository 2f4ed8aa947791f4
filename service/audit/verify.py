"""Whether the audit trail is whole: what was changed, removed, moved or cut off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from radiograde.service.audit.audit_event import AuditRow
from radiograde.service.audit.audit_store import AuditStore
from radiograde.service.audit.hash_chain import Chain, Link

FlawKind = Literal["begun_late", "missing", "changed", "cut_off", "no_head"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What does not fit, at which row. ``what``: in a sentence."""

    kind: FlawKind
    seq: int
    what: str


def flaws(store: AuditStore, chain: Chain) -> Iterator[Flaw]:
    """Yield what does not fit, in the order of the rows; nothing where the trail is whole.

    A row counts for as it stands for the row after it, so that one change is one flaw. Rows that
    changed places are two that were changed.

    Raises:
        StoreError: the database does not answer.
    """
    head = chain.head()
    base, seal = store.base()
    if seal and seal != chain.seal(base):
        yield Flaw("begun_late", base.seq, "Rows are missing at the beginning.")
    last = base
    for row in store.in_order():
        if row.seq != last.seq + 1:
            yield Flaw("missing", last.seq + 1, f"{row.seq - last.seq - 1} rows are missing here.")
        elif row.hash != chain.digest(last.hash, row.seq, _values(row)):
            yield Flaw("changed", row.seq, "The row was changed or moved.")
        last = Link(row.seq, row.hash)
        if head is not None and head.seq == row.seq and head.hash != row.hash:
            yield Flaw("changed", row.seq, "The row is not the one that the head was noted of.")
    yield from _at_the_end(head, last, has_rows=last != base)


def _at_the_end(head: Link | None, last: Link, *, has_rows: bool) -> Iterator[Flaw]:
    if head is None:
        if has_rows:
            yield Flaw("no_head", last.seq, "The head is gone: rows may be missing at the end.")
    elif head.seq > last.seq:
        missing = head.seq - last.seq
        yield Flaw("cut_off", last.seq + 1, f"{missing} rows are missing at the end.")


def _values(row: AuditRow) -> dict[str, object]:
    values = asdict(row)
    del values["seq"], values["hash"]
    return values
