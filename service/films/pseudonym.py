"""Which films are of the same patient, without saying of whom: a keyed digest of the identity.

The database then keeps a patient's films apart from others' and names nobody. Without the key,
which lies in the data directory, nobody can try identities out against it.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from functools import cached_property
from pathlib import Path

from radiograde.model.reading.dicom_header import Header
from radiograde.service.films.patient_number import PatientNumber
from radiograde.service.secret_file import secret_in

KEY_FILE = "pseudonym.key"
KEY_BYTES = 32
LENGTH = 26
LABEL_LENGTH = 6

_PLACEHOLDER = re.compile(
    r"0*|9{4,}|X+|ANON(YM(OUS|I[SZ]ED)?)?|DEFAULT|DEIDENTIFIED|EMPTY|ID|N[AI]L?|(NO)?NAME|NO(NE|ID)"
    r"|NOTAVAILABLE|NULL|PATIENT(ID)?|REMOVED|TEST|UN(ASSIGNED|DEFINED|IDENTIFIED|KNOWN|SPECIFIED)"
)
"""What is written where no identifier is known, without its punctuation."""


class Pseudonyms:
    """Gives patients their pseudonyms; safe to share among threads and processes."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / KEY_FILE

    def of(self, header: Header) -> str | None:
        """Return 26 capitals and digits, the same for the same patient; None for nobody.

        A patient is issuer, identifier and birth date (PS3.3 C.7.1.1). Without an identifier, or
        with a placeholder for one, there is none.

        Raises:
            NoSpaceError: the key cannot be written.
            StoreError: the key cannot be read.
        """
        identifier = _clean(header, "PatientID")
        if is_placeholder(identifier):
            return None
        born = re.sub(rb"\D", b"", _clean(header, "PatientBirthDate"))
        identity = b"\0".join((_clean(header, "IssuerOfPatientID"), identifier, born))
        return self._digest(identity)

    def number_of(self, header: Header) -> PatientNumber | None:
        """Return the patient's number and its issuer alone; None for nobody.

        Raises as :meth:`of`.
        """
        return self.number(header.decoded("PatientID"), header.decoded("IssuerOfPatientID"))

    def number(self, identifier: str, issuer: str = "") -> PatientNumber | None:
        """Return a number that another system wrote; None for a placeholder.

        Raises as :meth:`of`.
        """
        plain, named = (" ".join(text.split()).encode() for text in (identifier, issuer))
        if is_placeholder(plain):
            return None
        return PatientNumber(
            self._digest(b"number\0" + plain), self._digest(b"issuer\0" + named) if named else ""
        )

    def _digest(self, identity: bytes) -> str:
        digest = hmac.digest(self._key, identity, "sha256")
        return base64.b32encode(digest).decode("ascii")[:LENGTH]

    @cached_property
    def _key(self) -> bytes:
        return secret_in(self._path, secrets.token_bytes(KEY_BYTES))


def label_of(pseudonym: str) -> str:
    """Return the pseudonym as people can say it."""
    return pseudonym[:LABEL_LENGTH]


def is_placeholder(identifier: bytes) -> bool:
    """Return whether a PatientID (0010,0020) is empty or written where none is known."""
    word = re.sub(r"[\W_]", "", identifier.decode("latin-1")).upper()
    return _PLACEHOLDER.fullmatch(word) is not None


def _clean(header: Header, keyword: str) -> bytes:
    """Return an element's bytes in whatever character set, without padding and double spaces."""
    return b" ".join((header.raw(keyword) or b"").replace(b"\0", b" ").split())
