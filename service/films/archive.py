"""Where films lie: one folder each, its bytes beside what was made from them.

    films/<last two characters of the id>/<id>/film         as it was sent, or sent again corrected
                                              /former       before its header was corrected
                                              /maps.npz     the maps behind the scores
                                              /sr.dcm ...   documents, once one was requested

A film is there whole and durable, or not at all, whenever the power goes. What has not the form of
an id names no folder: every method raises NotFoundError for it. Where films are in an object store,
every method raises ArchiveError while that does not answer.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO

from radiograde.model.errors import NotFoundError
from radiograde.model.scoring.result import Maps
from radiograde.service.atomic_write import Content
from radiograde.service.errors import NoSpaceError, UndocumentedError
from radiograde.service.films.map_file import decoded, encoded
from radiograde.service.result_schema import ULID
from radiograde.service.storage.memory_storage import MemoryStorage
from radiograde.service.storage.storage_interface import Storage

FILM = "film"
MAPS = "maps.npz"
FORMER = "former"
QUARANTINE = "quarantine"
_FILMS = "films"
_CORRECTION = "film."

_GROUP = 2
_FILM_ID = re.compile(ULID)


class Archive:
    """The films of a storage; safe to share among threads and processes."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def portable(self, film_id: str, more: Mapping[str, bytes] | None = None) -> Archive:
        """Return an archive of one film for a process that does not reach this one.

        ``more``: further files that it is to have, by their names in the storage.
        """
        if self.storage.is_here:
            return self
        folder = self.folder(film_id)
        names = [f"{folder}/{name}" for name in self.storage.names(folder)]
        read = {name: self.storage.read(name) for name in names}
        files = {name: content for name, content in read.items() if content is not None}
        return Archive(MemoryStorage({**files, **(more or {})}))

    def keep(self, film_id: str, content: Content) -> None:
        """Write a film's bytes and return once they are on disk.

        Raises:
            NoSpaceError: they cannot be written.
        """
        self._save(film_id, FILM, content)

    def keep_correction(self, film_id: str, sha256: str, content: Content) -> None:
        """Write a film's bytes with a corrected header beside the former. Raises NoSpaceError."""
        self._save(film_id, f"{_CORRECTION}{sha256}", content)

    def has_correction(self, film_id: str) -> bool:
        """Return whether bytes with a corrected header lie beside the former."""
        names = self.storage.names(self.folder(film_id))
        return any(name.startswith(_CORRECTION) for name in names)

    def adopt_correction(self, film_id: str, sha256: str) -> None:
        """Put these bytes with a corrected header in the former's place, where they still lie.

        The former stay, for what was sent of them is to be rejected; their documents are removed.
        Raises NoSpaceError.
        """
        corrected = self.document(film_id, f"{_CORRECTION}{sha256}")
        if corrected is None:
            return
        former = self.find(film_id)
        if former is not None and former != corrected:  # else this was cut short here before
            self._save(film_id, FORMER, former)
        self._save(film_id, FILM, corrected)
        self.drop_correction(film_id, sha256)
        self.drop_made(film_id, but=MAPS)

    def drop_correction(self, film_id: str, sha256: str) -> None:
        """Remove these bytes with a corrected header: there is nothing to correct."""
        self.storage.remove(f"{self.folder(film_id)}/{_CORRECTION}{sha256}")

    def former(self, film_id: str) -> bytes:
        """Return a film's bytes before its header was corrected; where it was not, its bytes.

        Raises:
            UndocumentedError: the film is no longer kept.
        """
        return self.document(film_id, FORMER) or self.film(film_id)

    def film(self, film_id: str) -> bytes:
        """Return a film's bytes as they were sent.

        Raises:
            UndocumentedError: the film is no longer kept.
        """
        content = self.find(film_id)
        if content is None:
            raise _gone()
        return content

    def require(self, film_id: str) -> None:
        """Raise UndocumentedError where a film is no longer kept."""
        if not self.has(film_id):
            raise _gone()

    def has(self, film_id: str) -> bool:
        """Return whether a film's bytes lie here."""
        return self.storage.has(f"{self.folder(film_id)}/{FILM}")

    def opened(self, film_id: str) -> AbstractContextManager[BinaryIO]:
        """Give a film's bytes for who reads only their beginning. Raises OSError."""
        return self.storage.opened(f"{self.folder(film_id)}/{FILM}")

    def find(self, film_id: str) -> bytes | None:
        """Return a film's bytes as they were sent; None where it is no longer kept."""
        return self.document(film_id, FILM)

    def keep_maps(self, film_id: str, maps: Maps) -> None:
        """Write a result's maps, see :mod:`..films.map_file`. Raises NoSpaceError."""
        self._save(film_id, MAPS, encoded(maps))

    def maps(self, film_id: str) -> Maps | None:
        """Return a result's maps; None where it has none."""
        content = self.document(film_id, MAPS)
        return None if content is None else decoded(content)

    def keep_document(self, film_id: str, name: str, content: Content) -> None:
        """Write a document beside its film. Raises NoSpaceError."""
        self._save(film_id, name, content)

    def document(self, film_id: str, name: str) -> bytes | None:
        """Return a file beside the film; None where there is none."""
        return self.storage.read(f"{self.folder(film_id)}/{name}")

    def written(self, film_id: str, name: str) -> float | None:
        """Return when a file beside the film was written, as POSIX time; None without one."""
        return self.storage.changed(f"{self.folder(film_id)}/{name}")

    def drop_documents(self, film_id: str, name: str, *, but: str) -> None:
        """Remove the files beside the film whose names end so, but one."""
        folder = self.folder(film_id)
        for one in self.storage.names(folder):
            if one.endswith(name) and one != but:
                self.storage.remove(f"{folder}/{one}")

    def drop_made(self, film_id: str, *, but: str | None = None) -> None:
        """Remove what was made from a film that is there, but one; the film stays."""
        folder = self.folder(film_id)
        for name in self.storage.names(folder):
            if name not in (FILM, FORMER, but) and not name.startswith(_CORRECTION):
                self.storage.remove(f"{folder}/{name}")

    def drop(self, film_id: str) -> bool:
        """Remove a film and all that was made from it; return whether there was anything.

        Raises:
            NoSpaceError: it cannot be removed; part of it may be left.
        """
        try:
            return self.storage.remove_folder(self.folder(film_id))
        except OSError as error:
            raise _no_space(error) from error

    def set_apart(self, film_id: str) -> None:
        """Move a folder to the quarantine, beside the archive: nothing is removed.

        Raises:
            NoSpaceError: it cannot be moved.
        """
        place = film_id
        if place in self.storage.names(QUARANTINE):
            place = f".{film_id}.{secrets.token_hex(4)}.part"
        try:
            self.storage.move_folder(self.folder(film_id), f"{QUARANTINE}/{place}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise _no_space(error) from error

    def drop_set_apart(self, film_id: str) -> int:
        """Remove what of a film was moved to the quarantine; return how many folders."""
        found = [name for name in self.storage.names(QUARANTINE) if film_id in name]
        return sum(self.storage.remove_folder(f"{QUARANTINE}/{name}") for name in found)

    def ids(self) -> Iterator[str]:
        """Yield the id of every folder of a film, whole or not, that lies here."""
        for group, _ in self.groups():
            yield from self.ids_in(group)

    def groups(self) -> Iterator[tuple[str, float]]:
        """Yield the folders of folders, with the time when one last came into it or went."""
        for group in self.storage.names(_FILMS):
            changed = self.storage.changed(f"{_FILMS}/{group}") if len(group) == _GROUP else None
            if changed is not None:
                yield group, changed

    def ids_in(self, group: str) -> Iterator[str]:
        """Yield the id of every folder of a film that lies in one of the groups."""
        names = self.storage.names(f"{_FILMS}/{group}")
        yield from (name for name in names if _FILM_ID.fullmatch(name))

    def age_s(self, film_id: str, now: float) -> float:
        """Return the seconds since a film's folder last changed; 0 where there is none."""
        changed = self.storage.changed(self.folder(film_id))
        return 0.0 if changed is None else now - changed

    def folder(self, film_id: str) -> str:
        """Return the name of a film's folder. Raises NotFoundError for what is no id."""
        if not _FILM_ID.fullmatch(film_id):
            raise NotFoundError("No film has this id.")
        return f"{_FILMS}/{film_id[-_GROUP:]}/{film_id}"

    def _save(self, film_id: str, name: str, content: Content) -> None:
        try:
            self.storage.write(f"{self.folder(film_id)}/{name}", content)
        except OSError as error:
            raise _no_space(error) from error


def _gone() -> UndocumentedError:
    return UndocumentedError("The film of this result is no longer kept. Send it again.")


def _no_space(error: OSError) -> NoSpaceError:
    return NoSpaceError(
        f"A film cannot be written to disk ({error.strerror}). Make room in the data "
        "directory, then send it again."
    )
