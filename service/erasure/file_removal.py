"""The files that are of films and of a patient: archive, quarantine, problems, orders, folders."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_attributes import uid
from radiograde.model.reading.film_file import open_film
from radiograde.service.config.site import WatchConfig
from radiograde.service.erasure.erasure_plan import ErasurePlan
from radiograde.service.films.archive import Archive
from radiograde.service.films.order_store import OrderStore
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
        if plan.numbers:
            is_one = self._is_of_numbers(plan.numbers)
            orders = list(OrderStore(self.archive.storage).of_patients(is_one))
            removed += sum(map(self._remove_file, orders))
        return removed + sum(map(_remove, self._in_watched_folders(plan)))

    def remove_films(self, plan: ErasurePlan) -> int:
        """Remove what is of films here: folders, what is in the quarantine, reported problems."""
        removed = sum(self._remove_file(f"problems/{id}.zip") for id in plan.problems)
        for film_id in plan.film_ids:
            removed += self.archive.drop(film_id) + self.archive.drop_set_apart(film_id)
        return removed

    def _remove_file(self, name: str) -> int:
        is_there = self.archive.storage.has(name)
        self.archive.storage.remove(name)
        return int(is_there)

    def _is_of_numbers(self, numbers: Collection[str]) -> Callable[[str], bool]:
        """Return what says whether a patient is known by one of these digests of numbers."""

        def is_one(patient_id: str) -> bool:
            named = self.pseudonyms.number(patient_id)
            return named is not None and named.number in numbers

        return is_one

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
    is_there = path.exists()
    path.unlink(missing_ok=True)
    return int(is_there)
