"""Facts as sentences: which are said, and in which order, is the same in every language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from radiograde.service.documents.statement.facts import ChangeSince, Facts, Side


@dataclass(frozen=True, slots=True)
class Wording:
    """What a language has for each part of a statement.

    ``label``: says what made the sentences. ``withheld``: in place of all else. ``finding``: what
    the model sees. ``unseen``: that a lung was not found. ``change``: since the prior film.
    ``remarked``: that the input check warns. ``between``: what stands between sentences.
    """

    label: str
    withheld: str
    finding: Callable[[Facts], str]
    unseen: Callable[[Side], str]
    change: Callable[[ChangeSince], str]
    remarked: str
    between: str = " "

    def text(self, facts: Facts) -> str:
        """Return the facts as sentences."""
        if facts.kind == "withheld":
            return self.withheld
        sentences = [self.finding(facts)]
        if facts.unseen is not None:
            sentences.append(self.unseen(facts.unseen))
        if facts.change is not None:
            sentences.append(self.change(facts.change))
        if facts.remarked:
            sentences.append(self.remarked)
        return self.between.join(sentences)
