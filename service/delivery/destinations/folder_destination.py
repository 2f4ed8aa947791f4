"""A folder, on a share perhaps: ``<path>/<day>/<result id>/<name of the document>``.

The day is that on which the film came in, in UTC: no folder gets more entries than a day's films.
Earlier versions wrote to ``<path>/<result id>/``; a result that lies there stays there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ulid import ULID

from radiograde.service.atomic_write import (
    drop_half_written,
    hidden_beside,
    sync_folder,
    write_atomically,
)
from radiograde.service.config.site import FolderDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding, Taken, run_steps
from radiograde.service.documents.document import Document
from radiograde.service.errors import UnreachableError
from radiograde.service.permissions import make_shared_folder, shared_mode

_LITTLE_SPACE = 1024**3
_WITHDRAWN = "withdrawn.json"


class FolderDestination:
    """Writes each document whole or not at all, over the one of the same name."""

    def __init__(self, folder: FolderDestinationConfig) -> None:
        self.name = folder.name
        self._path = folder.path

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        """Write the documents and sync them to disk.

        The folder itself is not made: where it is missing, a share is not mounted. A link is not
        followed.

        Raises:
            UnreachableError: it is missing, full or closed to this user.
        """
        try:
            place = self._place_of(result_id)
            make_shared_folder(place)
            for document in documents:
                write_atomically(place / document.name, document.content, mode=shared_mode())
            if all(document.name != _WITHDRAWN for document in documents):
                (place / _WITHDRAWN).unlink(missing_ok=True)
            drop_half_written(place)  # by a worker that was killed at it
            sync_folder(place.parent)
        except OSError as error:
            raise self._unusable(error) from error

    def withdraw(self, taken: Taken, result_id: str) -> None:
        """Write the rejection note or message, and ``withdrawn.json``, beside the documents.

        Whatever is sent afterwards holds, and takes the place of ``withdrawn.json``. Raises as
        :meth:`send`.
        """
        words = json.dumps(taken.withdrawal.to_json(), indent=2, ensure_ascii=False) + "\n"
        told = Document("json", _WITHDRAWN, "application/json", words.encode())
        notes = [note for note in (taken.note, taken.message) if note is not None]
        self.send([told, *notes], result_id)

    def _place_of(self, result_id: str) -> Path:
        """Return where a result's documents go; the folder of its day is there then."""
        former = self._path / result_id
        if os.path.lexists(former):
            return former
        day = self._path / ULID.from_str(result_id).datetime.date().isoformat()
        if not day.is_dir() or day.is_symlink():
            make_shared_folder(day)
            sync_folder(self._path)
        return day / result_id

    def check(self) -> list[Finding]:
        """Return whether it is there, takes a file, and has room; an empty file comes and goes."""
        return run_steps(
            [
                (f"{self._path} is a folder", self._is_folder),
                ("takes files", self._takes_files),
                ("has room", self._has_room),
            ]
        )

    def _is_folder(self) -> None:
        if not self._path.is_dir():
            raise UnreachableError(
                f"{self._path} is no folder. Make it, or mount the share that it lies on."
            )

    def _takes_files(self) -> None:
        probe = hidden_beside(self._path / "check")
        try:
            probe.touch(exist_ok=False)
            probe.unlink()
        except OSError as error:
            raise self._unusable(error) from error

    def _has_room(self) -> str | None:
        free = shutil.disk_usage(self._path).free
        if free < _LITTLE_SPACE:
            return f"Only {free // 1024**2} MiB are free."
        return None

    def _unusable(self, error: OSError) -> UnreachableError:
        return UnreachableError(
            f"{self._path} cannot be written: {error.strerror}. "
            "Check that it is there, has room, and is open to this user."
        )
