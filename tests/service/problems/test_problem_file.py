"""The file of a problem: it names nobody, is sealed, and comes out the same elsewhere."""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydicom import dcmread
from pydicom.dataset import Dataset

from radiograde.command import main
from radiograde.model.limits import Limits
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.errors import BundleError
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records
from radiograde.service.problems.register import ProblemRegister
from radiograde.service.problems.reporter import ProblemReporter, SealedProblem, replay_bundle
from radiograde.service.problems.sealed_file import opened, sealed
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer, png

SECRETS = {
    "PatientName": "Quagmire^Zebulon",
    "PatientID": "PATX77341",
    "AccessionNumber": "ACCQ99182",
    "InstitutionName": "Saint Nowhere Infirmary",
    "ReferringPhysicianName": "Wolfeschlegel^Hubert",
    "StudyDescription": "Thorax of Quagmire",
    "BodyPartExamined": "CHEST",
    "PatientComments": "lives at 7 Elm Street",
    "PatientBirthDate": "19410305",
    "StudyDate": "20190817",
    "SOPInstanceUID": "1.2.826.0.1.3680043.10.1541.777.1",
    "StudyInstanceUID": "1.2.826.0.1.3680043.10.1541.777.2",
}
IDENTIFIERS = (
    *("quagmire", "zebulon", "patx77341", "accq99182", "nowhere", "wolfeschlegel", "elm street"),
    *("19410305", "20190817", "1.2.826.0.1.3680043.10.1541.777"),
)
LOG = [
    '{"event": "graded", "result_id": "ID", "request_id": "R1", "patient": "Quagmire"}',
    '{"event": "request", "request_id": "R1", "route": "/v1/score", "address": "10.0.0.7"}',
    '{"event": "request", "request_id": "R2", "route": "/v1/results"}',
    "no json of ours: Quagmire",
]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(threads=1)


def made_of(content: bytes, folder: Path, scorer: Scorer) -> SealedProblem:
    settings = Settings(data_dir=folder, allowed_hosts=("quagmire.example",))
    with closing(open_records(settings)) as records:
        id = str(FilmGrader(records, scorer, settings.limits).answer(content).id)
        log = [line.replace("ID", id) for line in LOG]
        return ProblemReporter(records, scorer, settings).make(id, log)


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory, scorer: Scorer) -> SealedProblem:
    return made_of(film_bytes(**SECRETS), tmp_path_factory.mktemp("one"), scorer)


def every_byte(content: bytes) -> bytes:
    """Return the file, and all that is in it unpacked, in small letters."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = [archive.read(name) for name in archive.namelist()]
    maps = [entry for entry in unpacked if entry[:2] == b"PK"]
    inner = [
        zipfile.ZipFile(io.BytesIO(entry)).read(name)
        for entry in maps
        for name in zipfile.ZipFile(io.BytesIO(entry)).namelist()
    ]
    return b"\n".join([content, *unpacked, *inner]).lower()


def test_no_byte_of_it_names_anybody(problem: SealedProblem) -> None:
    text = every_byte(problem.content)
    assert [one for one in IDENTIFIERS if one.encode() in text] == []
    assert b"10.0.0.7" not in text
    assert b"quagmire.example" not in text


def test_it_holds_what_an_engineer_needs_and_nothing_else(problem: SealedProblem) -> None:
    bundle, seal = opened(problem.content)
    assert seal == problem.seal
    assert sorted(bundle.entries) == [
        *("film.dcm", "log.jsonl", "maps.npz", "painted_result.json", "painted_trace.json"),
        *("result.json", "settings.json", "trace.json", "versions.json"),
    ]
    assert bundle.document("result.json")["scores"]["brixia"]["value"] > 0
    assert "sha256" not in bundle.document("result.json")["image"]
    lines = [json.loads(line) for line in bundle.entries["log.jsonl"].splitlines()]
    assert [line["event"] for line in lines] == ["graded", "request"]
    assert bundle.document("settings.json")["allowed_hosts"] == "set"
    ds = dcmread(io.BytesIO(bundle.film))
    assert (ds.BodyPartExamined, ds.ViewPosition, ds.PatientAge) == ("CHEST", "PA", "066Y")
    assert (ds.PatientIdentityRemoved, "PatientName" in ds) == ("YES", False)


def test_a_word_of_a_name_is_no_body_part(tmp_path: Path) -> None:
    film = film_bytes(**SECRETS | {"BodyPartExamined": "ZEBULON"})
    made = made_of(film, tmp_path, FakeScorer())
    assert b"zebulon" not in every_byte(made.content)


def test_a_second_installation_comes_to_the_same_digits(
    problem: SealedProblem, tmp_path: Path
) -> None:
    file = tmp_path / "problem.zip"
    file.write_bytes(problem.content)
    for threads in ("1", "2"):
        other = ["--data-dir", str(tmp_path / "another"), "--threads", threads, "--json"]
        run = CliRunner().invoke(main, ["problem", "open", str(file), *other])
        assert run.exit_code == 0, run.output
        told = json.loads(run.stdout)
        assert (told["outcome"], told["digits"], told["stage"]) == ("same", [], None)
        assert told["seal"] == problem.seal


def test_another_model_is_told(problem: SealedProblem) -> None:
    comparison = replay_bundle(opened(problem.content)[0], FakeScorer(), Limits())
    assert not comparison.is_same
    assert "model.sha256" in [part.name for part in comparison.parts]


@pytest.mark.parametrize("stages", [[], "none"])
def test_a_trace_of_another_form_is_refused(problem: SealedProblem, stages: object) -> None:
    bundle = opened(problem.content)[0]
    trace = json.dumps(bundle.document("painted_trace.json") | {"stages": stages}).encode()
    changed = replace(bundle, entries={**bundle.entries, "painted_trace.json": trace})
    with pytest.raises(BundleError):
        replay_bundle(opened(sealed(changed)[0])[0], FakeScorer(), Limits())


def resealed(content: bytes, change: str, to: bytes | None) -> bytes:
    """Return the file with an entry changed, added, or taken out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        entries = {name: old.read(name) for name in old.namelist()}
        entries[change] = to or b""
        for name, entry in entries.items():
            if name != change or to is not None:
                new.writestr(name, entry)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("result.json", b"{}"),
        ("film.dcm", b"another"),
        ("painted_trace.json", None),
        ("notes.txt", b"x"),
        ("manifest.json", None),
        ("manifest.json", b"[]"),
        ("manifest.json", b'{"schema": "radiograde.problem/9"}'),
    ],
)
def test_what_was_changed_is_refused(
    problem: SealedProblem, tmp_path: Path, change: str, to: bytes | None
) -> None:
    content = resealed(problem.content, change, to)
    with pytest.raises(BundleError):
        opened(content)
    file = tmp_path / "changed.zip"
    file.write_bytes(content)
    assert CliRunner().invoke(main, ["problem", "open", str(file)]).exit_code == 3


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\0" * 100])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError):
        opened(content)


