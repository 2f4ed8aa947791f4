"""Claims and the tests that show them: a claim without a test that passed breaks the build.

A claim is a row of a table whose last column is called *Tests*, or a test that a page names
anywhere. A row that is the hospital's to fill in claims nothing.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from markdown_it.token import Token

from radiograde.service.dossier.pages import Page, blanks_in
from radiograde.service.errors import DossierError

Outcome = Literal["passed", "failed", "skipped"]

COLUMN = "Tests"
TEST = re.compile(r"tests/[\w/]+\.py::\w+")
_WORST: tuple[Outcome, ...] = ("failed", "skipped", "passed")


@dataclass(frozen=True, slots=True)
class Claim:
    """Where it stands, what it says, and the tests that it names."""

    page: str
    text: str
    tests: tuple[str, ...]


def claims_of(pages: Iterable[Page]) -> list[Claim]:
    """Return every claim of the pages, in their order."""
    return [claim for page in pages for claim in _claims(page)]


def check_named(claims: Sequence[Claim], root: Path) -> None:
    """Raise DossierError for claims without a test, and for tests that are not there."""
    wrong = [f"{one.page}: no test shows: {one.text}" for one in claims if not one.tests]
    for test in named_tests(claims):
        if not _exists(test, root):
            places = ", ".join({one.page for one in claims if test in one.tests})
            wrong.append(f"{places}: there is no test {test}")
    if wrong:
        raise DossierError("\n".join(["The dossier claims what no test shows.", *wrong]))


def check_passed(claims: Sequence[Claim], outcomes: Mapping[str, Outcome]) -> None:
    """Raise DossierError for claims of which a test did not run, was skipped, or failed."""
    wrong = [
        f"{one.page}: {test} {outcomes.get(test, 'did not run')}: {one.text}"
        for one in claims
        for test in one.tests
        if outcomes.get(test) != "passed"
    ]
    if wrong:
        raise DossierError("\n".join(["The dossier claims what its tests do not show.", *wrong]))


def named_tests(claims: Iterable[Claim]) -> list[str]:
    """Return every test that is named, once."""
    return sorted({test for claim in claims for test in claim.tests})


def run_tests(tests: Sequence[str], root: Path) -> dict[str, Outcome]:
    """Run tests of a checkout and return what became of each.

    Raises:
        DossierError: pytest is not installed, or ended otherwise than by tests.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "tests.xml")
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *tests]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
        if not report.is_file():
            raise DossierError(
                f"The tests could not be run:\n{(done.stdout + done.stderr)[-2000:]}"
            )
        return outcomes_in(report)


def outcomes_in(report: Path) -> dict[str, Outcome]:
    """Return what became of each test of a JUnit report; of several cases the worst counts.

    Raises:
        DossierError: it cannot be read.
    """
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 - pytest wrote it
    except (OSError, ElementTree.ParseError) as error:
        raise DossierError(f"{report} is no JUnit report of tests.") from error
    outcomes: dict[str, Outcome] = {}
    for case in cases:
        file = case.get("classname", "").replace(".", "/")
        test = f"{file}.py::{case.get('name', '').partition('[')[0]}"
        found = (outcomes.get(test, "passed"), _outcome(case))
        outcomes[test] = min(found, key=_WORST.index)
    return outcomes


def _outcome(case: ElementTree.Element) -> Outcome:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def _exists(test: str, root: Path) -> bool:
    file, _, name = test.partition("::")
    path = root / file
    return (
        path.is_file() and re.search(rf"^def {name}\(", path.read_text("utf-8"), re.M) is not None
    )


def _claims(page: Page) -> Iterator[Claim]:
    in_tables: set[str] = set()
    for row in _claiming_rows(page.tokens):
        *said, tests = row
        named = tuple(TEST.findall(tests))
        in_tables.update(named)
        if not blanks_in(" ".join(row)):
            yield Claim(page.name, said[0], named)
    for test in TEST.findall(page.text):
        if test not in in_tables:
            yield Claim(page.name, f"names {test}", (test,))


def _claiming_rows(tokens: Sequence[Token]) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables that have a column of tests."""
    row: list[str] = []
    claiming = False
    for before, token in pairwise(tokens):
        if token.type == "tr_open":
            row = []
        elif before.type in ("th_open", "td_open"):
            row.append(token.content)
        elif token.type == "tr_close":
            is_head = before.type == "th_close"
            if is_head:
                claiming = row[-1] == COLUMN
            elif claiming:
                yield row
