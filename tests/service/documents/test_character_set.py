"""Documents for archives that do not read UTF-8."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset

from radiograde.service.config.site import DicomDestinationConfig, ObjectKind
from radiograde.service.documents import document_uids
from radiograde.service.documents.document_form import USUAL, DocumentForm, form_for
from radiograde.service.documents.document_kinds import builder_of, in_form
from radiograde.service.documents.sr.review_report import review_report
from tests.service.documents.graded_films import graded_film
from tests.service.documents.validators import dciodvfy, dsrdump
from tests.service.reviews.made import review

KINDS: tuple[ObjectKind, ...] = ("sr", "seg", "sc", "pr", "doc")


def made(name: str, charset: str, kind: ObjectKind = "sr", patient_id: str = "P-1") -> FileDataset:
    graded = graded_film(PatientName=name, PatientID=patient_id)
    form = DocumentForm(charset)
    return dcmread(io.BytesIO(builder_of(kind)(dataclasses.replace(graded, form=form)).content))


@pytest.mark.parametrize(
    ("charset", "name", "written"),
    [
        ("ISO_IR 100", "Buc^Jérôme", "Buc^Jérôme"),
        ("ISO_IR 6", "Buc^Jérôme", "Buc^Jerome"),
        ("ISO_IR 100", "Wang^XiaoDong=王^小东", "Wang^XiaoDong"),
        ("ISO_IR 144", "Люкceмбypг", "Люкceмбypг"),
        ("ISO_IR 6", "김^민준", "?^??"),
        ("ISO 2022 IR 149", "Hong^Gildong=홍^길동", "Hong^Gildong=홍^길동"),
        ("ISO 2022 IR 87", "Yamada^Tarou=山田^太郎", "Yamada^Tarou=山田^太郎"),
        ("GB18030", "Wang^XiaoDong=王^小东", "Wang^XiaoDong=王^小东"),
    ],
)
def test_names_are_written_as_far_as_the_character_set_holds_them(
    charset: str, name: str, written: str
) -> None:
    ds = made(name, charset)
    assert str(ds.PatientName) == written
    declared = ds.get("SpecificCharacterSet", "ISO_IR 6")
    assert charset in ([declared] if isinstance(declared, str) else list(declared))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_holds_the_bytes_of_its_character_set(kind: ObjectKind) -> None:
    film = dataclasses.replace(graded_film(PatientName="Jérôme"), form=DocumentForm("ISO_IR 100"))
    content = builder_of(kind)(film).content
    assert "Jérôme".encode("latin-1") in content
    assert "Jérôme".encode() not in content


def test_a_patient_id_that_does_not_fit_keeps_the_whole_in_utf_8() -> None:
    ds = made("Buc^Jérôme", "ISO_IR 6", patient_id="П-1")
    assert (ds.SpecificCharacterSet, ds.PatientID) == ("ISO_IR 192", "П-1")
    assert str(ds.PatientName) == "Buc^Jérôme"


def test_other_programs_read_it(tmp_path: Path) -> None:
    form = DocumentForm("ISO_IR 100")
    film = dataclasses.replace(graded_film(PatientName="Buc^Jérôme"), form=form)
    content = builder_of("sr")(film).content
    assert dciodvfy(content, tmp_path) == []
    assert "Jérôme" in dsrdump(content, tmp_path)


def test_a_readers_words_are_written_in_it_too() -> None:
    film = dataclasses.replace(graded_film(PatientName="A"), form=DocumentForm("ISO_IR 100"))
    document = review_report(film, review(1, comment="gebläht 서울"))
    assert "gebläht ??".encode("latin-1") in document.content


def test_each_form_has_its_own_uids_and_file() -> None:
    film = graded_film()
    forms = [
        USUAL,
        DocumentForm("ISO_IR 100"),
        DocumentForm(long_accession=True),
        DocumentForm(with_segmentation=False),
        DocumentForm(language="ko"),
    ]
    for kind in KINDS:
        made = {
            document_uids.document_uid(dataclasses.replace(film, form=form), kind) for form in forms
        }
        assert len(made) == 5
    names = [in_form("sr.dcm", form) for form in forms]
    assert names == ["sr.dcm", "sr.iso_ir_100.dcm", "sr.long.dcm", "sr.alone.dcm", "sr.ko.dcm"]


def test_the_site_file_says_the_form() -> None:
    node = {"type": "dicom", "name": "pacs", "aet": "PACS", "host": "pacs", "port": 104}
    usual = DicomDestinationConfig.model_validate(node)
    assert form_for(usual) == USUAL
    changed = {"send": ["sr"], "charset": "ISO_IR 100", "long_accession_numbers": True}
    other = DicomDestinationConfig.model_validate(node | changed)
    assert form_for(other) == DocumentForm("ISO_IR 100", True, False)


def test_a_language_is_refused_where_the_character_set_has_not_its_letters() -> None:
    node = {"type": "dicom", "name": "pacs", "aet": "PACS", "host": "pacs", "port": 104}
    korean = DicomDestinationConfig.model_validate(node | {"language": "ko"})
    assert form_for(korean) == DocumentForm(language="ko")
    for language in ("ko", "ja"):
        wanted = node | {"language": language, "charset": "ISO_IR 100"}
        with pytest.raises(ValueError, match="the charset ISO_IR 100 has no letters"):
            DicomDestinationConfig.model_validate(wanted)
    german = node | {"language": "de", "charset": "ISO_IR 100"}
    assert DicomDestinationConfig.model_validate(german).language == "de"