def test_a_picture_travels_as_a_picture(tmp_path: Path, scorer: Scorer) -> None:
    made = made_of(png(300, 320), tmp_path, scorer)
    bundle, _ = opened(made.content)
    assert "film.png" in bundle.entries
    assert replay_bundle(bundle, scorer, Limits()).is_same


def test_the_command_makes_the_file_and_enters_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with closing(open_records(settings)) as records:
        id = str(FilmGrader(records, FakeScorer(), Limits()).answer(film_bytes(**SECRETS)).id)
    out, place = tmp_path / "problem.zip", ["--data-dir", str(settings.data_dir)]
    said = ["--description", "=too high"]
    run = CliRunner().invoke(main, ["problem", id, "--out", str(out), *said, *place])
    assert run.exit_code == 0, run.output
    seal = re.search(r"Seal: (\w{64})", run.output)
    assert seal is not None
    assert opened(out.read_bytes())[1] == seal[1]
    register = CliRunner().invoke(main, ["problem", "register", *place])
    assert f",{seal[1]}," in register.stdout
    assert "'=too high" in register.stdout
    with closing(open_records(settings)) as records:
        (entry,) = ProblemRegister(records.database, records.archive).all()
        kept = ProblemRegister(records.database, records.archive).file(entry.id)
    assert kept == out.read_bytes()


def test_a_real_film_names_nobody_and_comes_out_the_same(
    shared: Path, tmp_path: Path, scorer: Scorer
) -> None:
    for name in ("philips_cr_mono1_15bit_j2k.dcm", "nih_dx_test1.dcm", "siim_cr_mono2_jpeg.dcm"):
        path = shared / "dicom" / "chest" / name
        made = made_of(path.read_bytes(), tmp_path / name, scorer)
        text = every_byte(made.content)
        found = [one for one in identifiers_of(dcmread(path)) if one.encode() in text]
        assert (name, found) == (name, [])
        assert replay_bundle(opened(made.content)[0], scorer, Limits()).is_same


def identifiers_of(ds: Dataset) -> set[str]:
    """Return names, numbers, dates and UIDs of a header that could lead to somebody."""
    found = set()
    for element in ds:
        if element.VR in ("PN", "LO", "SH", "DA", "TM", "UI", "ST", "LT") and element.value:
            for value in element.value if element.VM > 1 else [element.value]:
                found.add(str(value).lower())
    known = {str(ds.SOPClassUID), "chest"}
    return {one for one in found if len(one) > 4 and one not in known}
