"""What a signed report says of opacities: that there are some, that there are none, or neither.

By rules, after the manner of NegEx (Chapman et al., J Biomed Inform 2001;34:301): sentence by
sentence, a finding counts unless it is negated, doubted or of the past. Where a report is in doubt
or contradicts itself, nothing is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from radiograde.service.concordance.report_words import WORDS, ReportWords
from radiograde.service.config.site import Language

Says = Literal["opacity", "clear", "unsure"]
_Mention = Literal["affirmed", "negated", "doubted"]

LONGEST_REPORT = 20_000
"""Letters that are read of a report."""

_SENTENCES = re.compile(r"[.!?;。！？；\r\n]+(?:\s+|$)|[。！？\r\n]+")
_CLAUSES = re.compile(
    r",|、|，|\bbut\b|\bhowever\b|\baber\b|\bjedoch\b|\bpero\b|\baunque\b|지만|으나|が、"
)
_HANGUL, _KANA = re.compile("[가-힣]"), re.compile("[\u3040-\u30ff]")
_COMMON: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:the|of|is|are|and|with|there|no|lungs?|chest)\b"),
    "de": re.compile(
        r"\b(?:der|die|das|und|kein\w*|ohne|ist|lunge\w*|nicht|im|beidseits|fragestellung|verdacht)\b"
    ),
    "es": re.compile(r"\b(?:el|la|los|las|de|se|sin|con|y|pulm\w+|no|en|motivo|descartar)\b"),
}


@dataclass(frozen=True, slots=True)
class ReportOpinion:
    """What a report says, and the language that it was read in."""

    says: Says
    language: Language


def opinion_of(report: str) -> ReportOpinion:
    """Return what a report's text says of opacities."""
    text = report[:LONGEST_REPORT].lower()
    language = language_of(text)
    words = WORDS[language]
    mentions: set[_Mention] = set()
    is_clear = False
    for sentence in _SENTENCES.split(text):
        mentions.update(_mentions(sentence, words))
        is_clear = is_clear or words.clear.search(sentence) is not None
    return ReportOpinion(_judged(mentions, is_clear=is_clear), language)


def language_of(text: str) -> Language:
    """Return the language of a text in lower case: by its letters, else by its common words."""
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    counts = {language: len(common.findall(text)) for language, common in _COMMON.items()}
    return max(counts, key=counts.__getitem__)


def _judged(mentions: set[_Mention], *, is_clear: bool) -> Says:
    if "affirmed" in mentions:
        return "unsure" if is_clear else "opacity"
    if "doubted" in mentions:
        return "unsure"
    return "clear" if is_clear or "negated" in mentions else "unsure"


def _mentions(sentence: str, words: ReportWords) -> Iterator[_Mention]:
    """Yield how each finding of a sentence is meant."""
    if not words.finding.search(sentence):
        return
    in_doubt = words.doubt.search(sentence) is not None
    negated_before = False
    for clause in _CLAUSES.split(sentence):
        # What is negated in a list is negated at its beginning, or at its end.
        negated = words.negation.search(clause) is not None
        finding = words.finding.search(clause)
        if finding is None:
            negated_before = negated and not words.follows
            continue
        if in_doubt or words.gone.search(clause) is not None:
            yield "doubted"
        elif _is_negated(clause, finding, words):
            yield "negated"
            negated_before = not words.follows
        elif negated_before:
            # "No effusion, consolidation": a list. With more words it may be a sentence of its own.
            yield "negated" if _is_listed(clause) else "doubted"
        elif words.follows and _negated_at_end(sentence, words):
            yield "negated"
        else:
            yield "affirmed"


def _is_negated(clause: str, finding: re.Match[str], words: ReportWords) -> bool:
    if words.follows:
        return words.negation.search(clause, finding.end()) is not None
    return words.negation.search(clause[: finding.start()]) is not None


def _is_listed(clause: str) -> bool:
    """Return whether a clause is one of a list, and no sentence of its own."""
    return len(clause.split()) <= 4


def _negated_at_end(sentence: str, words: ReportWords) -> bool:
    last = _CLAUSES.split(sentence)[-1]
    return words.negation.search(last) is not None
