"""From the site file to the nightly run that it asks for."""

from __future__ import annotations

import threading
from typing import Protocol

from radiograde.service.config.settings import Settings
from radiograde.service.constancy.film_measuring import FilmMeasuring
from radiograde.service.constancy.film_senders import film_senders
from radiograde.service.constancy.nightly_constancy import NightlyConstancy
from radiograde.service.database.engine import Database
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.films.archive import Archive
from radiograde.service.films.constancy_films import ConstancyFilms
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.films.trace_repository import TraceRepository


class KeptFilms(Protocol):
    """What an installation keeps of films, as far as constancy needs it."""

    @property
    def database(self) -> Database:
        """The database."""
        ...

    @property
    def archive(self) -> Archive:
        """The films on disk."""
        ...

    @property
    def films(self) -> FilmRepository:
        """Their records."""
        ...

    @property
    def results(self) -> ResultRepository:
        """Their results."""
        ...

    @property
    def traces(self) -> TraceRepository:
        """How these came about."""
        ...

    @property
    def deliveries(self) -> DeliveryRepository:
        """Where they went."""
        ...

    @property
    def constancy_films(self) -> ConstancyFilms:
        """Which are drawn here."""
        ...


def open_constancy(
    settings: Settings, kept: KeptFilms, stop: threading.Event | None = None
) -> NightlyConstancy:
    """Return the nightly run; nothing is connected yet.

    Raises:
        SiteError: the variable that holds the key is empty, or holds what no token is.
    """
    return NightlyConstancy(
        kept.database,
        kept.archive,
        kept.constancy_films,
        FilmMeasuring(kept.films, kept.results, kept.traces, kept.deliveries, settings.destination),
        film_senders(settings.constancy, settings.node),
        settings.constancy.hour,
        settings.constancy.wait_s,
        stop or threading.Event(),
    )
