"""What an installation keeps, opened and closed together by every process that needs it."""

from __future__ import annotations

from dataclasses import dataclass

from model.limits import Limits
from service.database import Database, open_database
from service.delivery.ledger import DeliveryLedger
from service.documents.library import Library
from service.intake.archive import Archive
from service.intake.intake import FilmIntake
from service.intake.ledger import FilmLedger
from service.intake.pseudonym import Pseudonyms
from service.reviews.ledger import ReviewLedger
from service.settings import Settings
from service.store import ResultStore
from service.work.jobs import Jobs
from service.work.queue import DurableQueue

FILMS = "films"
"""Folder of the films, in the data directory."""


@dataclass(frozen=True, slots=True)
class Records:
    """The database, the films on disk, and what looks into them; safe to share among threads."""

    database: Database
    queue: DurableQueue
    archive: Archive
    store: ResultStore
    films: FilmLedger
    deliveries: DeliveryLedger
    reviews: ReviewLedger
    jobs: Jobs
    library: Library
    intake: FilmIntake

    def close(self) -> None:
        """Give everything back."""
        self.queue.close()
        self.database.close()


def open_records(settings: Settings, limits: Limits | None = None) -> Records:
    """Return the records of an installation; what is missing is made.

    Raises:
        StoreError: the data directory cannot be made, or the database cannot be opened.
    """
    database = open_database(settings)
    queue = DurableQueue(settings.store_url)
    archive = Archive(settings.data_dir / FILMS)
    store = ResultStore(database)
    films = FilmLedger(database, queue)
    reviews = ReviewLedger(database)
    return Records(
        database,
        queue,
        archive,
        store,
        films,
        DeliveryLedger(database, queue),
        reviews,
        Jobs(database, queue),
        Library(archive, store, reviews),
        FilmIntake(archive, films, limits or Limits(), Pseudonyms(settings.data_dir)),
    )
