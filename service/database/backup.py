"""A copy of all that an installation keeps, taken while it works, and its way back.

The database is copied first and the films after it, so that each film in the copy of the database
is in the copy of the films; those that came between lie there without a record, and are adopted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from radiograde.service.atomic_write import hidden_beside, make_folder, sync_folder
from radiograde.service.config.settings import SITE_FILE, Settings
from radiograde.service.database.audit_database import (
    AUDIT_DATABASE,
    AuditDatabase,
    audit_url,
    back_up_audit,
    copy_audit,
)
from radiograde.service.database.copying import copy_database, copy_rows
from radiograde.service.database.engine import Database, open_database
from radiograde.service.errors import BackupError
from radiograde.service.folder_tree import paths_below

DATABASE = "radiograde.sqlite"
MODEL = "model.onnx"
_DATABASES = (DATABASE, AUDIT_DATABASE)
FOLDERS = ("films", "orders", "quarantine", "problems", "models")


def back_up(settings: Settings, target: Path) -> int:
    """Copy an installation into a folder; return how many files were copied anew.

    Into the folder of an earlier backup only what is new or has changed.

    Raises:
        BackupError: the folder lies in the data directory, or the other way round.
        StoreError: the database cannot be copied.
        OSError: something cannot be read or written.
    """
    data = settings.data_dir.resolve()
    if target.resolve() == data or data in target.resolve().parents:
        raise BackupError(f"{target} lies in the data directory. Name a folder elsewhere.")
    make_folder(target.resolve())
    with closing(open_database(settings, create=False)) as database:
        _replace(target / DATABASE, lambda partial: copy_database(database, partial))
    copied = 1 + sum(_copy_tree(settings.data_dir / name, target / name) for name in FOLDERS)
    for file in _plain_files(settings.data_dir):
        copied += _copy(file, target / file.name)
    if settings.site_file.exists():
        copied += _copy(settings.site_file, target / SITE_FILE)
    if settings.model_path is not None:
        copied += _copy(settings.model_path, target / MODEL)
    # After its head, so that no row is missing that the head knows of.
    _replace(target / AUDIT_DATABASE, lambda partial: back_up_audit(settings, partial))
    sync_folder(target)
    return copied


def restore(settings: Settings, source: Path) -> None:
    """Put a backup into a data directory, and a database, that hold nothing yet.

    Raises:
        BackupError: it is no backup, or something is kept in the data directory.
        StoreError: the database holds films, or cannot be written.
        OSError: something cannot be read or written.
    """
    if not (source / DATABASE).is_file():
        raise BackupError(f"{source} is no backup: it has no {DATABASE}.")
    data = settings.data_dir
    if (data / FOLDERS[0]).exists() or (data / DATABASE).exists():
        raise BackupError(f"Something is kept in {data}. Name another with --data-dir.")
    make_folder(data.resolve())
    for name in FOLDERS:
        _copy_tree(source / name, data / name)
    for file in _plain_files(source):
        if file.name not in (DATABASE, MODEL):
            _copy(file, data / file.name)
    audit = source / AUDIT_DATABASE
    if settings.database_url is None:
        _copy(source / DATABASE, data / DATABASE)
        if audit.exists():
            _copy(audit, data / AUDIT_DATABASE)
        return
    if audit.exists():
        with (
            closing(AuditDatabase(f"sqlite:///{audit}")) as rows,
            closing(AuditDatabase(audit_url(settings.store_url, data))) as empty,
        ):
            copy_audit(rows, empty)
    with (
        closing(Database(f"sqlite:///{source / DATABASE}", upgrade=True)) as old,
        closing(open_database(settings, upgrade=True)) as new,
    ):
        copy_rows(old, new)


def _plain_files(folder: Path) -> Iterator[Path]:
    """Yield secrets, site file and ids; not databases, locks, and files half written."""
    for path in folder.iterdir():
        made_anew = path.name.startswith(".") or path.suffix in (".lock", ".worker", ".log")
        if path.is_file() and not made_anew and not path.name.startswith(_DATABASES):
            yield path


def _replace(file: Path, write: Callable[[Path], None]) -> None:
    """Put a new file in the place of an earlier one, once it is whole."""
    partial = hidden_beside(file)
    try:
        write(partial)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _copy_tree(source: Path, target: Path) -> int:
    copied = 0
    for path in paths_below(source, complete=True):
        if path.is_file() and not path.name.startswith("."):
            copied += _copy(path, target / path.relative_to(source))
    return copied


def _copy(source: Path, target: Path) -> int:
    """Copy a file, unless it is there; 1 if it was, 0 where there was no need or it is gone."""
    try:
        now = source.stat()
        if target.exists():
            then = target.stat()
            if (then.st_size, then.st_mtime_ns) == (now.st_size, now.st_mtime_ns):
                return 0
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = hidden_beside(target)
        shutil.copy2(source, partial)
        partial.replace(target)
    except FileNotFoundError:
        if source.exists():
            raise
        return 0  # let go meanwhile
    return 1
