"""A patient by number and issuer alone, as messages of other systems name one: keyed digests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class PatientNumber:
    """``number``, ``issuer``: digests; "" for an issuer that is not known."""

    number: str
    issuer: str = ""

    def may_be(self, other: PatientNumber) -> bool:
        """Return whether both may be one: the same number, of issuers that do not differ."""
        same_issuer = self.issuer == other.issuer or not (self.issuer and other.issuer)
        return self.number == other.number and same_issuer


@dataclass(frozen=True, slots=True)
class PatientLink:
    """Two numbers of one patient; ``linked`` False: they are of two, whatever was said before.

    ``occurred``: when it was so decided, in UTC to the microsecond, as 20 digits.
    """

    one: PatientNumber
    other: PatientNumber
    linked: bool
    occurred: str

    @property
    def ends(self) -> tuple[PatientNumber, PatientNumber]:
        """Both numbers, in an order that does not depend on who was merged into whom."""
        return (self.one, self.other) if self.one <= self.other else (self.other, self.one)
