"""Has a running process go by its site file as it is now, whoever wrote it."""

from __future__ import annotations

import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.service.config.load import load_settings
from radiograde.service.config.settings import LIVE, Settings
from radiograde.service.file_state import state_of

log = structlog.get_logger("radiograde.settings")


class SettingsFollower:
    """Reads the site file again once it was written; for one thread.

    Settings outside of ``LIVE`` stay as they were at the start. A file that cannot be used is
    logged, and what was in force goes on.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen = state_of(settings.site_file)

    def changed(self) -> Settings | None:
        """Return the settings that are to be in force from now on; None where they are already."""
        state = state_of(self._settings.site_file)
        if state == self._seen:
            return None
        self._seen = state
        # What opens destinations is not loaded before something changes.
        from radiograde.service.administration.usable_settings import check_usable

        try:
            read = load_settings(**self._settings.chosen)
            check_usable(read)
        except RadiogradeError as error:
            log.error("site_file_unusable", reason=error.message)
            return None
        wanted = self._settings.with_live(read)
        changed = sorted(name for name in LIVE if _differs(name, self._settings, wanted))
        left = Settings.model_fields.keys() - set(LIVE)
        if waiting := sorted(name for name in left if _differs(name, self._settings, read)):
            log.warning("restart_needed", settings=waiting)
        if not changed:
            return None
        log.info("settings_changed", settings=changed)
        self._settings = wanted
        return wanted


def _differs(name: str, one: Settings, other: Settings) -> bool:
    return bool(getattr(one, name) != getattr(other, name))
