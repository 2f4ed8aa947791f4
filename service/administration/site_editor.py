"""The site file, read and written for administrators."""

from __future__ import annotations

import hashlib
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic_settings import EnvSettingsSource

from radiograde.model.errors import RadiogradeError
from radiograde.service.administration.site_errors import (
    SiteChangeError,
    SiteFileLockedError,
    SiteFileMovedOnError,
)
from radiograde.service.administration.usable_settings import check_usable
from radiograde.service.atomic_write import hidden_beside, write_atomically
from radiograde.service.config.leaves import leaves
from radiograde.service.config.load import in_words, load_settings
from radiograde.service.config.names import SECRET_PREFIX
from radiograde.service.config.notify import ChannelConfig
from radiograde.service.config.settings import LIVE, Settings
from radiograde.service.config.site import DestinationConfig
from radiograde.service.config.site_text import rewritten

_OF_THIS_COMPUTER = ("path", "ca", "certificate", "key", "password_file", "secret_file")
_ENTRIES: Mapping[str, TypeAdapter[Any]] = {
    "destination": TypeAdapter(DestinationConfig),
    "notify": TypeAdapter(ChannelConfig),
}
_VARIABLES = ("password_env", "token_env", "secret_env")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """What the file says. ``version``: changes with its bytes. ``tables``: of it, what is ``LIVE``.

    ``elsewhere``: names of such settings that options or the environment say; the file does not
    change them.
    """

    path: Path
    version: str
    tables: Mapping[str, Any]
    elsewhere: Mapping[str, str]


class SiteEditor:
    """Reads and writes the site file of a running service. ``settings``: those in force."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.site_file.resolve()

    def read(self) -> SiteFile:
        """Return what the file says; one that is not there says nothing.

        Raises:
            SiteChangeError: it is no TOML.
        """
        text = self._text()
        tables = _parsed(text)
        return SiteFile(
            self._path,
            _version(text),
            {name: tables[name] for name in LIVE if name in tables},
            self._elsewhere(),
        )

    def change(self, version: str, wanted: Mapping[str, Any]) -> list[str]:
        """Write tables and keys at the top of the file; None takes one out. Return what changed.

        Comments stay. ``version``: of the file that the change was made of.

        Raises:
            SiteFileMovedOnError: the file was written since.
            SiteChangeError: something does not fit, or names what the page may not name.
            SiteFileLockedError: the file cannot be written.
        """
        text = self._text()
        if _version(text) != version:
            raise SiteFileMovedOnError("Somebody changed the file meanwhile. Load it again.")
        before = _parsed(text)
        changed = sorted(name for name in wanted if wanted[name] != before.get(name))
        self._refuse(changed)
        _refuse_reach({name: wanted[name] for name in changed}, before)
        if changed:
            self._write(rewritten(text, {name: wanted[name] for name in changed}))
        return changed

    def entry(
        self, table: Literal["destination", "notify"], config: Mapping[str, Any]
    ) -> DestinationConfig | ChannelConfig:
        """Return a destination or a channel as the file would have it.

        Raises:
            SiteChangeError: it does not fit, or names what the page may not name.
        """
        _refuse_reach({table: [config]}, _parsed(self._text()))
        try:
            made: DestinationConfig | ChannelConfig = _ENTRIES[table].validate_python(config)
        except ValidationError as error:
            faults = ((fault["loc"][1:], in_words(fault)) for fault in error.errors())
            listed = "; ".join(f"{'.'.join(map(str, loc))}: {what}" for loc, what in faults)
            raise SiteChangeError(listed.removeprefix(": ")) from error
        return made

    def _refuse(self, changed: list[str]) -> None:
        if strange := [name for name in changed if name not in LIVE]:
            raise SiteChangeError(f"{', '.join(strange)}: change the file itself, and restart.")
        elsewhere = self._elsewhere()
        if fixed := [f"{name} ({elsewhere[name]})" for name in changed if name in elsewhere]:
            raise SiteChangeError(
                f"What is set elsewhere goes before the file: {', '.join(fixed)}."
            )

    def _write(self, text: str) -> None:
        draft = hidden_beside(self._path)
        try:
            write_atomically(draft, text.encode(), mode=0o600)
            self._check(draft)
            if self._path.exists():
                shutil.copymode(self._path, draft)
            draft.replace(self._path)
        except OSError as error:
            raise SiteFileLockedError(
                f"{self._path} cannot be written by the service: {error.strerror}. "
                "Change the file itself; it is read again at once."
            ) from error
        finally:
            draft.unlink(missing_ok=True)

    def _check(self, draft: Path) -> None:
        try:
            check_usable(load_settings(**{**self._settings.chosen, "site": draft}))
        except RadiogradeError as error:
            words = error.message.replace(str(draft), str(self._path))
            raise SiteChangeError(words) from error

    def _text(self) -> str:
        try:
            return self._path.read_text("utf-8-sig")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise SiteChangeError(f"{self._path} cannot be read.") from error

    def _elsewhere(self) -> dict[str, str]:
        environment = EnvSettingsSource(Settings)()
        said = {name: "environment" for name in LIVE if name in environment}
        return said | {name: "option" for name in LIVE if name in self._settings.chosen}


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SiteChangeError(f"The site file is no TOML: {error}.") from error


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_reach(wanted: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Raise SiteChangeError for a file or a variable that the file does not name already.

    Whoever administers the page need not be who owns the computer.
    """
    known = list(_reaching(before))
    for name, value in _reaching(wanted):
        allowed = name in _VARIABLES and str(value).startswith(SECRET_PREFIX)
        if (name, value) not in known and not allowed:
            raise SiteChangeError(
                f"{name} names something of this computer: write that into the file itself. "
                f"Variables that begin with {SECRET_PREFIX} may be named here."
            )


def _reaching(tables: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what reaches into this computer: files, and variables of the environment."""
    for path, value in leaves((), tables):
        if path and path[-1] in (*_OF_THIS_COMPUTER, *_VARIABLES):
            yield str(path[-1]), value
