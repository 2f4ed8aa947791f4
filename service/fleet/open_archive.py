"""From how a command names an archive to the films that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from radiograde.service.config.settings import Settings
from radiograde.service.config.site import DicomWebDestinationConfig
from radiograde.service.errors import ConfigurationError
from radiograde.service.fleet.archive_film import ArchiveFilm
from radiograde.service.fleet.film_listing import (
    DICOMWEB,
    films_of_folder,
    films_of_list,
    films_of_pacs,
    films_of_url,
)
from radiograde.service.fleet.store_url import URL
from radiograde.service.grading.score_row import Mark
from radiograde.service.pacs.open_pacs import open_pacs

Days = tuple[date, date]
"""The first and the last day of studies, both included."""

Listing = Callable[[Callable[[Mark], bool]], Iterator[ArchiveFilm]]
"""Yields the films; those that are done, as it is told, are not opened to see what they are."""


@dataclass(frozen=True, slots=True)
class FilmArchive:
    """``films`` lists it; ``pacs``: of a server, how workers reach it."""

    films: Listing
    pacs: DicomWebDestinationConfig | None = None

    def left(self, done: Iterable[Mark]) -> tuple[list[ArchiveFilm], int]:
        """Return the films that have no row, each once, and how many others there are.

        Raises:
            RadiogradeError: the archive cannot be listed.
        """
        known = {hash(mark) for mark in done}  # of a mark its hash: a million take some 60 MB
        left, others = [], 0
        for film in self.films(lambda mark: hash(mark) in known):
            key = hash(film.mark)
            if key in known:
                others += 1
            else:
                known.add(key)
                left.append(film)
        return left, others


def open_archive(source: str, settings: Settings, days: Days | None) -> FilmArchive:
    """Return the archive that is a folder, a list, a URL, or a server of the site file.

    Raises:
        ConfigurationError: it is nothing of these, or the days do not fit it.
        SiteError: as :func:`open_pacs`.
    """
    if source.startswith(DICOMWEB):
        return _server(source.removeprefix(DICOMWEB), settings, days)
    if days is not None:
        raise ConfigurationError("--since and --until are for films of a DICOMweb server.")
    if URL.match(source):
        return FilmArchive(lambda _: films_of_url(source))
    path = Path(source)
    if path.is_dir():
        return FilmArchive(partial(films_of_folder, path))
    if path.is_file():
        return FilmArchive(lambda _: films_of_list(path))
    raise ConfigurationError(f"There is no folder and no list {source}.")


def _server(name: str, settings: Settings, days: Days | None) -> FilmArchive:
    if days is None:
        raise ConfigurationError("Say with --since from which day on the server is to be asked.")
    (pacs,) = open_pacs(settings, [name])
    config = next(one for one in settings.destination if one.name == name)
    if not isinstance(config, DicomWebDestinationConfig):
        raise ConfigurationError(f"{name} is no DICOMweb server: its type is {config.type}.")
    return FilmArchive(lambda _: films_of_pacs(pacs, *days), config)
