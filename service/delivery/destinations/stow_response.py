"""The two bodies of STOW-RS: instances in a multipart, and the account of what became of them.

PS3.18 10.5 and 8.6.1; the account is Table 10.5.3-1 in DICOM JSON (PS3.18 Annex F).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DICOM_JSON = "application/dicom+json"

_REFERENCED_SOP_SEQUENCE = "00081199"
_FAILED_SOP_SEQUENCE = "00081198"
_REFERENCED_SOP_INSTANCE_UID = "00081155"
_WARNING_REASON = "00081196"
_FAILURE_REASON = "00081197"


def multipart(instances: Sequence[bytes]) -> tuple[bytes, str]:
    """Return a multipart/related body (RFC 2387) of Part 10 files, and its Content-Type."""
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    parts = [part for instance in instances for part in (head, instance, b"\r\n")]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, f'multipart/related; type="application/dicom"; boundary={boundary}'


@dataclass(frozen=True, slots=True)
class Account:
    """By SOP Instance UID: what was stored, with a warning's code or 0; what failed, and why."""

    stored: Mapping[str, int]
    failed: Mapping[str, int]


def read_account(answer: Any) -> Account | None:
    """Return the account in an answer's JSON, None where it holds none; no reason given is 0110."""
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if not isinstance(answer, dict):
        return None
    if not {_REFERENCED_SOP_SEQUENCE, _FAILED_SOP_SEQUENCE} & answer.keys():
        return None
    return Account(
        _codes(answer, _REFERENCED_SOP_SEQUENCE, _WARNING_REASON, 0),
        _codes(answer, _FAILED_SOP_SEQUENCE, _FAILURE_REASON, 0x0110),
    )


def _codes(ds: dict[str, Any], sequence: str, reason: str, unsaid: int) -> dict[str, int]:
    codes: dict[str, int] = {}
    for item in _values(ds, sequence):
        for uid in _values(item, _REFERENCED_SOP_INSTANCE_UID):
            said = [value for value in _values(item, reason) if isinstance(value, int)]
            codes[str(uid)] = said[0] if said else unsaid
    return codes


def _values(ds: Any, tag: str) -> list[Any]:
    element = ds.get(tag) if isinstance(ds, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []
