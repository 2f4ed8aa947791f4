"""Documents carry the film's patient and study, mended to be valid."""

from __future__ import annotations

import dataclasses
import functools
import io
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import UID, SecondaryCaptureImageStorage

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.source_reference import (
    clean_header,
    copy_patient_and_study,
    timezone_of,
)
from radiograde.service.errors import UndocumentedError
from tests.service.documents.graded_films import (
    STUDY_UID,
    as_read,
    film_bytes,
    film_header,
    header_in,
)
from tests.service.documents.graded_films import graded_film as drawn

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # headers broken on purpose
DRAWN = functools.cache(drawn)


def header(**changed: Any) -> Dataset:
    """Return the drawn film's header as a file holds it, with elements changed."""
    ds = dcmread(io.BytesIO(film_bytes()), stop_before_pixels=True)
    ds.decode()
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    return as_written(ds)


def as_written(ds: Dataset) -> Dataset:
    """Return the data set after a trip through a file: its elements are raw bytes."""
    buffer = io.BytesIO()
    ds.save_as(buffer, implicit_vr=False, little_endian=True)
    return dcmread(io.BytesIO(buffer.getvalue()), force=True)


def graded_film(**changed: Any) -> GradedFilm:
    return with_header(header(**changed))


def with_header(ds: Dataset) -> GradedFilm:
    return dataclasses.replace(DRAWN(), header=as_read(ds))


def copied_from(film: GradedFilm) -> Dataset:
    ds = Dataset()
    copy_patient_and_study(film, ds)
    return ds


def coded(value: str = "XRCH", meaning: str = "Brustkorb über zwei Ebenen") -> Dataset:
    ds = Dataset()
    ds.CodeValue = value
    ds.CodingSchemeDesignator = "99LOCAL"
    ds.CodeMeaning = meaning
    return ds


def test_patient_and_study_are_copied() -> None:
    ds = copied_from(graded_film())
    assert str(ds.PatientName) == "김^민준"
    assert (ds.PatientID, ds.IssuerOfPatientID) == ("P-1", "HOSPITAL")
    assert (ds.PatientBirthDate, ds.PatientSex, ds.PatientAge) == ("19600102", "M", "066Y")
    assert ds.StudyInstanceUID == STUDY_UID
    assert (ds.StudyDate, ds.StudyTime, ds.StudyID) == ("20260304", "050000", "S1")
    assert (ds.AccessionNumber, ds.StudyDescription) == ("ACC-7", "Chest")
    assert str(ds.ReferringPhysicianName) == "Ref^Erring"


def test_what_belongs_to_series_and_image_stays_out() -> None:
    ds = copied_from(graded_film())
    for keyword in ("SeriesInstanceUID", "SOPInstanceUID", "Modality", "Manufacturer", "Rows"):
        assert keyword not in ds


NAMES = [
    ("ISO_IR 100", "Buc^Jérôme"),
    ("ISO_IR 101", "Wałęsa"),
    ("ISO_IR 109", "Ħ^ĉ"),
    ("ISO_IR 110", "Ģ^ŋ"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 138", "שרון^דבורה"),
    ("ISO_IR 144", "Люкceмбypг"),
    ("ISO_IR 148", "Çavuşoğlu"),
    ("ISO_IR 166", "นามสกุล"),
    ("GB18030", "Wang^XiaoDong=王^小东"),
    ("GBK", "Wang^XiaoDong=王^小东"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小東"),
    (["ISO 2022 IR 6", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    (["ISO 2022 IR 6", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    (["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    (["ISO 2022 IR 6", "ISO 2022 IR 58"], "Zhang^XiaoDong=张^小东"),  # written without escapes
    (["ISO 2022 IR 100", "ISO 2022 IR 144"], "Jérôme^Люкceмбypг"),
    ("GBK", "乗^乗"),  # its second byte is a backslash
    (["ISO 2022 IR 6", "ISO 2022 IR 87"], "A=表^構"),
]


@pytest.mark.parametrize(("charset", "name"), NAMES)
def test_names_of_every_character_set_come_through_as_utf_8(
    charset: str | list[str], name: str
) -> None:
    source = header(SpecificCharacterSet=charset, PatientName=name, ReferringPhysicianName=name)
    ds = as_written(copied_from(with_header(source)))
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.get_item("PatientName").value.rstrip() == name.encode()
    assert ds.get_item("ReferringPhysicianName").value.rstrip() == name.encode()


def test_chinese_with_code_extensions_comes_through() -> None:
    """PS3.5 K.2; pydicom writes no escape sequences for this character set."""
    source = header(SpecificCharacterSet=["", "ISO 2022 IR 58"], PatientName="X" * 34)
    raw = b"Zhang^XiaoDong=\x1b$)A%s^\x1b$)A%s=" % ("张".encode("gb2312"), "小东".encode("gb2312"))
    tag = Tag("PatientName")
    source[tag] = RawDataElement(tag, "PN", len(raw), raw, 0, False, True)
    assert str(copied_from(with_header(source)).PatientName) == "Zhang^XiaoDong=张^小东"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("chrJapMulti.dcm", "やまだ^たろう"),
        ("chrJapMultiExplicitIR6.dcm", "やまだ^たろう"),
        ("chrKoreanMulti.dcm", "김희중"),
    ],
)
def test_real_multi_byte_names_come_through(shared: Path, file: str, name: str) -> None:
    source = header_in(shared / "dicom" / "charsets" / file)
    ds = as_written(copied_from(dataclasses.replace(DRAWN(), header=source)))
    assert ds.get_item("PatientName").value.rstrip() == name.encode()
    assert ds.StudyInstanceUID == source.text("StudyInstanceUID")


@pytest.mark.parametrize(
    ("written_as", "name"),
    [
        ("ISO_IR 100", "Buc^Jérôme"),
        ("ISO_IR 192", "Buc^Jérôme"),
        (["", "ISO 2022 IR 87"], "Yamada=山田"),
    ],
)
def test_names_in_an_undeclared_character_set_come_through(
    written_as: str | list[str], name: str
) -> None:
    content = film_bytes(
        SpecificCharacterSet=written_as, PatientName=name, ReferringPhysicianName=""
    )
    assert str(copied_from(declaring(content, "")).PatientName) == name


def declaring(content: bytes, terms: str) -> GradedFilm:
    """Return the graded film under a header whose character set is declared to be another."""
    tag = b"\x08\0\x05\0CS"
    start = content.index(tag) + len(tag)
    end = start + 2 + int.from_bytes(content[start : start + 2], "little")
    value = terms.encode() + b" " * (len(terms) % 2)
    changed = content[:start] + len(value).to_bytes(2, "little") + value + content[end:]
    return dataclasses.replace(DRAWN(), header=open_film(changed, Limits()).header)


@pytest.mark.parametrize("charset", ["KLINGON", "hex", ["", "hex"], ["ISO_IR 192", "ISO_IR 100"]])
@pytest.mark.parametrize("name", ["Doe^Jane", "Doe^J\u00e4ne"])
def test_a_character_set_that_does_not_exist_harms_nothing(
    charset: str | list[str], name: str
) -> None:
    content = film_bytes(SpecificCharacterSet="ISO_IR 192", PatientName=name)
    terms = charset if isinstance(charset, str) else "\\".join(charset)
    assert str(copied_from(declaring(content, terms)).PatientName) == name


def test_text_of_items_is_in_the_character_set_of_the_film() -> None:
    source = header(
        SpecificCharacterSet="ISO_IR 100", PatientName="A", ProcedureCodeSequence=[coded()]
    )
    (code,) = as_written(copied_from(with_header(source))).ProcedureCodeSequence
    assert code.CodeMeaning == "Brustkorb über zwei Ebenen"


def test_items_that_were_read_before_are_copied_as_well() -> None:
    film = with_header(header(ProcedureCodeSequence=[coded()]))
    first = copied_from(film)
    assert first.ProcedureCodeSequence[0].CodeValue == "XRCH"
    assert copied_from(film) == first


def test_an_almost_empty_header_gives_every_required_element() -> None:
    film = dataclasses.replace(DRAWN(), header=film_header(Modality="DX"))
    ds = copied_from(film)
    assert UID(ds.StudyInstanceUID).is_valid
    assert ds.StudyInstanceUID == copied_from(film).StudyInstanceUID
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate"):
        assert keyword in ds
        assert not ds[keyword].value
    for keyword in ("StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"):
        assert keyword in ds
        assert not ds[keyword].value


def test_broken_values_are_left_empty_and_identifiers_never_cut() -> None:
    ds = copied_from(
        graded_film(
            PatientID="P" * 80,
            AccessionNumber="A" * 20,
            StudyID="S" * 20,
            PatientSex="W",
            PatientBirthDate="19601332",
            PatientAge="66",
            StudyTime="99",
            StudyDescription="D" * 80,
        )
    )
    for keyword in ("PatientID", "AccessionNumber", "StudyID", "PatientSex", "PatientBirthDate"):
        assert not ds[keyword].value
    assert not ds.StudyTime
    assert ds.PatientAge == "066Y"
    assert ds.StudyDescription == "D" * 64


def test_a_study_keeps_the_uid_that_archives_know_though_it_be_malformed() -> None:
    assert copied_from(graded_film(StudyInstanceUID="1.2.03.4")).StudyInstanceUID == "1.2.03.4"


@pytest.mark.parametrize("uid", ["", "none", "1.2..3"])
def test_a_study_without_a_usable_uid_gets_one(uid: str) -> None:
    made = copied_from(graded_film(StudyInstanceUID=uid)).StudyInstanceUID
    assert made.startswith("2.25.")


def test_issuers_are_copied_whole_or_in_what_is_whole() -> None:
    whole, half = Dataset(), Dataset()
    whole.LocalNamespaceEntityID = half.LocalNamespaceEntityID = "RIS"
    whole.UniversalEntityID = half.UniversalEntityID = "1.2.3"
    whole.UniversalEntityIDType = "ISO"
    (item,) = copied_from(graded_film(IssuerOfAccessionNumberSequence=[whole])).get(
        "IssuerOfAccessionNumberSequence"
    )
    assert item == whole
    (item,) = copied_from(graded_film(IssuerOfAccessionNumberSequence=[half])).get(
        "IssuerOfAccessionNumberSequence"
    )
    assert [element.keyword for element in item] == ["LocalNamespaceEntityID"]


def test_codes_without_a_meaning_stay_out() -> None:
    half = coded()
    del half.CodeMeaning
    ds = copied_from(graded_film(ProcedureCodeSequence=[half, coded()]))
    assert [item.CodeValue for item in ds.ProcedureCodeSequence] == ["XRCH"]
    assert "ProcedureCodeSequence" not in copied_from(graded_film(ProcedureCodeSequence=[half]))


def test_a_deidentified_film_gives_a_deidentified_document() -> None:
    ds = copied_from(graded_film(PatientIdentityRemoved="YES", DeidentificationMethod="Profile"))
    assert (ds.PatientIdentityRemoved, ds.DeidentificationMethod) == ("YES", "Profile")
    assert "PatientIdentityRemoved" not in copied_from(graded_film(PatientIdentityRemoved="YES"))


def test_the_offset_of_the_films_times_is_kept_if_it_is_one() -> None:
    assert copied_from(graded_film(TimezoneOffsetFromUTC="+0130")).TimezoneOffsetFromUTC == "+0130"
    zone = timezone_of(graded_film(TimezoneOffsetFromUTC="+0130").header)
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(minutes=90)
    for offset in ("CET", "-0000", "+٠١٣٠"):
        assert "TimezoneOffsetFromUTC" not in copied_from(graded_film(TimezoneOffsetFromUTC=offset))


def test_a_clean_header_has_what_highdicom_asks_for() -> None:
    ds = clean_header(with_header(Dataset()))
    assert ds.SOPClassUID == SecondaryCaptureImageStorage
    assert all(UID(ds[name].value).is_valid for name in ("SOPInstanceUID", "SeriesInstanceUID"))
    assert (ds.Rows, ds.Columns, ds.Modality) == (320, 288, "OT")
    assert not ds.PatientOrientation
    assert clean_header(graded_film()).PatientOrientation == ["L", "F"]


def test_a_picture_belongs_to_nobody() -> None:
    film = dataclasses.replace(graded_film(), header=None)
    with pytest.raises(UndocumentedError, match="as DICOM"):
        clean_header(film)


def test_nothing_of_the_header_is_quoted_in_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = header(
            PatientName="DOE^JANE" * 20, PatientBirthDate="1960.102", PatientID="P" * 80
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not copied_from(with_header(source)).PatientBirthDate


def test_damaged_headers_give_identities_that_can_be_written() -> None:
    issuer = Dataset()
    issuer.LocalNamespaceEntityID, issuer.UniversalEntityID = "RIS", "1.2.3"
    issuer.UniversalEntityIDType = "ISO"
    whole = header(ProcedureCodeSequence=[coded()], IssuerOfAccessionNumberSequence=[issuer])
    buffer = io.BytesIO()
    whole.save_as(buffer, implicit_vr=False, little_endian=True)
    dice = np.random.default_rng(7)
    for _ in range(120):
        content = bytearray(buffer.getvalue())
        for place in dice.integers(0, len(content), dice.integers(1, 9)):
            content[place] = dice.choice((0x00, 0x1B, 0x3D, 0x5C, 0xFF, int(dice.integers(256))))
        damaged = open_film(content, Limits()).header
        if damaged is not None:
            as_written(clean_header(dataclasses.replace(DRAWN(), header=damaged)))
