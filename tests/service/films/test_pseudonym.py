"""Films of one patient have one pseudonym; films of nobody have none."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import open_film
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.films.pseudonym import KEY_FILE, Pseudonyms, is_placeholder, label_of
from tests.service.documents.graded_films import film_bytes
from tests.service.processes import ROOT


def header(**changed: Any) -> Header:
    found = open_film(film_bytes(**changed), Limits()).header
    assert found is not None
    return found


def test_the_same_patient_has_the_same_pseudonym(tmp_path: Path) -> None:
    one = Pseudonyms(tmp_path).of(header())
    again = Pseudonyms(tmp_path).of(header(PatientID=" P-1 ", SOPInstanceUID="1.2.3"))
    assert one == again
    assert one is not None
    assert len(one) == 26
    assert one.isalnum()
    assert label_of(one) == one[:6]


@pytest.mark.parametrize(
    "changed",
    [{"PatientID": "P-2"}, {"IssuerOfPatientID": "OTHER"}, {"PatientBirthDate": "19600103"}],
)
def test_another_patient_has_another(tmp_path: Path, changed: dict[str, str]) -> None:
    assert Pseudonyms(tmp_path).of(header()) != Pseudonyms(tmp_path).of(header(**changed))


def test_what_stands_in_one_element_is_not_what_stands_in_the_next(tmp_path: Path) -> None:
    pseudonyms = Pseudonyms(tmp_path)
    one = pseudonyms.of(header(IssuerOfPatientID="A", PatientID="BC"))
    assert one != pseudonyms.of(header(IssuerOfPatientID="AB", PatientID="C"))


def test_another_installation_gives_others(tmp_path: Path) -> None:
    places = (tmp_path / "one", tmp_path / "two")
    for place in places:
        place.mkdir()
    assert len({Pseudonyms(place).of(header()) for place in places}) == 2


@pytest.mark.parametrize(
    "identifier",
    ["", "ANONYMOUS", "anon^ymous", "Unknown", "0", "000-000", "N/A", "XXXX", "9999", "none", "-"],
)
def test_placeholders_are_nobody(tmp_path: Path, identifier: str) -> None:
    assert Pseudonyms(tmp_path).of(header(PatientID=identifier)) is None
    assert not (tmp_path / KEY_FILE).exists()


def test_no_identifier_is_nobody(tmp_path: Path) -> None:
    assert Pseudonyms(tmp_path).of(header(PatientID=None)) is None


@pytest.mark.parametrize("identifier", [b"P-1", b"1", b"TEST12", "김".encode("euc-kr"), b"X1"])
def test_real_identifiers_are_not_mistaken_for_placeholders(identifier: bytes) -> None:
    assert not is_placeholder(identifier)


def test_the_key_is_the_owners_alone(tmp_path: Path) -> None:
    Pseudonyms(tmp_path).of(header())
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert len((tmp_path / KEY_FILE).read_bytes()) == 32


def test_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    program = (
        "import pathlib, secrets, sys; from radiograde.service.secret_file import secret_in; "
        "print(secret_in(pathlib.Path(sys.argv[1]), secrets.token_bytes(32)).hex())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / KEY_FILE)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(6)]
    made = {process.communicate(timeout=60)[0] for process in running}
    assert len(made) == 1
    assert len(made.pop().strip()) == 64


def test_a_damaged_key_is_an_error(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged"):
        Pseudonyms(tmp_path).of(header())


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NoSpaceError, match="cannot be written"):
        Pseudonyms(tmp_path / "file").of(header())
