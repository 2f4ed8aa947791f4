from __future__ import annotations

import dataclasses
import shutil
import subprocess
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radiograde.model.reading.digest import Digest
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import Reason
from radiograde.model.scoring.result import NOTICE, GateVerdict, Maps
from radiograde.service.config.site import Language
from radiograde.service.documents.document_form import DocumentForm
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.pdf.canvas import BODY, INNER
from radiograde.service.documents.pdf.report_page import report
from radiograde.service.documents.pdf.text_layout import runs, width, wrapped
from radiograde.service.documents.statement.facts import ChangeSince
from radiograde.service.documents.statement.statement import statement
from tests.service.documents.graded_films import (
    BEGAN,
    RESULT_ID,
    film_header,
    graded_film,
    header_in,
    rejected_film,
)
from tests.service.documents.pdf.pdf_reader import lines, outside_streams, page_count
from tests.service.fakes import FACTS, LATERAL, scored


@cache
def scored_film() -> GradedFilm:
    return graded_film()


@cache
def gated_out() -> GradedFilm:
    return rejected_film()


def said(subject: GradedFilm) -> list[str]:
    """Return the lines of the one page that there must be."""
    content = report(subject).content
    assert page_count(content) == 1
    return lines(content)


@cache
def scored_text() -> list[str]:
    return said(scored_film())


def named(name: str, **changed: Any) -> GradedFilm:
    """Return the rejected film, of a patient with another name or other elements."""
    header = film_header(SpecificCharacterSet="ISO_IR 192", PatientName=name, **changed)
    return dataclasses.replace(gated_out(), header=header)


def noticed(*reasons: Reason) -> GradedFilm:
    result = dataclasses.replace(scored_film().result, gate=GateVerdict(reasons))
    return dataclasses.replace(scored_film(), result=result)


def test_the_document_is_one_page_of_a4() -> None:
    document = report(scored_film())
    assert (document.kind, document.name) == ("pdf", "report.pdf")
    assert document.media_type == "application/pdf"
    assert page_count(document.content) == 1
    assert b"/MediaBox [ 0 0 595.2756 841.8898 ]" in document.content


def test_the_same_case_gives_the_same_bytes() -> None:
    assert report(scored_film()) == report(scored_film())
    assert report(gated_out()) == report(gated_out())


def test_the_file_is_dated_by_the_analysis_and_its_properties_name_no_patient() -> None:
    content = outside_streams(report(scored_film()).content)
    assert b"/CreationDate (D:20260304050607+00'00')" in content
    for secret in (b"P-1", b"ACC-7", "김".encode("utf-16-be")):
        assert secret not in content


def test_every_score_stands_in_the_text() -> None:
    text = scored_text()
    scores = scored_film().result.scores
    assert scores is not None
    for score in (scores.brixia, scores.geographic_extent, scores.opacity, *scores.zones.values()):
        low, high = score.interval
        place = text.index(f"{low:.1f} to {high:.1f}")
        assert text[place - 2 : place] == [f"{score.value:.1f}", f"of {score.range[1]:g}"]
    assert {"moderate", "35%", "right 41%, left not seen", "90% prediction interval"} <= set(text)


def test_zones_stand_under_their_lung() -> None:
    text = scored_text()
    right = text[text.index("Right lung") : text.index("Left lung")]
    assert [line for line in right if line in "ABCDEF"] == ["A", "B", "C"]
    assert right[right.index("C") + 1] == "2.4"


def test_patient_and_study_are_those_of_the_header() -> None:
    text = scored_text()
    facts = {
        "Patient": "김 민준",
        "Patient ID": "P-1",
        "Accession number": "ACC-7",
        "Study date": "2026-03-04",
        "Birth date": "1960-01-02",
        "Sex": "male",
        "View": "PA",
    }
    for label, fact in facts.items():
        assert text[text.index(label) + 1] == fact


def test_model_time_and_purpose_are_written() -> None:
    text = " ".join(scored_text())
    for written in (
        f"Model {FACTS.name} {FACTS.version}, sha256 {FACTS.sha256[:12]}",
        "Analysed 2026-03-04 05:06:07+00:00",
        f"Result {RESULT_ID}",
        NOTICE,
        "RESEARCH USE ONLY",
        "not verified by a physician",
    ):
        assert written in text


def test_warnings_come_before_remarks() -> None:
    text = said(
        noticed(
            Reason("age_unknown", "info", "An adult is assumed."),
            Reason("inverted", "warn", "Stored as a negative."),
        )
    )
    warned = text.index("Warning: Stored as a negative.")
    assert text[warned + 1] == "An adult is assumed."


def test_a_film_with_every_remark_still_fits_on_its_page() -> None:
    reasons = [Reason(f"code_{i}", "warn", "A long remark on the film. " * 8) for i in range(20)]
    assert any("long remark" in line for line in said(noticed(*reasons)))


