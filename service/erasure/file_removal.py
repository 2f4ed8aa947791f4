"""The files that are of films and of a patient: archive, quarantine, problems, orders, folders."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_attributes import uid
from radiograde.model.reading.film_file import open_film
from radiograde.service.config.site import WatchConfig
from radiograde.service.erasure.erasure_plan import ErasurePlan
from radiograde.service.films.archive import Archive
from radiograde.service.films.pseudonym import Pseudonyms


@dataclass(frozen=True, slots=True)
class FileRemoval:
    """Removes files; doing it twice changes nothing. Its methods raise OSError and NoSpaceError."""

    archive: Archive
    pseudonyms: Pseudonyms
    watched: tuple[WatchConfig, ...]
    limits: Limits

    def remove(self, plan: ErasurePlan) -> int:
        """Remove all files of a plan, and return how many places they lay in."""
        removed = self.remove_films(plan)
        removed += sum(map(_remove, self._orders(plan.numbers)))
        return removed + sum(map(_remove, self._in_watched_folders(plan)))

    def remove_films(self, plan: ErasurePlan) -> int:
        """Remove what is of films here: folders, what is in the quarantine, reported problems."""
        removed = sum(map(_remove, self._problems(plan.problems)))
        for film_id in plan.film_ids:
            if self.archive.folder(film_id).exists():
                self.archive.drop(film_id)
                removed += 1
            for path in self.archive.quarantine.glob(f"*{film_id}*"):
                removed += _remove(path)
        return removed

    def _problems(self, ids: Iterable[str]) -> Iterator[Path]:
        folder = self.archive.orders.with_name("problems")
        yield from (folder / f"{id}.zip" for id in ids)

    def _orders(self, numbers: Collection[str]) -> Iterator[Path]:
        """Yield orders of these patients, who are known by the digests of their numbers."""
        for path in self.archive.orders.glob("*/*.json") if numbers else ():
            with suppress(OSError, ValueError, KeyError):
                named = self.pseudonyms.number(json.loads(path.read_bytes())["patient_id"])
                if named is not None and named.number in numbers:
                    yield path

    def _in_watched_folders(self, plan: ErasurePlan) -> Iterator[Path]:
        """Yield files that came by a watched folder, and still lie in it."""
        for folder in self.watched:
            for path in folder.path.rglob("*"):
                if path.is_file() and self._is_of(path, plan):
                    yield path

    def _is_of(self, path: Path, plan: ErasurePlan) -> bool:
        try:
            header = open_film(path, self.limits).header
        except (RadiogradeError, OSError):
            return False
        if header is None:
            return False
        return uid(header, "SOPInstanceUID") in plan.uids or (
            self.pseudonyms.of(header) in plan.patients
        )


def _remove(path: Path) -> int:
    if path.is_dir():
        for inner in path.iterdir():
            _remove(inner)
        path.rmdir()
        return 1
    is_there = path.exists()
    path.unlink(missing_ok=True)
    return int(is_there)
