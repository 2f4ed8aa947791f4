"""The chain that makes an edit show: each row's hash covers the row and the hash before it.

The hashes are made with a key that lies in the data directory, apart from the database: whoever
can write to the tables alone cannot make a row anew. The head, the last number and hash, lies in a
file there as well, so that rows missing at the end are found.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radiograde.service.atomic_write import write_atomically
from radiograde.service.secret_file import secret_in

KEY_FILE = "audit.key"
HEAD_FILE = "audit.head"
KEY_BYTES = 32
BEGINNING = "0" * 64
"""The hash before the first row."""


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: a row's number and its hash."""

    seq: int
    hash: str


START = Link(0, BEGINNING)


class Chain:
    """Makes hashes and seals with the key of an installation."""

    def __init__(self, data_dir: Path) -> None:
        """Read the key, or make it.

        Raises:
            NoSpaceError: it cannot be written.
            StoreError: it cannot be read.
        """
        self._key = secret_in(data_dir / KEY_FILE, secrets.token_bytes(KEY_BYTES))
        self._head = data_dir / HEAD_FILE

    def digest(self, before: str, seq: int, values: Mapping[str, Any]) -> str:
        """Return the hash of a row; ``values``: its columns but number and hash."""
        canonical = json.dumps({"seq": seq, **values}, sort_keys=True, separators=(",", ":"))
        return self._mac(f"{before}\n{canonical}")

    def seal(self, base: Link) -> str:
        """Return what shows that the chain was cut here by its own rule."""
        return self._mac(f"base\n{base.seq}\n{base.hash}")

    def head(self) -> Link | None:
        """Return the last place that was noted; None where none is."""
        with suppress(OSError, ValueError):
            seq, digest = self._head.read_text("ascii").split()
            return Link(int(seq), digest)
        return None

    def note_head(self, head: Link) -> None:
        """Write the last place down, unless a later one is there. Raises OSError."""
        present = self.head()
        if present is None or present.seq < head.seq:
            content = f"{head.seq} {head.hash}\n".encode("ascii")
            write_atomically(self._head, content, durable=False)

    def _mac(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), "sha256").hex()
