"""Which files a command grades: those named, and the films in the folders named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

FILM_SUFFIXES = frozenset({".dcm", ".dicom", ".dic", ".ima", ".png", ".jpg", ".jpeg"})
_PREAMBLE = 128

OVERLAY = ".overlay.png"
"""What the name of a drawn picture ends in."""

DRAWN = (OVERLAY, ".sr.dcm", ".seg.dcm", ".sc.dcm")
"""What the names of documents end in that an earlier run made beside films."""


@dataclass(frozen=True, slots=True)
class Film:
    """A file to grade, and the relative path under which its documents go."""

    path: Path
    name: Path


class FilmSearch(Iterator[Film]):
    """The named files, whatever they are, and the films below the named folders, as they are found.

    It goes over the folders once, in the order they were named. A film has a DICOM, PNG or JPEG
    suffix or begins like one (DICOM PS3.10 section 7.1). Hidden files and links to folders are not
    followed, and what an earlier run drew is not graded: the folder ``out`` and overlays. A file
    named twice is graded once; files of the same name get different documents. ``skipped``: how
    many other files the folders held so far. ``is_known``: whether a file is a film, so that it
    need not be opened to see.
    """

    def __init__(self, paths: Sequence[Path], out: Path | None = None) -> None:
        self._paths = paths
        self._out = out
        self._coming = self._search()
        self.skipped = 0
        self.is_known: Callable[[Path], bool] = lambda _: False

    def __next__(self) -> Film:
        """Return the next film that is found."""
        return next(self._coming)

    def finds_any(self) -> bool:
        """Return whether another film comes; it is looked for no further than that."""
        for film in self._coming:
            self._coming = chain([film], self._coming)
            return True
        return False

    def _search(self) -> Iterator[Film]:
        if len(self._paths) == 1:  # below one folder no file comes twice: nothing is remembered
            yield from self._films(self._paths[0])
            return
        seen: set[Path] = set()
        names_used: set[Path] = set()
        for film in (film for root in self._paths for film in self._films(root)):
            if film.path not in seen:
                seen.add(film.path)
                name = _free(film.name, names_used)
                names_used.add(name)
                yield Film(film.path, name)

    def _films(self, root: Path) -> Iterator[Film]:
        if not root.is_dir():
            yield Film(root, Path(root.name))
            return
        for path in _walk(root, self._out):
            if _looks_like_film(path, self.is_known):
                yield Film(path, path.relative_to(root))
            else:
                self.skipped += 1


def _walk(root: Path, out: Path | None) -> Iterator[Path]:
    closed = out and out.resolve()
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and Path(folder, name).resolve() != closed
        )
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(folder, name)


def _looks_like_film(path: Path, is_known: Callable[[Path], bool]) -> bool:
    if path.name.endswith(DRAWN):
        return False
    if path.suffix.lower() in FILM_SUFFIXES or is_known(path):
        return True
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_PREAMBLE + 4)
    except OSError:
        return False
    is_picture = head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))
    return is_picture or head[_PREAMBLE:] == b"DICM"


def _free(name: Path, names_used: set[Path]) -> Path:
    candidate, count = name, 1
    while candidate in names_used:
        count += 1
        candidate = name.with_name(f"{name.stem}-{count}{name.suffix}")
    return candidate
