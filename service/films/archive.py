"""Where films lie: one folder each, its bytes beside what was made from them.

    ROOT/<last two characters of the id>/<id>/film         as it was sent, or sent again corrected
                                             /former       before its header was corrected
                                             /maps.npz     the maps behind the scores
                                             /sr.dcm ...   documents, once one was requested

A film is there whole and synced to disk, or not at all, whenever the power goes. What has not
the form of an id names no folder: every method raises NotFoundError for it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from radiograde.model.errors import NotFoundError
from radiograde.model.scoring.result import Maps
from radiograde.service.atomic_write import (
    Content,
    hidden_beside,
    make_folder,
    sync_folder,
    write_atomically,
)
from radiograde.service.errors import NoSpaceError, UndocumentedError
from radiograde.service.films.map_file import decoded, encoded
from radiograde.service.result_schema import ULID

FILM = "film"
MAPS = "maps.npz"
FORMER = "former"
_CORRECTION = "film."

_FILM_ID = re.compile(ULID)


class Archive:
    """The films below one folder; safe to share among threads and processes."""

    def __init__(self, root: Path) -> None:
        self._root = root

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
        return any(self.folder(film_id).glob(f"{_CORRECTION}*"))

    def adopt_correction(self, film_id: str, sha256: str) -> None:
        """Put these bytes with a corrected header in the former's place, where they still lie.

        The former stay, for what was sent of them is to be rejected; their documents are removed.
        Raises NoSpaceError.
        """
        folder = self.folder(film_id)
        correction = folder / f"{_CORRECTION}{sha256}"
        if not correction.is_file():
            return
        try:
            former = self.find(film_id)
            if former is not None:
                write_atomically(folder / FORMER, former)
            correction.replace(folder / FILM)
            sync_folder(folder)
        except OSError as error:
            raise _no_space(error) from error
        self.drop_made(film_id, but=MAPS)

    def drop_correction(self, film_id: str, sha256: str) -> None:
        """Remove these bytes with a corrected header: there is nothing to correct."""
        (self.folder(film_id) / f"{_CORRECTION}{sha256}").unlink(missing_ok=True)

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
        return (self.folder(film_id) / FILM).is_file()

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
        try:
            return (self.folder(film_id) / name).read_bytes()
        except FileNotFoundError:
            return None

    def drop_documents(self, film_id: str, name: str, *, but: str) -> None:
        """Remove the files beside the film whose names end so, but one."""
        for path in self.folder(film_id).glob(f"*{name}"):
            if path.name != but:
                path.unlink(missing_ok=True)

    def drop_made(self, film_id: str, *, but: str | None = None) -> None:
        """Remove what was made from a film that is there, but one; the film stays."""
        folder = self.folder(film_id)
        if folder.is_dir():
            for path in folder.iterdir():
                if path.name not in (FILM, FORMER, but) and not path.name.startswith(
                    (".", _CORRECTION)
                ):
                    path.unlink(missing_ok=True)

    def drop(self, film_id: str) -> None:
        """Remove a film and all that was made from it.

        Raises:
            NoSpaceError: it cannot be removed; part of it may be left.
        """
        folder = self.folder(film_id)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            if folder.exists():
                raise _no_space(error) from error

    def set_apart(self, film_id: str) -> None:
        """Move a folder to the quarantine, beside the archive: nothing is removed.

        Raises:
            NoSpaceError: it cannot be moved.
        """
        try:
            make_folder(self.quarantine)
            place = self.quarantine / film_id
            if place.exists():
                place = hidden_beside(place)
            self.folder(film_id).rename(place)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _no_space(error) from error

    @property
    def orders(self) -> Path:
        """The folder of orders that films were made for, beside the archive."""
        return self._root.with_name("orders")

    @property
    def quarantine(self) -> Path:
        """The folder of what lay in the archive and is no film of its own."""
        return self._root.with_name("quarantine")

    def ids(self) -> Iterator[str]:
        """Yield the id of every folder of a film, whole or not, that lies here."""
        for group, _ in self.groups():
            yield from self.ids_in(group)

    def groups(self) -> Iterator[tuple[str, float]]:
        """Yield the folders of folders, with the time when one last came into it or went."""
        for group in self._root.glob("??"):
            if group.is_dir():
                yield group.name, group.stat().st_mtime

    def ids_in(self, group: str) -> Iterator[str]:
        """Yield the id of every folder of a film that lies in one of the groups."""
        names = (folder.name for folder in (self._root / group).iterdir())
        yield from (name for name in names if _FILM_ID.fullmatch(name))

    def age_s(self, film_id: str, now: float) -> float:
        """Return the seconds since a film's folder last changed; 0 where there is none."""
        try:
            return now - self.folder(film_id).stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def folder(self, film_id: str) -> Path:
        """Return where a film lies, or would. Raises NotFoundError for what is no id."""
        if not _FILM_ID.fullmatch(film_id):
            raise NotFoundError("No film has this id.")
        return self._root / film_id[-2:] / film_id

    def _save(self, film_id: str, name: str, content: Content) -> None:
        folder = self.folder(film_id)
        try:
            make_folder(folder.parent)
            is_new = not folder.is_dir()
            folder.mkdir(exist_ok=True)
            write_atomically(folder / name, content)
            if is_new:  # synced last: by then a journal holds its name, too, and this costs little
                sync_folder(folder.parent)
        except OSError as error:
            raise _no_space(error) from error


def _gone() -> UndocumentedError:
    return UndocumentedError("The film of this result is no longer kept. Send it again.")


def _no_space(error: OSError) -> NoSpaceError:
    return NoSpaceError(
        f"A film cannot be written to disk ({error.strerror}). Make room in the data "
        "directory, then send it again."
    )
