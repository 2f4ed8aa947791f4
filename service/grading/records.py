"""What an installation keeps, opened and closed together by every process that needs it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from radiograde.model.errors import RadiogradeError
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.audit.subjects import open_audit_log
from radiograde.service.config.settings import Settings
from radiograde.service.database.binding import bind
from radiograde.service.database.engine import Database, open_database
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.delivery.withdrawal_recorder import WithdrawalRecorder
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.films.archive import Archive
from radiograde.service.films.constancy_films import ConstancyFilms
from radiograde.service.films.expected_priors import ExpectedPriors
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.films.intake import FilmIntake
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.films.regrading_repository import RegradingRepository
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.films.stopped_films import StoppedFilms
from radiograde.service.films.trace_repository import TraceRepository
from radiograde.service.grading.film_jobs import Jobs
from radiograde.service.notifications.notice_recorder import NoticeRecorder
from radiograde.service.notifications.notice_repository import NoticeRepository
from radiograde.service.priors.prior_repository import PriorRepository
from radiograde.service.processes.runner import INLINE, WorkRunner
from radiograde.service.programme.shadow_repository import ShadowRepository
from radiograde.service.queue import DurableQueue
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository
from radiograde.service.storage.open_storage import open_storage, share_secrets


@dataclass(frozen=True, slots=True)
class Records:
    """The database, the films, and their repositories; safe to share among threads."""

    database: Database
    queue: DurableQueue
    archive: Archive
    films: FilmRepository
    results: ResultRepository
    traces: TraceRepository
    deliveries: DeliveryRepository
    reviews: ReviewRepository
    withdrawals: WithdrawalRepository
    jobs: Jobs
    document_store: DocumentStore
    intake: FilmIntake
    expected_priors: ExpectedPriors
    priors: PriorRepository
    routing: RoutingRules
    notices: NoticeRecorder
    regradings: RegradingRepository
    constancy_films: ConstancyFilms
    audit: AuditLog
    stopped_films: StoppedFilms
    shadow: ShadowRepository

    def withdrawal_recorder(self) -> WithdrawalRecorder:
        """Return what withdraws results of these records."""
        return WithdrawalRecorder(self.database, self.results, self.withdrawals, self.deliveries)

    def with_settings(self, settings: Settings) -> Records:
        """Return the same records, where results go and who hears of them by other settings."""
        routing = _routing(settings)
        return replace(
            self,
            jobs=Jobs(self.database, self.films, self.deliveries, routing),
            priors=PriorRepository(self.database, self.queue, settings.priors),
            routing=routing,
            notices=NoticeRecorder(self.notices.notices, settings.notify),
        )

    def ping(self) -> None:
        """Return once database and films answer. Raises StoreError."""
        self.database.ping()
        self.archive.storage.ping()

    def close(self) -> None:
        """Give everything back."""
        self.audit.close()
        self.queue.close()
        self.database.close()


def open_records(
    settings: Settings,
    *,
    create: bool = True,
    upgrade: bool = False,
    runner: WorkRunner = INLINE,
) -> Records:
    """Return the records of an installation; what is missing is made.

    ``create``: False for who only reads. ``upgrade``: bring database and queue of an older
    version up to date. ``runner``: where documents of kept films are made.

    Raises:
        NoDatabaseError: there is no database, and none is to be made.
        SiteError: films cannot be kept where the site file says.
        StoreError: the data directory cannot be made, the database cannot be opened, the data
            directory belongs to another one, or an object store does not answer.
    """
    database = open_database(settings, create=create, upgrade=upgrade)
    try:
        storage = open_storage(settings)
        share_secrets(storage, settings.data_dir)
        bind(database, settings.data_dir, shares_films=not storage.is_here)
        share_secrets(storage, settings.data_dir)
    except RadiogradeError:
        database.close()
        raise
    queue = DurableQueue(settings.store_url, upgrade=upgrade)
    archive = Archive(storage)
    films = FilmRepository(database, queue)
    results = ResultRepository(database)
    deliveries = DeliveryRepository(database, queue)
    reviews = ReviewRepository(database)
    withdrawals = WithdrawalRepository(database)
    expected = ExpectedPriors(database)
    constancy = ConstancyFilms(database)
    routing = _routing(settings)
    return Records(
        database=database,
        queue=queue,
        archive=archive,
        films=films,
        results=results,
        traces=TraceRepository(database),
        deliveries=deliveries,
        reviews=reviews,
        jobs=Jobs(database, films, deliveries, routing),
        withdrawals=withdrawals,
        document_store=DocumentStore(
            archive, results, reviews, withdrawals, settings.limits, runner
        ),
        intake=FilmIntake(
            archive, films, settings.limits, Pseudonyms(settings.data_dir), expected, constancy
        ),
        expected_priors=expected,
        priors=PriorRepository(database, queue, settings.priors),
        routing=routing,
        notices=NoticeRecorder(NoticeRepository(database, queue), settings.notify),
        regradings=RegradingRepository(database),
        constancy_films=constancy,
        audit=open_audit_log(settings, database),
        stopped_films=StoppedFilms(database, queue),
        shadow=ShadowRepository(database, queue),
    )


def _routing(settings: Settings) -> RoutingRules:
    return RoutingRules(settings.destination, settings.delivery.rejected, settings.rules)
