"""Reading the settings, once when a process starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from radiograde.service.config.settings import Settings, site_path
from radiograde.service.errors import ConfigurationError, SiteError


def load_settings(**chosen: Any) -> Settings:
    """Return the settings of options, environment and site file; None means not chosen.

    No message repeats a value, which may be a secret.

    Raises:
        ConfigurationError: an option or environment variable does not fit.
        SiteError: the site file cannot be read, is no TOML, or holds what does not exist or fit.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**given)
    except SettingsError as error:
        raise ConfigurationError(f"{error}.") from error
    except ValidationError as error:
        raise _explained(error, given) from error


def _explained(error: ValidationError, chosen: Mapping[str, Any]) -> ConfigurationError | SiteError:
    given = EnvSettingsSource(Settings)() | dict(chosen)
    faults = [(fault["loc"], fault["msg"]) for fault in error.errors(include_input=False)]
    if ours := [(where, what) for where, what in faults if _stands_in(given, where)]:
        return ConfigurationError("; ".join(f"{_variable(where)}: {what}" for where, what in ours))
    listed = "; ".join(f"{'.'.join(map(str, where))}: {what}" for where, what in faults)
    return SiteError(f"{site_path(given)} cannot be used: {listed}.")


def _stands_in(given: object, where: tuple[int | str, ...]) -> bool:
    """Return whether the value at a place comes from there; the rest comes from the site file."""
    for part in where:
        if not isinstance(given, Mapping):
            return True
        if part not in given:
            return False
        given = given[part]
    return True


def _variable(where: tuple[int | str, ...]) -> str:
    return "RADIOGRADE_" + "__".join(str(part) for part in where).upper()