def test_a_rejected_film_has_reasons_and_no_numbers() -> None:
    text = said(gated_out())
    assert text[text.index("Not graded") + 1] == LATERAL.message
    assert NOTICE in text
    assert not any(word in " ".join(text) for word in ("Brixia", " of ", "%", "interval"))


def test_a_picture_belongs_to_nobody() -> None:
    film = Radiograph(Pixels(np.full((80, 60), 0.5, np.float32)), "png", Digest("cd" * 32))
    text = said(GradedFilm(film, None, dataclasses.replace(scored(), id=RESULT_ID), BEGAN))
    assert text[text.index("Patient") + 1] == "-"
    assert text[text.index("View") + 1] == "unknown"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Doe^Jane^^Dr", "Doe Jane Dr"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada Tarou (山田 太郎)"),
        ("=山田^太郎", "山田 太郎"),
        ("Wang^XiaoDong=王^小东", "Wang XiaoDong (王 小东)"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "Hong Gildong (洪 吉洞)"),
        ("Иванов^Пётр", "Иванов Пётр"),
        ("Müller^Jürgen", "Müller Jürgen"),
        ("Dvořák^Jiří", "Dvorák Jirí"),
        ("محمد", "????"),
        ("Smith^\U0001f600", "Smith ?"),
        ("O'Neil (x)\\", "O'Neil (x)"),
        ("", "-"),
    ],
)
def test_names_of_many_scripts_are_shown(name: str, shown: str) -> None:
    text = said(named(name))
    assert text[text.index("Patient") + 1] == shown


def test_letters_that_only_the_embedded_typeface_holds_are_drawn_with_it() -> None:
    assert runs("Łukasz") == [("Ł", "Vera"), ("ukasz", "Helvetica")]
    assert b"/BaseFont /AAAAAA+BitstreamVera" in report(named("Łukasz")).content


def test_long_identifiers_are_shown_whole() -> None:
    whole = "A1" * 32
    text = said(named("N" * 64, PatientID=whole))
    assert text[text.index("Patient ID") + 1] == whole


def test_wrapped_text_is_no_wider_than_its_room_and_loses_no_word() -> None:
    text = "A warning that goes on and on. " * 12
    broken = wrapped(text, BODY, INNER)
    assert len(broken) > 1
    assert max(width(runs(line), BODY) for line in broken) <= INNER
    assert " ".join(broken) == text.strip()
    (cut,) = wrapped("W" * 500, BODY, INNER)
    assert cut.endswith("...")
    assert width(runs(cut), BODY) <= INNER


@pytest.mark.parametrize("shape", [(16, 16), (200, 1200), (1200, 200)])
def test_films_of_any_shape_are_drawn(shape: tuple[int, int]) -> None:
    film = dataclasses.replace(scored_film().film, grey=Pixels(np.zeros(shape, np.float32)))
    empty = Maps(np.zeros((8, 6), np.float32), np.zeros((2, 8, 6), np.float32))
    for subject in (scored_film(), gated_out()):
        result = dataclasses.replace(subject.result, maps=empty)
        said(dataclasses.replace(subject, film=film, result=result))


@pytest.mark.parametrize("folder", ["chest", "charsets", "broken"])
def test_real_headers_are_shown(shared: Path, folder: str) -> None:
    names = []
    for path in sorted((shared / "dicom" / folder).iterdir()):
        text = said(dataclasses.replace(gated_out(), header=header_in(path)))
        names.append(text[text.index("Patient") + 1])
    assert not any("?" in name for name in names)
    if folder == "charsets":
        assert names == ["やまだ たろう", "やまだ たろう", "김희중"]


def test_another_reader_finds_the_text(tmp_path: Path) -> None:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler-utils) is not on this machine")
    path = tmp_path / "report.pdf"
    path.write_bytes(report(scored_film()).content)
    done = subprocess.run([program, str(path), "-"], capture_output=True, timeout=30, check=True)
    text = done.stdout.decode()
    assert "P-1" in text
    for score in ("5.7 to 7.7", "1.4 to 3.0", "moderate", NOTICE):
        assert score in text


@pytest.mark.parametrize("language", ["en", "ko", "de", "es", "ja"])
def test_what_the_film_shows_is_said_in_a_language_and_marked(language: Language) -> None:
    film = dataclasses.replace(scored_film(), form=DocumentForm(language=language))
    change = ChangeSince("uncertain", date(2026, 3, 3))
    text = lines(report(film, change=change).content)
    expected = statement(film.result, language, change)
    assert expected is not None
    at = text.index(expected.label) + 1
    said = text[at : at + len(wrapped(expected.text, BODY, INNER))]
    assert "".join(said).replace(" ", "") == expected.text.replace(" ", "")
