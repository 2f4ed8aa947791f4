"""The one intake behind every door: bytes on disk first, then the record of film and work."""

from __future__ import annotations

import hashlib

from ulid import ULID

from radiograde.model.limits import Limits
from radiograde.model.reading.acquisition_time import acquired
from radiograde.model.reading.dicom_facts import uid
from radiograde.model.reading.dicom_file import peek
from radiograde.service.atomic_write import Content
from radiograde.service.films.archive import Archive
from radiograde.service.films.film_repository import FilmRepository, Known, NewFilm
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.films.receipt import FilmSource, Receipt


class FilmIntake:
    """Keeps films and records their work; safe to share among threads."""

    def __init__(
        self, archive: Archive, ledger: FilmRepository, limits: Limits, pseudonyms: Pseudonyms
    ) -> None:
        self._archive = archive
        self._ledger = ledger
        self._limits = limits
        self._pseudonyms = pseudonyms

    def accept(self, content: Content, source: FilmSource) -> Receipt:
        """Return the receipt for a file's bytes; blocks until they are synced to disk.

        A film whose SOP Instance UID is known is the film that was here before; one that could
        not be graded then is taken anew. See :class:`service.films.receipt.Intake` for errors.
        """
        self._limits.check_bytes(len(content))
        film = self.describe(bytes(content), source)
        known = self._ledger.known(film.key)
        if known is None:
            self._archive.keep(film.id, content)
            if self._ledger.accept(film):
                return Receipt(film.id, known=False)
            # Another door took the same film in at the same moment.
            self._archive.drop(film.id)
            known = self._ledger.known(film.key) or Known(film.id, kept=True)
        if not known.kept:
            self._archive.keep(known.id, content)
            self._ledger.keep_again(known.id)
        return Receipt(known.id, known=True)

    def describe(self, content: bytes, source: FilmSource) -> NewFilm:
        """Return what is recorded of a film, under a new id; nothing is kept yet.

        Raises:
            NoSpaceError, StoreError: the key of the pseudonyms cannot be had.
        """
        size = len(content)
        header = peek(content, self._limits)
        if header is None:
            return NewFilm(str(ULID()), _digest(content), source, size)
        instance = uid(header, "SOPInstanceUID")
        time = acquired(header)
        return NewFilm(
            str(ULID()),
            f"sop:{instance}" if instance else _digest(content),
            source,
            size,
            uid(header, "SOPClassUID"),
            instance,
            self._pseudonyms.of(header),
            None if time is None else time.isoformat(),
        )


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
