"""Records of what was measured, as the JSON files that are signed and filed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import TypeAdapter


class JsonRecord:
    """A dataclass that is written to disk as JSON and named by the sha256 of that file."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return the record as types that JSON knows."""
        plain: dict[str, Any] = TypeAdapter(type(self)).dump_python(self, mode="json")
        return plain

    def to_bytes(self) -> bytes:
        """Return the record as it is written to disk."""
        return (json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n").encode()

    @property
    def digest(self) -> str:
        """The sha256 of those bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()
