"""The films of an archive: below a folder or a URL, in a list, or on a DICOMweb server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from radiograde.service.errors import ConfigurationError, UnreachableError
from radiograde.service.fleet.archive_film import ArchiveFilm
from radiograde.service.fleet.asking_again import asked_again
from radiograde.service.fleet.store_url import URL, store_at
from radiograde.service.grading.film_search import DRAWN, FILM_SUFFIXES, FilmSearch
from radiograde.service.grading.score_row import Mark, mark_of, one_line
from radiograde.service.pacs.query_retrieve import FoundImage, Pacs, StudyQuery

DICOMWEB = "dicomweb:"
"""What stands before a server's name in the site file, and begins the place of its films."""

MODALITIES = ("CR", "DX")

_CHANGED = ("LastModified", "last_modified", "mtime", "updated")
"""What file systems call the time at which a file was last changed."""


def films_of_folder(folder: Path, is_done: Callable[[Mark], bool]) -> Iterator[ArchiveFilm]:
    """Yield the films below a folder, see :class:`.film_search.FilmSearch`; none is opened that
    ``is_done``.
    """
    search = FilmSearch([folder])
    search.is_known = lambda path: is_done(mark_of(path))
    return (_on_disk(film.path) for film in search)


def films_of_list(path: Path) -> Iterator[ArchiveFilm]:
    """Yield what a text file names, a path or a URL a line; a URL is not asked what is there.

    Raises:
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in filter(None, map(str.strip, lines)):
            yield ArchiveFilm(line, (line, 0, 0)) if URL.match(line) else _on_disk(Path(line))


def films_of_url(url: str) -> Iterator[ArchiveFilm]:
    """Yield the films below a URL that fsspec knows, in the order of their names.

    A film has the suffix of one, none, or the last number of a UID.

    Raises:
        ConfigurationError: no library that is installed speaks its protocol.
        UnreachableError: it does not answer.
    """
    try:
        files, root = store_at(url)
        found: Mapping[str, Mapping[str, Any]] = files.find(root, detail=True)
    except ConfigurationError:
        raise
    except Exception as error:
        raise UnreachableError(f"{url} cannot be listed ({type(error).__name__}).") from error
    for name in sorted(found):
        if _may_be_film(PurePosixPath(name)):
            place = str(files.unstrip_protocol(name))
            size = found[name].get("size") or 0
            yield ArchiveFilm(place, (one_line(place), size, _changed_ns(found[name])))


def films_of_pacs(pacs: Pacs, since: date, until: date) -> Iterator[ArchiveFilm]:
    """Yield the radiographs that may show a chest in studies of these days, day by day.

    Raises:
        UnreachableError, RetrieveError: it does not answer, or not what was asked.
    """
    for day in (since + timedelta(days) for days in range((until - since).days + 1)):
        for image in asked_again(partial(_images_of, pacs, day)):
            place = (
                f"{DICOMWEB}{pacs.name}/studies/{image.study_instance_uid}"
                f"/series/{image.series_instance_uid}/instances/{image.sop_instance_uid}"
            )
            yield ArchiveFilm(place, (place, 0, 0))


def image_at(place: str) -> FoundImage:
    """Return the instance that stands at the place of a film of a server."""
    _, _, study, _, series, _, instance = place.split("/")
    return FoundImage(study, series, instance, sop_class_uid="", modality="")


def _images_of(pacs: Pacs, day: date) -> list[FoundImage]:
    with pacs.session() as session:
        return [
            image
            for study in session.studies(StudyQuery(day, day))
            if study.may_hold(MODALITIES)
            for image in session.images(study.study_instance_uid, MODALITIES)
            if image.is_film(MODALITIES) and image.shows(())
        ]


def _on_disk(path: Path) -> ArchiveFilm:
    return ArchiveFilm(str(path.absolute()), mark_of(path))


def _may_be_film(name: PurePosixPath) -> bool:
    if name.name.startswith(".") or name.name.endswith(DRAWN):
        return False
    suffix = name.suffix.lower()
    return not suffix or suffix in FILM_SUFFIXES or suffix[1:].isdecimal()


def _changed_ns(info: Mapping[str, Any]) -> int:
    """Return when a file was last changed, in whole seconds where that is what is known."""
    changed = next((info[name] for name in _CHANGED if name in info), 0)
    seconds = changed.timestamp() if isinstance(changed, datetime) else changed
    return round(seconds * 1e6) * 1000 if isinstance(seconds, int | float) else 0
