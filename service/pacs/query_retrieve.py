"""What films are asked of a PACS by: a query, what it finds, and how a film is had.

Two kinds of PACS speak it: a DICOM node (C-FIND with C-MOVE or C-GET, PS3.4 annex C) and a
DICOMweb server (QIDO-RS and WADO-RS, PS3.18 10.4 and 10.6).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import uuid4

from radiograde.model.reading.body_part import classify
from radiograde.model.reading.film_attributes import FILM_CLASSES
from radiograde.service.delivery.destinations.destination import Finding

Keep = Callable[[bytes], object]
"""Takes a film's Part 10 bytes."""


@dataclass(frozen=True, slots=True)
class PatientIdentity:
    """Whose films are looked for: PatientID and IssuerOfPatientID, PS3.3 C.7.1.1."""

    id: str = field(repr=False)
    issuer: str = field(default="", repr=False)

    def may_be(self, other: PatientIdentity) -> bool:
        """Return whether an answer is of this patient, as far as it says.

        The identifier is the same, letter by letter; an issuer is compared where both are known.
        """
        if self.id != other.id:
            return False
        return not (self.issuer and other.issuer) or self.issuer == other.issuer


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """Studies of these days, both included; of one patient, or of all."""

    since: date
    until: date
    patient: PatientIdentity | None = None


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study that a PACS has. ``modalities``: of its series; empty where it does not say."""

    study_instance_uid: str
    day: date | None
    patient: PatientIdentity
    modalities: frozenset[str] = frozenset()

    def may_hold(self, modalities: Collection[str]) -> bool:
        """Return whether there may be a series of one of the modalities in it."""
        return not self.modalities or bool(self.modalities & set(modalities))


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An instance that a PACS has.

    ``body_part``: BodyPartExamined in capitals; ``description``: of its series. What an archive
    does not say is empty.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    modality: str
    body_part: str = ""
    description: str = field(default="", repr=False)

    @property
    def may_be_film(self) -> bool:
        """Whether its class is one of radiographs; not every archive says of which it is."""
        return not self.sop_class_uid or self.sop_class_uid in FILM_CLASSES

    def is_film(self, modalities: Collection[str]) -> bool:
        """Return whether it is a radiograph of one of the modalities."""
        return self.may_be_film and self.modality in modalities

    def shows(self, body_parts: Collection[str]) -> bool:
        """Return whether it shows one of the parts; without any: perhaps a chest.

        Where nothing is said of the part, it may.
        """
        if body_parts:
            return not self.body_part or self.body_part in body_parts
        return classify(self.body_part or self.description) != "other"


class PacsSession(Protocol):
    """A conversation with a PACS.

    Every method raises UnreachableError where it does not answer, and RetrieveError where it
    answers that it cannot or will not.
    """

    def studies(self, query: StudyQuery) -> list[FoundStudy]:
        """Return the studies that a query finds."""
        ...

    def images(self, study_instance_uid: str, modalities: Collection[str] = ()) -> list[FoundImage]:
        """Return the instances of a study; with ``modalities``: of its series of these alone."""
        ...

    def retrieve(self, image: FoundImage, keep: Keep) -> None:
        """Have an instance; what comes is given to ``keep``, and what that raises is raised.

        By C-MOVE the PACS sends it to the own node instead, and it is there when this returns.
        Raises TooLargeError where more comes than a film may have.
        """
        ...


class Pacs(Protocol):
    """A PACS that films can be fetched from; safe to share among threads."""

    @property
    def name(self) -> str:
        """Its name in the site file."""
        ...

    def session(self) -> AbstractContextManager[PacsSession]:
        """Return a conversation. Entering it raises UnreachableError where there is none."""
        ...

    def check(self) -> list[Finding]:
        """Return what asking for a study that nobody has came to; nothing of a patient is sent."""
        ...


def nobody() -> str:
    """Return a UID that no study has, PS3.5 B.2."""
    return f"2.25.{uuid4().int}"


MOST_FOUND = 20_000
"""Answers to one query: a PACS that finds more has not understood it."""
