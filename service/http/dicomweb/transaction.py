"""The Studies Store Transaction (STOW-RS), PS3.18 section 10.5: part by part into the intake."""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool

from radiograde.model.errors import RadiogradeError, TooLargeError
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import PREAMBLE
from radiograde.model.reading.film_attributes import uid
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.errors import NoSpaceError, StoreError, UnsupportedMediaError
from radiograde.service.films.intake import Intake
from radiograde.service.http.dicomweb.outcome import (
    Failed,
    FailureReason,
    Instance,
    Outcome,
    Stored,
)
from radiograde.service.http.multipart import MultipartPart

log = structlog.get_logger("radiograde.stow")

DICOM = "application/dicom"
_PLAIN_ENCODINGS = ("", "binary", "8bit", "7bit")
"""Content-Transfer-Encodings that leave the bytes as they are, RFC 2045 section 6."""


class StoreTransaction:
    """Takes the parts of one request and remembers what became of each.

    ``study``: the Study Instance UID that every instance must belong to; None: any. ``sender``:
    who sends them.
    """

    def __init__(
        self,
        intake: Intake,
        limits: Limits,
        study: str | None = None,
        sender: str | None = None,
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._intake = intake
        self._limits = limits
        self._study = study
        self._sender = sender
        self._away: RadiogradeError | None = None

    @property
    def stored(self) -> int:
        """How many parts are safe on disk."""
        return sum(isinstance(outcome, Stored) for outcome in self.outcomes)

    @property
    def film_ids(self) -> list[str]:
        """The films that the parts are of which are safe on disk."""
        return [one.receipt.film_id for one in self.outcomes if isinstance(one, Stored)]

    @property
    def refusal(self) -> RadiogradeError | None:
        """The error that kept every part out: no room for any, or one fault that all share.

        None where something was stored, or parts failed for reasons of their own.
        """
        if self.stored:
            return None
        if self._away is not None:
            return self._away
        errors = [outcome.error for outcome in self.outcomes if isinstance(outcome, Failed)]
        return errors[0] if len({type(error) for error in errors}) == 1 else None

    async def take(self, part: MultipartPart) -> None:
        """Store a part, on a thread: one that cannot be stored is an outcome, never an error."""
        self.outcomes.append(await run_in_threadpool(self._take, part))

    def _take(self, part: MultipartPart) -> Outcome:
        film = FilmFile(part.content, self._limits)  # of one too large its beginning
        instance = identify(film)
        if part.media_type not in ("", DICOM) or part.encoding not in _PLAIN_ENCODINGS:
            error: RadiogradeError = UnsupportedMediaError(
                f"A part is not {DICOM}, or encoded. Send DICOM files as they are."
            )
            return Failed(FailureReason.NOT_UNDERSTOOD, instance, error)
        if part.too_large:
            error = TooLargeError("The instance is larger than this service takes.")
            return Failed(FailureReason.OUT_OF_RESOURCES, instance, error)
        if instance is None:
            return Failed(FailureReason.NOT_UNDERSTOOD)
        if not instance.can_be_referenced:
            return Failed(FailureReason.NOT_CONFORMING, instance)
        if self._study not in (None, instance.study_instance_uid):
            return Failed(FailureReason.OTHER_STUDY, instance)
        if self._away is not None:  # every further try might wait for the same dead database
            return Failed(FailureReason.OUT_OF_RESOURCES, instance, self._away)
        return self._accept(instance, film)

    def _accept(self, instance: Instance, film: FilmFile) -> Outcome:
        try:
            return Stored(instance, self._intake.accept(film, "dicomweb", self._sender))
        except (StoreError, NoSpaceError) as error:
            self._away = error
            return Failed(FailureReason.OUT_OF_RESOURCES, instance, error)
        except TooLargeError as error:
            return Failed(FailureReason.OUT_OF_RESOURCES, instance, error)
        except Exception as error:  # noqa: BLE001 - the other parts may still be stored
            log.error("unexpected_error", type=type(error).__name__)
            return Failed(FailureReason.PROCESSING_FAILURE, instance)


def identify(film: FilmFile) -> Instance | None:
    """Return the instance in a DICOM file (PS3.10 section 7); None where none can be made out."""
    header = film.header
    if header is None or film.content[PREAMBLE : PREAMBLE + 4] != b"DICM":
        return None
    names = "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID"
    sop_class, sop_instance, study = (uid(header, name) for name in names)
    found = sop_class or sop_instance or study
    return Instance(sop_class, sop_instance, study) if found else None
