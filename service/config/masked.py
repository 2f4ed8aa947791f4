"""The settings as they may leave the house: no name, place, address or secret among them."""

from __future__ import annotations

from typing import Any

from radiograde.service.config.in_force import in_words, name_of
from radiograde.service.config.leaves import leaves
from radiograde.service.config.settings import Settings

MASK = "set"

CHOICES = frozenset(
    {
        *("device", "identifiers", "language", "log_level", "rejected", "retrieve"),
        *("type", "when", "worker"),
    }
)
"""Settings whose texts are words of ours."""


def masked_settings(settings: Settings) -> dict[str, str]:
    """Return numbers, switches and choices by name; of all other settings whether they are set."""
    found = leaves((), settings.model_dump())
    return {name_of(path): _masked(str(path[-1]), value) for path, value in found}


def _masked(name: str, value: Any) -> str:
    plain = value is None or isinstance(value, bool | int | float)
    if plain or value in ((), []) or name in CHOICES:
        return in_words(value)
    return MASK
