"""Which settings are in force, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_settings import EnvSettingsSource

from radiograde.service.config.leaves import leaves
from radiograde.service.config.load import load_settings
from radiograde.service.config.settings import Settings, read_site

Source = Literal["option", "environment", "site file", "default"]

_MISSING = object()


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """One setting: its name as the site file has it, its value in words, and who says so."""

    name: str
    value: str
    source: Source


def settings_in_force(**chosen: Any) -> list[SettingInForce]:
    """Return every setting; a secret is masked.

    Raises:
        ConfigurationError, SiteError: as :func:`load_settings`.
    """
    settings = load_settings(**chosen)
    given = {name: value for name, value in chosen.items() if value is not None}
    layers: list[tuple[Source, Mapping[str, Any]]] = [
        ("option", given),
        ("environment", EnvSettingsSource(Settings)()),
        ("site file", read_site(Settings, settings.site_file).toml_data),
    ]
    return [
        SettingInForce(name_of(path), in_words(value), _source(path, layers))
        for path, value in leaves((), settings.model_dump())
    ]


def _source(
    path: tuple[str | int, ...], layers: Sequence[tuple[Source, Mapping[str, Any]]]
) -> Source:
    for source, layer in layers:
        value: Any = layer
        whole = False
        for part in path:
            whole = whole or isinstance(part, int)
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = _MISSING
                break
            whole = whole or isinstance(value, list)
        if value is not _MISSING:
            return source
        if whole:  # a list is of one source alone
            return "default"
    return "default"


def name_of(path: tuple[str | int, ...]) -> str:
    """Return the name of a place in nested tables, as the site file has it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:]


def in_words(value: Any) -> str:
    """Return a plain value as words."""
    if value is None or value == ():
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
