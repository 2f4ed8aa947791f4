"""The dossier: a claim without a test that passed breaks the build."""

from __future__ import annotations

import base64
import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.service.config.settings import Settings
from radiograde.service.dossier.build import Dossier, build_dossier
from radiograde.service.dossier.chai_card import FORM, NAMESPACE
from radiograde.service.dossier.claims import (
    Outcome,
    check_named,
    check_passed,
    claims_of,
    named_tests,
    outcomes_in,
    run_tests,
)
from radiograde.service.dossier.pages import Page, written_pages
from radiograde.service.errors import DossierError
from tests.service.documents.pdf.pdf_reader import page_count
from tests.service.fakes import FakeScorer

ROOT = Path(__file__).resolve().parents[3]
PAGE = """# Hazards

| hazard | Tests |
|---|---|
| A film is lost | `tests/test_films.py::test_kept` |
| A place is wrong [HOSPITAL: where] | |

As `tests/test_films.py::test_read` shows.
"""


@pytest.fixture(scope="module")
def named() -> list[str]:
    """Return the tests that the dossier names."""
    return named_tests(claims_of(written_pages(ROOT).values()))


@pytest.fixture(scope="module")
def dossier(named: list[str]) -> Dossier:
    """Return the dossier of this tree as it is where all tests passed."""
    passed: dict[str, Outcome] = dict.fromkeys(named, "passed")
    return build_dossier(ROOT, Settings(), FakeScorer(), passed)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a small tree with two tests."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_films.py").write_text(
        "import pytest\n\ndef test_kept(): pass\n\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_read(n): pass\n"
    )
    return tmp_path


def test_claims_are_rows_and_named_tests_and_no_blanks() -> None:
    claims = claims_of([Page("hazards", PAGE)])
    assert [(one.text, one.tests) for one in claims] == [
        ("A film is lost", ("tests/test_films.py::test_kept",)),
        ("names tests/test_films.py::test_read", ("tests/test_films.py::test_read",)),
    ]
    assert Page("hazards", PAGE).blanks == ["where"]


def test_what_became_of_each_test_is_found_by_running_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take most of the time
    file = checkout / "tests" / "test_films.py"
    skipping = file.read_text().replace("(n): pass", "(n): n == 1 or pytest.skip()")
    file.write_text(f"{skipping}\ndef test_sent(): assert False\n")
    tests = [f"tests/test_films.py::{name}" for name in ("test_kept", "test_read", "test_sent")]
    assert run_tests(tests, checkout) == dict(
        zip(tests, ("passed", "skipped", "failed"), strict=True)
    )


@pytest.mark.parametrize("outcome", ["skipped", "failed"])
def test_a_test_that_is_skipped_or_fails_breaks_the_build(outcome: Outcome) -> None:
    claims = claims_of([Page("hazards", PAGE)])
    outcomes: dict[str, Outcome] = dict.fromkeys(named_tests(claims), "passed")
    check_passed(claims, outcomes)
    outcomes["tests/test_films.py::test_kept"] = outcome
    with pytest.raises(DossierError, match=f"test_kept {outcome}: A film is lost"):
        check_passed(claims, outcomes)


def test_a_test_that_is_gone_breaks_the_build(checkout: Path) -> None:
    claims = claims_of([Page("hazards", PAGE)])
    check_named(claims, checkout)
    file = checkout / "tests" / "test_films.py"
    file.write_text(file.read_text().replace("def test_kept(): pass", ""))
    with pytest.raises(DossierError, match=re.escape("no test tests/test_films.py::test_kept")):
        check_named(claims, checkout)


def test_a_claim_that_names_no_test_breaks_the_build(checkout: Path) -> None:
    page = PAGE.replace("`tests/test_films.py::test_kept`", "trust us")
    with pytest.raises(DossierError, match="no test shows: A film is lost"):
        check_named(claims_of([Page("hazards", page)]), checkout)


def test_a_test_that_did_not_run_breaks_the_build(named: list[str]) -> None:
    passed: dict[str, Outcome] = dict.fromkeys(named[1:], "passed")
    with pytest.raises(DossierError, match=f"{named[0]} did not run"):
        build_dossier(ROOT, Settings(), FakeScorer(), passed)


def test_removing_any_one_test_of_this_tree_breaks_the_build(
    named: list[str], tmp_path: Path
) -> None:
    claims = claims_of(written_pages(ROOT).values())
    for file in {test.partition("::")[0] for test in named}:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    check_named(claims, tmp_path)
    file, _, name = named[0].partition("::")
    copy = tmp_path / file
    copy.write_text(
        copy.read_text("utf-8").replace(f"def {name}(", f"def renamed_{name}("), "utf-8"
    )
    with pytest.raises(DossierError, match=f"there is no test {named[0]}"):
        check_named(claims, tmp_path)


