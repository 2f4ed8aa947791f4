"""The tables ``[[rules]]`` of the site file: which results go where, and as which documents.

docs/reference/site.md describes every key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from radiograde.service.config.nearest_name import did_you_mean
from radiograde.service.config.site import DestinationConfig, DocumentKind, FilmSource, Table

FilmView = Literal["PA", "AP", "LATERAL", "OTHER", "UNKNOWN"]
SeverityBand = Literal["none", "mild", "moderate", "severe"]
"""As the model has them: who only reads the settings does not load it."""

Pattern = Annotated[str, Field(min_length=1, max_length=64)]
"""A text in capitals or small letters alike; ``*`` stands for any letters, ``?`` for one."""

ChangeVerdict = Literal["better", "worse", "no_certain_change", "other_model", "not_known"]
"""How a film's score differs from that of the patient's film before."""

Priority = Literal["high", "normal", "low"]

SENDER = "@sender"
"""In place of a destination's name: the one whose AE title is that of the film's sender."""


class Conditions(Table):
    """What a film and its result are asked for: of each list one has to fit, an empty one does."""

    source: tuple[FilmSource, ...] = ()
    sender: tuple[Pattern, ...] = ()
    department: tuple[Pattern, ...] = ()
    modality: tuple[Pattern, ...] = ()
    view: tuple[FilmView, ...] = ()
    status: tuple[Literal["scored", "rejected"], ...] = ()
    severity: tuple[SeverityBand, ...] = ()
    model: tuple[Pattern, ...] = ()
    change: tuple[ChangeVerdict, ...] = ()

    @property
    def asked(self) -> dict[str, tuple[str, ...]]:
        """What is asked for, by name, without what is not."""
        wanted = {name: getattr(self, name) for name in Conditions.model_fields}
        return {name: values for name, values in wanted.items() if values}


class RuleConfig(Conditions):
    """Where the results go that fit its conditions, but for those that fit ``unless``."""

    to: tuple[Annotated[str, Field(pattern="^(@sender|[a-z0-9][a-z0-9_-]{0,39})$")], ...] = Field(
        min_length=1, description="Names of destinations, or @sender"
    )
    send: tuple[DocumentKind, ...] = Field((), description="Those of the destination where empty")
    priority: Priority = "normal"
    unless: Conditions | None = None

    @model_validator(mode="after")
    def _unless_asks(self) -> Self:
        if self.unless is not None and not self.unless.asked:
            raise ValueError("`unless` asks for nothing, so that the rule would never hold")
        return self


def check_rules(rules: Sequence[RuleConfig], destinations: Sequence[DestinationConfig]) -> None:
    """Return where each rule names destinations that there are, and documents that they can take.

    Raises:
        ValueError: one does not, with the nearest name.
    """
    by_name = {one.name: one for one in destinations}
    to_sender = [one for one in destinations if one.type == "dicom"]
    for number, rule in enumerate(rules, 1):
        for name in rule.to:
            if name != SENDER and name not in by_name:
                raise ValueError(
                    f"rule {number} sends to {name}, and there is no such destination"
                    + (did_you_mean(name, by_name) or ". It has " + (", ".join(by_name) or "none"))
                )
            if name == SENDER and not to_sender:
                raise ValueError(
                    f"rule {number} sends to {SENDER}, and there is no destination of type dicom"
                )
            for one in to_sender if name == SENDER else [by_name[name]]:
                _check_documents(number, rule, one)


def _check_documents(number: int, rule: RuleConfig, destination: DestinationConfig) -> None:
    possible = possible_documents(destination)
    for kind in rule.send:
        if kind not in possible:
            raise ValueError(
                f"rule {number} sends {kind} to {destination.name}, "
                f"which can take {', '.join(possible)} alone"
            )


def possible_documents(destination: DestinationConfig) -> tuple[DocumentKind, ...]:
    """Return the documents that a destination of its type can take."""
    (kind, _) = get_args(type(destination).model_fields["send"].annotation)
    return tuple(get_args(kind))
