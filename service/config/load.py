"""Reading the settings, once when a process starts."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, SettingsError

from radiograde.service.config.leaves import leaves
from radiograde.service.config.names import PREFIX, is_plain_key, keys_at, unknown_variables
from radiograde.service.config.nearest_name import did_you_mean
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
        settings = Settings(**given)
    except SettingsError as error:
        raise ConfigurationError(_unparsed(error)) from error
    except ValidationError as error:
        raise _explained(error, given) from error
    if unknown := unknown_variables(os.environ, _secrets(settings)):
        raise ConfigurationError(" ".join(unknown))
    return settings


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield the variables that the site file names."""
    for path, value in leaves((), settings.model_dump()):
        if value and str(path[-1]).endswith("_env"):
            yield value


def _explained(error: ValidationError, chosen: Mapping[str, Any]) -> ConfigurationError | SiteError:
    given = EnvSettingsSource(Settings)() | dict(chosen)
    faults = [(fault["loc"], in_words(fault)) for fault in error.errors()]
    if ours := [(where, what) for where, what in faults if _stands_in(given, where)]:
        return ConfigurationError("; ".join(f"{_variable(where)}: {what}" for where, what in ours))
    listed = "; ".join(f"{'.'.join(map(str, where))}: {what}" for where, what in faults)
    return SiteError(f"{site_path(given)} cannot be used: {listed}.")


def _unparsed(error: SettingsError) -> str:
    """Return which variables of a field hold no JSON where that is asked for."""
    (field,) = re.findall(r'field "(\w+)"', str(error)) or ("",)
    begin = f"{PREFIX}{field}".upper()
    lists = [
        name
        for name, value in sorted(os.environ.items())
        if name.upper().startswith(begin) and not (_is_json(value) or is_plain_key(name))
    ]
    return f'{", ".join(lists) or begin} ({field}): write JSON; a list is ["..."].'


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def in_words(fault: ErrorDetails) -> str:
    """Return what is wrong at a place, with what to write instead where that is known."""
    match fault["type"]:
        case "tuple_type":
            name = fault["loc"][-1]
            if name in ("watch", "destination", "rules", "notify", "peers", "groups"):
                return f"write a table for each, under [[{'.'.join(map(str, fault['loc']))}]]"
            return f'write a list, such as {name} = ["..."]'
        case "extra_forbidden":
            *where, name = fault["loc"]
            return fault["msg"] + did_you_mean(str(name), keys_at(where))
        case "literal_error" | "union_tag_invalid":
            return fault["msg"] + did_you_mean(_given_name(fault), _expected(fault))
        case _:
            return fault["msg"]


def _given_name(fault: ErrorDetails) -> str:
    """Return the name that is none of those expected; what is no text is near to nothing."""
    given = fault["ctx"].get("tag", fault["input"])
    return given if isinstance(given, str) else ""


def _expected(fault: ErrorDetails) -> list[str]:
    """Return the names of which one is expected, as pydantic lists them."""
    context = fault["ctx"]
    return re.findall("'([^']+)'", context.get("expected_tags") or context["expected"])


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