def test_a_tree_without_its_pages_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match="--source"):
        build_dossier(tmp_path, Settings(), FakeScorer(), {})


def test_html_has_every_page_and_marks_what_the_hospital_fills_in(dossier: Dossier) -> None:
    text = dossier.files["dossier.html"].decode()
    for title in ("Intended use and limits", "CLAIM 2024", "TRIPOD+AI", "MDS2", "ASVS", "IHE"):
        assert title in text
    assert text.count("<mark>To be filled in by the hospital: ") == dossier.blanks > 10
    assert "[HOSPITAL" not in text
    assert "<script" not in text
    assert not re.search(r'href="(?!#|https?://)', text)


def _bytes(stream: bytes) -> bytes:
    """Return what a stream holds; reportlab spells it in ASCII or not, as other code has set it."""
    spelt = stream.strip().endswith(b"~>")
    return base64.a85decode(b"<~" + stream, adobe=True) if spelt else stream


def pdf_text(content: bytes) -> str:
    """Return all that is written in a PDF, without spaces: long words go over several lines."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    drawn = [zlib.decompressobj().decompress(_bytes(one)) for one in streams]
    shown = re.findall(rb"\((.*?)(?<!\\)\) Tj", b"\n".join(drawn), re.DOTALL)
    return re.sub(r"\s", "", b"".join(shown).decode("cp1252"))


def test_the_pdf_has_every_page_and_every_test(dossier: Dossier, named: list[str]) -> None:
    text = pdf_text(dossier.files["dossier.pdf"])
    assert page_count(dossier.files["dossier.pdf"]) > 20
    assert "Dataprotection" in text
    assert [test for test in named if test not in text] == []


def test_the_parts_list_names_what_decodes_and_computes(dossier: Dossier) -> None:
    document = json.loads(dossier.files["sbom.cdx.json"])
    assert document["bomFormat"] == "CycloneDX"
    found = {one["name"].lower(): one for one in document["components"]}
    assert {"pydicom", "numpy", "imagecodecs", "onnxruntime"} <= set(found)
    assert "torch" not in found
    stated = [one["licenses"][0]["license"]["name"] for one in found.values()]
    assert stated.count("not stated") <= 2


def leaves(form: Mapping[str, object], path: str = "") -> list[str]:
    """Return the places of every element of a form, in order."""
    found = []
    for name, inner in form.items():
        here = f"{path}/{{{NAMESPACE}}}{name}"
        found.append(here)
        if isinstance(inner, Mapping):
            found += leaves(inner, here)
        elif isinstance(inner, tuple):
            found += [f"{here}/{{{NAMESPACE}}}{leaf}" for leaf in inner]
    return found


def test_the_card_has_the_elements_of_the_coalition_in_their_order(dossier: Dossier) -> None:
    root = ElementTree.fromstring(dossier.files["model-card.chai.xml"])  # noqa: S314 - our own

    def places(element: ElementTree.Element, path: str = "") -> list[str]:
        return [
            place
            for child in element
            if not child.tag.endswith("}Keyword")
            for place in (f"{path}/{child.tag}", *places(child, f"{path}/{child.tag}"))
        ]

    assert places(root) == leaves(FORM)
    assert all(leaf.text and leaf.text.strip() for leaf in root.iter() if not len(leaf))
    use = root.find(f".//{{{NAMESPACE}}}IntendedUseAndWorkflow")
    assert use is not None
    assert "Research on grading" in str(use.text)


def test_of_several_cases_the_worst_counts(tmp_path: Path) -> None:
    report = tmp_path / "tests.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="tests.a.test_b" name="test_c[1]"/>'
        '<testcase classname="tests.a.test_b" name="test_c[2]"><skipped/></testcase>'
        '<testcase classname="tests.a.test_b" name="test_d"><failure/></testcase>'
        "</testsuite></testsuites>"
    )
    assert outcomes_in(report) == {
        "tests/a/test_b.py::test_c": "skipped",
        "tests/a/test_b.py::test_d": "failed",
    }
    report.write_text("no report")
    with pytest.raises(DossierError):
        outcomes_in(report)


def test_the_command_fills_a_folder(named: list[str], tmp_path: Path) -> None:
    cases = []
    for test in named:
        file, _, name = test.partition("::")
        place = file.removesuffix(".py").replace("/", ".")
        cases.append(f'<testcase classname="{place}" name="{name}"/>')
    report = tmp_path / "tests.xml"
    report.write_text(f"<testsuite>{''.join(cases)}</testsuite>")
    options = ["--out", str(tmp_path / "out"), "--tests", str(report), "--model", str(BUNDLED)]
    run = CliRunner().invoke(main, ["dossier", *options, "--data-dir", str(tmp_path / "data")])
    assert run.exit_code == 0, run.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("dossier.html", "dossier.pdf", "model-card.chai.xml", "sbom.cdx.json"),
    ]
