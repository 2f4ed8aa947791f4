"""Names are the field's: words that nobody could guess do not come back.

An English or DICOM word with a meaning of its own (place, part, study, look) is searched for only
as the name that it was.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ("service", "training", "model", "data", "radiograde")
PROSE = ("docs", "README.md", "service/web/words")
ALL = (*CODE, *PROSE)

RETIRED: dict[str, tuple[str, tuple[str, ...]]] = {
    r"\bdoors?\b": ("source of a film, interface of the service", ALL),
    r"(?i)\bledgers?\b": ("table, repository", ALL),
    r"(?i)\bsinks?\b": ("destination", ALL),
    r"(?i)\bparticulars\b": ("patient and study text, source references", ALL),
    r"(?i)\bpatience\b": ("retry policy, time-out", ALL),
    r"\bpauses?\b": ("backoff, interval", CODE),
    r"(?i)\bshel(f|ves)\b": ("quarantine or done folder", ALL),
    r"(?i)\bbench\b": ("grader", ALL),
    r"(?i)reading[_ ]room": ("page, page queries", ALL),
    r"(?i)\bdesk\b": ("sign-in", ALL),
    r"(?i)\bvisits?\b": ("caller", ALL),
    r"\b[Ss]tamp\b|\bMoment\b": ("timestamp", CODE),
    r"(was|were|when|day|film|date)[_ ]taken\b|\btaken(: str|: date|=film)": (
        "acquisition time",
        ALL,
    ),
    r"\b(tell|tells|told|telling)_|_(tell|told)\b|worth[_ ]telling": ("report, notify", CODE),
    r"\b(Ruler|Pen|Plane|Place|Part|Said)\b(?=[(\[\],:|)])": ("what it is", CODE),
    r"\b(Library|Volume|Case)\b(?=[(\[\],:|)])": (
        "document store, document request, graded film",
        ("service",),
    ),
    r"\bgates?\b": ("input check", PROSE),
    r"\b(TwoLooks|Look|Tile)\b(?! (into|up|at))": ("LocaliseThenGrade, NetworkOutput", CODE),
    r"\blooks\b *[=(]|\bdef looks?\b": ("pass, augment_batch", CODE),
    r"(?i)\bspoil(t|s|ed|ing)?\b": ("degraded, corruption", ALL),
    r"(?i)\bcrossed\b": ("cross-fitted", ALL),
    r"(?i)\blessons?\b": ("training sample, loss module", ALL),
    r"\btaught\b": ("pseudo-labels", ALL),
    r"\bbridge\b": ("imputed_brixia", CODE),
    r"\bside_by_side\b": ("parallel_folds, comparator_table", ALL),
    r"\b(Machine|Material|Stage|Measured)\b(?! (at|coverage))": ("what it is", CODE),
    r"\bscope_\w+\b": ("input_check", ("training",)),
    r"(?i)\bshipping\b": ("release", ALL),
}
"""What is searched for, what to say instead, and where."""

ALLOWED = {
    r"service/database/migrations/": "what is stored keeps its name",
    r'.*"(door|gate|taken)"': "a key of the JSON, which is a contract",
    r"docs/reference/http\.md:.*`(door|gate|taken)`": "a key of the JSON",
    r"service/(http/schemas|worklist/\w+)\.py:\d+: +(door|taken)(:|=)": "a key of the JSON",
    r"service/grading/film_jobs\.py:.*``door``": "says of which key it is the former name",
    r"docs/(reference/python-api|tutorial/first-score)\.md:.*\bgate\b": "a member of the result",
    r"training/config\.py:.*\"(taught|bridge)\"": "keys of configurations that runs have kept",
    r"training/report/": "a tile and a case are what its page shows",
}
"""Lines, as ``path:number:text``, that keep a word, and why."""

OLD_FILES = frozenset(
    [
        *("bench", "bridge", "clear", "crossed", "described", "desk", "draws"),
        *("edges", "found", "gate", "identity", "ledger", "lesson", "library", "look", "looks"),
        *("machine", "material", "measured", "moment", "particulars", "patience", "peers", "pen"),
        *("place", "plane", "reading_room", "ruler", "said", "seen", "shelf"),
        *("shipping", "side_by_side", "sink", "spoilt", "stage", "stamp", "study", "taken"),
        *("taught", "told", "two_looks", "visit", "volume"),
    ]
)


@cache
def lines_with(pattern: str, where: tuple[str, ...]) -> list[str]:
    """Return the lines with a pattern, in all but other people's code."""
    command = ["git", "grep", "--untracked", "-n", "-I", "-P", "-e", pattern, "--", *where]
    done = subprocess.run(
        [*command, ":!service/web/vendor"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


def is_allowed(line: str) -> bool:
    return any(re.match(pattern, line) for pattern in ALLOWED)


@pytest.mark.parametrize("pattern", RETIRED)
def test_a_retired_word_stays_away(pattern: str) -> None:
    instead, where = RETIRED[pattern]
    lines = [line for line in lines_with(pattern, where) if not is_allowed(line)]
    assert lines == [], f"say: {instead}"


def test_no_file_has_a_retired_name() -> None:
    paths = [path for folder in CODE[:-1] for path in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 200
    assert [str(path) for path in paths if path.stem in OLD_FILES] == []


def test_every_exception_is_still_needed() -> None:
    lines = [line for pattern, (_, where) in RETIRED.items() for line in lines_with(pattern, where)]
    unused = [known for known in ALLOWED if not any(re.match(known, line) for line in lines)]
    assert unused == []


def test_the_search_finds_what_it_is_for() -> None:
    for word in ("door", "Ledger", "patience", "film taken", "TwoLooks", "spoilt", "Desk"):
        assert any(re.search(pattern, f"a {word} b") for pattern in RETIRED), word
