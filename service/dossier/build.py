"""Building the dossier: pages, claims and their tests, HTML, PDF, model card and parts list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from radiograde import __version__
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.masked import masked_settings
from radiograde.service.config.settings import Settings
from radiograde.service.dossier.as_html import dossier_html
from radiograde.service.dossier.as_pdf import dossier_pdf
from radiograde.service.dossier.chai_card import chai_card
from radiograde.service.dossier.claims import (
    Claim,
    Outcome,
    check_named,
    check_passed,
    claims_of,
    named_tests,
    run_tests,
)
from radiograde.service.dossier.inventory import cyclonedx, inventory_page
from radiograde.service.dossier.pages import Page, ordered, written_pages
from radiograde.service.grading.origin import origin_of

TITLE = f"Radiograde {__version__}: dossier for a hospital"


@dataclass(frozen=True, slots=True)
class Dossier:
    """``files``: what is to be written, by name."""

    files: Mapping[str, bytes]
    claims: int
    tests: int
    blanks: int


def build_dossier(
    root: Path, settings: Settings, scorer: Scorer, outcomes: Mapping[str, Outcome] | None = None
) -> Dossier:
    """Return the dossier of a checkout and an installation.

    ``outcomes``: what became of each test; None: those that are named are run.

    Raises:
        DossierError: a page is missing, or a claim is not shown by tests that passed.
    """
    written = written_pages(root)
    claims = claims_of(written.values())
    check_named(claims, root)
    tests = named_tests(claims)
    found = run_tests(tests, root) if outcomes is None else outcomes
    check_passed(claims, found)
    made = [
        Page("inventory", inventory_page()),
        Page("configuration", _configuration(settings, scorer)),
        Page("tests", _tests_page(claims, tests)),
    ]
    pages = ordered({**written, **{page.name: page for page in made}})
    files = {
        "dossier.html": dossier_html(TITLE, pages).encode(),
        "dossier.pdf": dossier_pdf(TITLE, pages),
        "model-card.chai.xml": chai_card(written["model-card"].text, scorer.metadata),
        "sbom.cdx.json": cyclonedx().encode(),
    }
    return Dossier(files, len(claims), len(tests), sum(len(page.blanks) for page in pages))


def _configuration(settings: Settings, scorer: Scorer) -> str:
    """Return versions and settings of the installation that the dossier is of."""
    origin = origin_of(scorer)
    model, libraries = origin["model"], origin["libraries"]
    facts = {
        "model": f"{model['name']} {model['version']}, SHA-256 {model['sha256']}",
        "program": f"{origin['radiograde']}, code SHA-256 {origin['code']}",
        "libraries": ", ".join(f"{name} {number}" for name, number in libraries.items()),
        "runs on": f"{origin['provider']}, {origin['threads']} threads, {origin['processor']}",
    }
    rows = {**facts, **masked_settings(settings)}
    return "\n".join(
        [
            "# Configuration of this installation",
            "",
            "Names, places, addresses and secrets are masked: *set* says that there is one. "
            "`radiograde check --config` shows them to who may see them.",
            "",
            "| part or setting | value |",
            "|---|---|",
            *(f"| {name} | {value.replace('|', '/')} |" for name, value in rows.items()),
            "",
        ]
    )


def _tests_page(claims: Sequence[Claim], tests: Sequence[str]) -> str:
    places = {
        test: sorted({claim.page for claim in claims if test in claim.tests}) for test in tests
    }
    return "\n".join(
        [
            "# Tests that this dossier names",
            "",
            f"{len(claims)} claims name {len(tests)} tests. All of them were run for this dossier "
            "and passed; had one failed, been skipped or been missing, there were no dossier.",
            "",
            "| test | shows claims of |",
            "|---|---|",
            *(f"| `{test}` | {', '.join(places[test])} |" for test in tests),
            "",
        ]
    )
