"""The one intake of every source that keeps films: bytes on disk first, then the film's record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from ulid import ULID

from radiograde.model.limits import Limits
from radiograde.model.reading.acquisition_time import acquired
from radiograde.model.reading.film_attributes import uid
from radiograde.model.reading.film_file import (
    FilmFile,
    is_same_instance,
    open_film,
    shows_the_same,
)
from radiograde.service.atomic_write import Content
from radiograde.service.config.site import FilmSource
from radiograde.service.errors import StoreError
from radiograde.service.films.archive import Archive
from radiograde.service.films.constancy_films import ConstancyFilms
from radiograde.service.films.correction_repository import HeaderFacts
from radiograde.service.films.expected_priors import ExpectedPriors
from radiograde.service.films.film_repository import Film, FilmRepository, NewFilm
from radiograde.service.films.header_correction import is_corrected
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.retrieve_errors import OtherPatientError

log = structlog.get_logger("radiograde.films")

LONGEST_SENDER = 64


@dataclass(frozen=True, slots=True)
class Receipt:
    """``film_id``: a ULID, and the id of its result later. ``known``: it was here before.

    ``shares_uid``: another film is kept under its SOP Instance UID.
    """

    film_id: str
    known: bool
    shares_uid: bool = False


class Intake(Protocol):
    """Takes films in; safe to share among threads."""

    def accept(
        self, content: Content | FilmFile, source: FilmSource, sender: str | None = None
    ) -> Receipt:
        """Return the receipt for a file; blocks until it is synced to disk.

        ``sender``: AE title, name of a key or user, address, or watched folder.

        DICOM in Part 10 form, PNG or JPEG; anything else is accepted too, and fails when it is
        graded. The same SOP Instance UID (PS3.3 C.12.1), or the same bytes where there is none,
        is the same film, whatever source it comes by; but another picture under a known UID is
        another film.

        A film by C-STORE that was asked for as a prior comes by the source ``prior``.

        Raises:
            TooLargeError: more bytes than are accepted.
            OtherPatientError: it was asked for as a prior, and is of another patient.
            NoSpaceError: it cannot be written; it was not accepted.
            StoreError: its work cannot be recorded; it was not accepted.
        """
        ...


class FilmIntake:
    """Keeps films and records their work; safe to share among threads."""

    def __init__(
        self,
        archive: Archive,
        films: FilmRepository,
        limits: Limits,
        pseudonyms: Pseudonyms,
        expected: ExpectedPriors | None = None,
        constancy: ConstancyFilms | None = None,
    ) -> None:
        self._archive = archive
        self._films = films
        self._limits = limits
        self._pseudonyms = pseudonyms
        self._expected = expected
        self._constancy = constancy

    def accept(
        self, content: Content | FilmFile, source: FilmSource, sender: str | None = None
    ) -> Receipt:
        """Return the receipt for a file; see :class:`Intake`.

        A film that could not be graded is accepted anew. Under a known UID the same picture with
        another header counts as the film that is known, and corrects it (IHE PIR): whose film it
        is, of which order and when is from then on what the last header says. Over HTTP, where
        the sender waits for its result, it is another film if its header corrects none of that.
        """
        file = content if isinstance(content, FilmFile) else open_film(content, self._limits)
        film = self._as_expected(self.describe(file, source))
        film = replace(film, sender=sender and sender[-LONGEST_SENDER:])
        source = "prior" if film.source == "prior" else source
        first = known = self._films.known(film.key)
        if first is not None and not self._is_same(first, file, source):
            film = replace(
                film,
                key=f"sop:{film.sop_instance_uid}#{file.sha256}",
                shares_uid_with=first.id,
            )
            known = self._known_beside(first, film, file, source)
        receipt = self._keep(film, known, file, source)
        return replace(receipt, shares_uid=film.shares_uid_with is not None)

    def _as_expected(self, film: NewFilm) -> NewFilm:
        """Return a film marked as a prior where it was asked for as one, or as drawn here.

        Raises:
            OtherPatientError: it was, and is of another patient.
        """
        uid = film.sop_instance_uid
        if self._is_drawn_here(film):
            return replace(film, source="constancy")
        if self._expected is None or uid is None or film.source not in ("dicom", "prior"):
            return film
        expected = self._expected.find(uid)
        if expected is None:
            return film
        if film.patient != expected.patient:
            self._expected.refuse(uid)
            raise OtherPatientError(
                "The film names another patient ID, issuer or birth date than the film that it was "
                "asked for as a prior of. It was not kept."
            )
        return replace(film, source="prior")

    def _is_drawn_here(self, film: NewFilm) -> bool:
        """Return whether the installation sent a film itself; such a film names nobody."""
        uid = film.sop_instance_uid
        if self._constancy is None or uid is None or film.patient is not None:
            return False
        return self._constancy.is_expected(uid)

    def _known_beside(
        self, first: Film, film: NewFilm, file: FilmFile, source: FilmSource
    ) -> Film | None:
        """Return the film that a file is of those that came under the UID of the first."""
        known = self._films.known(film.key)
        if known is not None or film.sop_instance_uid is None:
            return known
        others = self._films.sharing_uid(film.sop_instance_uid)
        return next((one for one in others if self._is_same(one, file, source)), None)

    def _keep(
        self, film: NewFilm, known: Film | None, file: FilmFile, source: FilmSource
    ) -> Receipt:
        if known is None:
            self._archive.keep(film.id, file.content)
            if self._films.accept(film, begun=source == "http"):
                return Receipt(film.id, known=False)
            # The same film came by another source at the same moment.
            known = self._films.known(film.key)
            if known is not None and known.id != film.id:
                self._archive.drop(film.id)
        if known is None:
            raise StoreError("The film cannot be recorded. Send it again.")
        return self._accept_again(known, film, file, source)

    def _accept_again(
        self, known: Film, film: NewFilm, file: FilmFile, source: FilmSource
    ) -> Receipt:
        # Recorded first: from then on nobody lets the film go. What the record says of the disk
        # is not believed.
        self._films.keep_again(known)
        self._correct(known, film, file, begun=source == "http")
        if not self._archive.has(known.id):
            self._archive.keep(known.id, file.content)
        self._films.add_source(known.id, source)
        return Receipt(known.id, known=True)

    def _correct(self, known: Film, film: NewFilm, file: FilmFile, *, begun: bool) -> None:
        """Keep a corrected header in place of the former; whoever grades has the result follow.

        ``begun``: whoever took it in does so at once.
        """
        if not self._is_corrected(known, film, file):
            return
        self._archive.keep_correction(known.id, file.sha256, file.content)
        facts = HeaderFacts(
            film.size, film.sop_class_uid, film.patient, film.acquired, film.study_instance_uid
        )
        corrections = self._films.corrections
        if corrections.add(known.id, facts, file.sha256, film.number, begun=begun):
            corrections.adopt(known.id, self._archive.adopt_correction)
            log.info("header_corrected", film_id=known.id)
        else:
            self._archive.drop_correction(known.id, file.sha256)

    def _is_corrected(self, known: Film, film: NewFilm, file: FilmFile) -> bool:
        content = self._archive.find(known.id)
        if content == file.content or file.header is None:
            return False
        if content is None:
            facts = [(one.patient, one.acquired, one.study_instance_uid) for one in (known, film)]
            return film.patient is not None and facts[0] != facts[1]
        kept = FilmFile(content, self._limits).header
        return kept is not None and is_corrected(kept, file.header)

    def holds(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        """Return whether an instance was accepted and its bytes lie in the archive.

        Raises:
            StoreError: the records do not answer.
        """
        kept = self._films.instances(sop_class_uid, sop_instance_uid)
        return any(self._archive.has(film_id) for film_id in kept)

    def adopt(self, film_id: str) -> bool:
        """Record a film that lies in the archive and that no record knows, and its work.

        By which source it came is not known any more: it counts as one by DICOM. What holds no
        film, or one that is recorded under another id, is moved to the quarantine. Return
        whether it was adopted.

        Raises:
            NoSpaceError, StoreError: as :meth:`accept`; the folder stays.
        """
        content = self._archive.find(film_id)
        if content is None:
            self._archive.set_apart(film_id)
            return False
        film = replace(self.describe(FilmFile(content, self._limits), "dicom"), id=film_id)
        if self._films.accept(film):
            return True
        known = self._films.known(film.key)
        if known is not None and known.id != film_id:
            self._archive.set_apart(film_id)
        return False

    def _is_same(self, known: Film, file: FilmFile, source: FilmSource) -> bool:
        content = self._archive.find(known.id)
        if content in (None, file.content):
            return True
        kept = FilmFile(content, self._limits)
        if source != "http":
            return shows_the_same(kept, file)
        return is_same_instance(kept, file) or _is_corrected_copy(kept, file)

    def describe(self, file: FilmFile, source: FilmSource) -> NewFilm:
        """Return what is recorded of a film, under a new id; nothing is kept yet.

        Raises:
            NoSpaceError, StoreError: the key of the pseudonyms cannot be had.
        """
        id, size, header = str(ULID()), len(file.content), file.header
        if header is None:
            return NewFilm(id, f"sha256:{file.sha256}", source, size)
        instance = uid(header, "SOPInstanceUID")
        time = acquired(header)
        return NewFilm(
            id,
            f"sop:{instance}" if instance else f"sha256:{file.sha256}",
            source,
            size,
            uid(header, "SOPClassUID"),
            instance,
            self._pseudonyms.of(header),
            None if time is None else time.isoformat(),
            uid(header, "StudyInstanceUID"),
            number=self._pseudonyms.number_of(header),
        )


def _is_corrected_copy(kept: FilmFile, sent: FilmFile) -> bool:
    """Return whether a file shows the same as the one that is kept, and says better whose it is."""
    if kept.header is None or sent.header is None:
        return False
    return is_corrected(kept.header, sent.header) and shows_the_same(kept, sent)
