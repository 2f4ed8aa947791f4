"""Whether a routing rule fits a film, and in words why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from radiograde.service.config.rules import SENDER, RuleConfig
from radiograde.service.config.site import DestinationConfig
from radiograde.service.delivery.film_facts import FilmFacts


def concerns(rule: RuleConfig, destination: DestinationConfig) -> bool:
    """Return whether a rule may send to a destination; ``@sender`` may be any DICOM node."""
    return destination.name in rule.to or (SENDER in rule.to and destination.type == "dicom")


def unmet(rule: RuleConfig, destination: DestinationConfig, film: FilmFacts) -> str | None:
    """Return why a rule that concerns a destination does not send a film there; None: it does.

    The destination's ``sources`` hold where the rule asks for no source itself.
    """
    if destination.name not in rule.to and not _is_sender(destination, film):
        return f"its sender is {film.sender or 'not known'}, not {_title(destination)}"
    asked = {"source": tuple(destination.sources)} | rule.asked
    why = _first_unmet(asked, film)
    if why is not None or rule.unless is None or _first_unmet(rule.unless.asked, film) is not None:
        return why
    excluding = "; ".join(f"{name} is {_said(film, name)}" for name in rule.unless.asked)
    return f"unless: {excluding}"


def serves(destination: DestinationConfig, film: FilmFacts) -> str | None:
    """Return why a destination does not serve a film by its source; None: it does."""
    return _first_unmet({"source": tuple(destination.sources)}, film)


def _title(destination: DestinationConfig) -> str:
    return destination.aet if destination.type == "dicom" else destination.name


def _is_sender(destination: DestinationConfig, film: FilmFacts) -> bool:
    return "dicom" in film.source and destination.type == "dicom" and destination.aet == film.sender


def _first_unmet(asked: Mapping[str, Sequence[str]], film: FilmFacts) -> str | None:
    for name, wanted in asked.items():
        known = film.values_of(name)
        if not any(_fits(value, pattern) for value in known for pattern in wanted):
            return f"{name} is {_said(film, name)}, not {' or '.join(wanted)}"
    return None


def _fits(value: str, pattern: str) -> bool:
    # A bracket is a letter like others: who writes a model's name knows no ranges.
    return fnmatchcase(value.casefold(), pattern.casefold().replace("[", "[[]"))


def _said(film: FilmFacts, name: str) -> str:
    values = film.values_of(name)
    shown = sorted(values) if name == "source" else values[:1]
    return " and ".join(shown) or "not known"
