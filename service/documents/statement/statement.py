"""What a result shows, said in a language: for the page, documents and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from radiograde.model.scoring.result import SeverityResult
from radiograde.service.config.site import Language
from radiograde.service.documents.statement import english, german, japanese, korean, spanish
from radiograde.service.documents.statement.facts import ChangeSince, facts_of
from radiograde.service.documents.statement.wording import Wording

_WORDINGS: Mapping[Language, Wording] = {
    "en": english.WORDING,
    "ko": korean.WORDING,
    "de": german.WORDING,
    "es": spanish.WORDING,
    "ja": japanese.WORDING,
}


@dataclass(frozen=True, slots=True)
class Statement:
    """Sentences of a language (BCP 47), and the label that says what made them."""

    language: Language
    label: str
    text: str

    @property
    def marked(self) -> str:
        """The sentences behind their label: what is written where there is only text."""
        return f"{self.label}: {self.text}"


def statement(
    result: SeverityResult, language: Language, change: ChangeSince | None = None
) -> Statement | None:
    """Return what a result shows, in a language; None of one without scores.

    ``change``: since the prior film, where the two may be compared. The words follow from the
    zones' numbers and intervals, the severity and the input check alone: no cause, no diagnosis.
    """
    facts = facts_of(result, change)
    if facts is None:
        return None
    wording = _WORDINGS[language]
    return Statement(language, wording.label, wording.text(facts))
