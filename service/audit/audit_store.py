"""The audit trail in its database: rows are added in the order of the chain, read, and cut off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from radiograde.service.audit.audit_event import AuditRow
from radiograde.service.audit.hash_chain import KEY_FILE, START, Chain, Link
from radiograde.service.config.settings import Settings
from radiograde.service.database.audit_database import AuditDatabase, audit_url
from radiograde.service.database.audit_tables import audit_base, audit_events, audit_sent
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of
from radiograde.service.storage.open_storage import open_storage, share_secrets

_AT_ONCE = 1000


class AuditStore:
    """Keeps events; safe to share among threads and processes."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self.database = database
        self._chain = chain

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

    def append(self, events: Sequence[Mapping[str, Any]]) -> Link:
        """Add rows, in their order, and return where the chain ends now; processes take turns.

        ``events``: columns but number and hash, see :func:`..audit_event.values_of`.

        Raises:
            StoreError: the database does not answer; nothing was added.
            OSError: the head cannot be noted; the rows are there.
        """
        rows: list[dict[str, Any]] = []
        with self.database.write() as connection:
            last = self._end(connection)
            for values in events:
                seq = last.seq + 1
                last = Link(seq, self._chain.digest(last.hash, seq, values))
                rows.append({**values, "seq": seq, "hash": last.hash})
            connection.execute(sa.insert(audit_events), rows)
        self._chain.note_head(last)
        return last

    def rows(self, query: sa.Select[Any]) -> list[AuditRow]:
        """Return the rows that a query of :func:`everything` finds. Raises StoreError."""
        return self.database.rows(query, AuditRow)

    def in_order(self, after: int = 0) -> Iterator[AuditRow]:
        """Yield the rows after a number, in the order of the chain. Raises StoreError."""
        with self.database.reading() as connection:
            query = everything().where(audit_events.c.seq > after).order_by(audit_events.c.seq)
            found = connection.execution_options(yield_per=_AT_ONCE).execute(query)
            for row in found.mappings():
                yield AuditRow(**row)

    def count(self) -> int:
        """Return how many rows there are. Raises StoreError."""
        return self.database.values(sa.select(sa.func.count()).select_from(audit_events), int)[0]

    def base(self) -> tuple[Link, str]:
        """Return where the chain begins, and the seal of that. Raises StoreError."""
        with self.database.reading() as connection:
            found = connection.execute(sa.select(audit_base)).mappings().first()
        if found is None:
            return START, ""
        return Link(found["seq"], found["hash"]), found["seal"]

    def prune(self, before: str) -> int:
        """Remove the rows of before a time, from the first on, and return how many.

        Raises StoreError.
        """
        with self.database.write() as connection:
            self._end(connection)
            first_kept = sa.select(sa.func.min(audit_events.c.seq)).where(
                audit_events.c.at >= before
            )
            kept = connection.scalar(first_kept)
            last = sa.select(audit_events.c.seq, audit_events.c.hash).order_by(
                audit_events.c.seq.desc()
            )
            if kept is not None:
                last = last.where(audit_events.c.seq < kept)
            cut = connection.execute(last.limit(1)).first()
            if cut is None:
                return 0
            base = Link(cut.seq, cut.hash)
            connection.execute(
                sa.update(audit_base).values(**asdict(base), seal=self._chain.seal(base))
            )
            gone = sa.delete(audit_events).where(audit_events.c.seq <= base.seq)
            return connection.execute(gone).rowcount

    def sent_up_to(self, receiver: str) -> int:
        """Return the number of the last row that a receiver has. Raises StoreError."""
        query = sa.select(audit_sent.c.seq).where(audit_sent.c.receiver == receiver)
        return next(iter(self.database.values(query, int)), 0)

    def note_sent(self, receiver: str, seq: int) -> None:
        """Note the number of the last row that a receiver has. Raises StoreError."""
        with self.database.write() as connection:
            known = sa.update(audit_sent).where(audit_sent.c.receiver == receiver).values(seq=seq)
            if not connection.execute(known).rowcount:
                connection.execute(sa.insert(audit_sent).values(receiver=receiver, seq=seq))

    def _end(self, connection: sa.Connection) -> Link:
        """Return where the chain ends; whoever asks in a transaction is alone until its end."""
        base = connection.execute(sa.select(audit_base).with_for_update()).mappings().first()
        if base is None:
            connection.execute(
                sa.insert(audit_base).values(id=1, **asdict(START), seal=self._chain.seal(START))
            )
        last = connection.execute(
            sa.select(audit_events.c.seq, audit_events.c.hash)
            .order_by(audit_events.c.seq.desc())
            .limit(1)
        ).first()
        if last is not None:
            return Link(last.seq, last.hash)
        return START if base is None else Link(base["seq"], base["hash"])


def everything() -> sa.Select[Any]:
    """Return the query for all rows."""
    return sa.select(*columns_of(audit_events, AuditRow))


@contextmanager
def opened_audit(settings: Settings) -> Iterator[AuditStore]:
    """Give the audit trail of an installation within the ``with`` block.

    Raises:
        StoreError: it cannot be opened.
        NoSpaceError: its key cannot be written.
    """
    store = open_audit_store(settings)
    try:
        yield store
    finally:
        store.close()


def open_audit_store(settings: Settings) -> AuditStore:
    """Return the audit trail of an installation. Raises as :func:`opened_audit`."""
    if not (settings.data_dir / KEY_FILE).exists():
        share_secrets(open_storage(settings), settings.data_dir)
    chain = Chain(settings.data_dir)
    database = AuditDatabase(audit_url(settings.store_url, settings.data_dir))
    return AuditStore(database, chain)
