"""What ``radiograde check`` tries of this installation itself: model, records, folders, node."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal

from radiograde.model.errors import RadiogradeError
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import WatchConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.errors import AdvisoryError

LEAST_FREE_GIB = 5.0

_OTHERS = 0o077


def check_installation(settings: Settings, timeout_s: float) -> list[Finding]:
    """Return what was found; nothing is made. ``timeout_s``: of the own node."""
    from radiograde.service.dimse.node_check import check_node
    from radiograde.service.grading.load_scorer import load_scorer

    return [
        _tried("The model can be used", lambda: load_scorer(settings)),
        _records(settings),
        *_faults(settings),
        *_advisories(settings),
        *_data_dir(settings.data_dir),
        *_site_file(settings),
        *_rules(settings),
        *(finding for folder in settings.watch for finding in _watched(folder)),
        check_node(settings.node, timeout_s),
    ]


def _records(settings: Settings) -> Finding:
    from radiograde.service.database.engine import has_database
    from radiograde.service.grading.records import open_records

    what = f"Results can be kept in {settings.data_dir}"
    try:
        if has_database(settings):
            return _tried(what, lambda: open_records(settings, create=False).close())
    except RadiogradeError as error:
        return Finding(what.replace(" can ", " cannot "), "fail", error.message)
    folder = _existing(settings.data_dir)
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        advice = f"{folder} cannot be written by this user. Choose another place with --data-dir."
        return Finding(what.replace(" can ", " cannot "), "fail", advice)
    return Finding(f"Nothing is kept in {settings.data_dir} so far", "ok")


def _faults(settings: Settings) -> Iterator[Finding]:
    from radiograde.service.database.engine import has_database
    from radiograde.service.grading.faults import certificate_faults, standing_faults
    from radiograde.service.grading.records import open_records

    found = list(certificate_faults(settings))
    with suppress(RadiogradeError):  # said before
        if has_database(settings):
            with closing(open_records(settings, create=False)) as records:
                found = standing_faults(records, settings)
    for fault in found:
        yield Finding(fault.what, "warn" if fault.soon else "fail", fault.advice)


def _advisories(settings: Settings) -> Iterator[Finding]:
    """Yield the known faults that apply to what is installed here."""
    from radiograde.service.problems.known_faults import applying, in_force

    try:
        found = in_force(settings.data_dir)
        here = applying(found, settings.model_path)
    except AdvisoryError as error:
        yield Finding("The list of advisories cannot be read", "fail", error.message)
        return
    except OSError:  # said before: there is no model
        return
    for one in here:
        level: Literal["warn", "fail"] = "fail" if one.severity == "danger" else "warn"
        yield Finding(f"{one.id}: {one.title}", level, one.remedy)
    if not here:
        yield Finding(f"No advisory applies, by the list of {found.issued}", "ok")


def _data_dir(path: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(_existing(path)).free / 2**30
    enough = free >= LEAST_FREE_GIB
    yield Finding(
        f"{free:.0f} GiB are free in {path}",
        "ok" if enough else "warn",
        "" if enough else "Make room, or keep films for fewer days (RADIOGRADE_KEEP_DAYS).",
    )
    if os.name == "posix" and path.is_dir():
        private = not path.stat().st_mode & _OTHERS
        yield Finding(
            f"{path} is {'closed' if private else 'open'} to other users of this computer",
            "ok" if private else "warn",
            "" if private else f"Films and database name patients: chmod -R go= '{path}'",
        )


def _site_file(settings: Settings) -> Iterator[Finding]:
    if not settings.site_file.exists():
        yield Finding(
            f"There is no site file {settings.site_file}",
            "warn",
            "Results stay here until it has a table [[destination]] with `name` and `type`: "
            "dicom, dicomweb, fhir or folder.",
        )


def _rules(settings: Settings) -> Iterator[Finding]:
    from radiograde.service.delivery.routing import RoutingRules

    for name in RoutingRules(settings.destination, rules=settings.rules).unused():
        yield Finding(
            f"No rule sends to {name}",
            "warn",
            f'Name it in a rule: to = ["{name}"]; where there are rules, they alone decide.',
        )


def _watched(folder: WatchConfig) -> Iterator[Finding]:
    from radiograde.service.folder_watch.watcher import DONE, REFUSED

    there = folder.path.is_dir()
    yield Finding(
        f"The watched folder {folder.path} {'is there' if there else 'is missing'}",
        "ok" if there else "fail",
        "" if there else "Make it, or take it out of the site file.",
    )
    for name in (DONE, REFUSED):
        if (folder.path / name).is_symlink():
            yield Finding(
                f"{folder.path / name} is a link",
                "fail",
                "Links are not followed, so that films stay in the watched folder. Remove it.",
            )


def _existing(path: Path) -> Path:
    """Return a path, or the nearest folder above it that is there."""
    for one in (path.absolute(), *path.absolute().parents):
        if os.path.lexists(one):
            return one
    return path


def _tried(what: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except RadiogradeError as error:
        return Finding(what.replace(" can ", " cannot "), "fail", error.message)
    return Finding(what, "ok")
