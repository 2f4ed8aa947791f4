"""Each collection by name: from a copy of its published layout to a manifest that checks."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiograde.data.check import check
from radiograde.data.errors import CollectionError
from radiograde.data.film import Box, Film
from radiograde.data.importing.collection import Imported, import_collection
from radiograde.data.importing.public_collections import COLLECTIONS
from radiograde.data.manifest import load
from radiograde.data.masks import read_lungs
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.reading.film_file import read
from tests.data.drawn import phantom
from tests.data.importing.layouts import LAYOUTS, ralo


def imported(name: str, folder: Path) -> tuple[Imported, list[Film]]:
    """Import a made-up copy of a collection; what comes out passes the check of a part."""
    LAYOUTS[name](folder / name)
    done = import_collection(COLLECTIONS[name], folder / name, folder / "out" / name)
    manifest = load(done.manifest)
    report = check(manifest, thorough=True, part=True)
    assert report.problems == ()
    assert {film.source for film in manifest.films} == {name}
    assert all(film.patient.startswith(f"{name}-") and film.license for film in manifest.films)
    return done, list(manifest.films)


def totals(film: Film, scale: str) -> dict[str, float]:
    return {reader: total.value for reader, total in film.totals(scale).items()}


def test_cohen(tmp_path: Path) -> None:
    done, (first, second, lateral) = imported("cohen", tmp_path)
    assert (done.films, done.patients, done.missing) == (3, 2, 1)
    assert (first.view, first.sex, first.age, first.offset_days) == ("PA", "M", 65.0, 0.0)
    assert first.finding == ("Pneumonia", "Viral", "COVID-19")
    assert first.findings["Pneumonia"]
    assert (first.geographic_extent, first.opacity, first.opacity_max) == (6.7, 4.3, 6.0)
    assert first.cohen94
    assert first.intubated is False
    assert first.license == "film CC0; severity CC BY-SA"
    assert second.view == "AP"
    assert second.patient == first.patient
    assert second.brixia == {"S": (3, 3, 2, 1, 0, 0), "J": (2, 3, 3, 1, 1, 1)}
    assert second.license == "film not stated; Brixia scores CC BY-NC-SA 4.0"
    assert lateral.is_lateral
    assert not lateral.has_severity


def test_brixia(tmp_path: Path) -> None:
    done, films = imported("brixia", tmp_path)
    assert (done.films, done.patients, done.missing) == (3, 2, 1)
    assert films[0].brixia == {"DUTY": (1, 1, 2, 0, 3, 3), "CONSENSUS": (1, 1, 2, 0, 3, 3)}
    assert films[1].brixia == {"DUTY": (0, 0, 0, 0, 1, 3)}
    assert [film.view for film in films] == ["L", "AP", "AP"]
    assert (films[2].sex, films[2].age) == ("F", 27.0)


def test_ralo(tmp_path: Path) -> None:
    done, (first, second) = imported("ralo", tmp_path)
    assert done.missing == 1
    assert totals(first, "geographic_extent") == {"R1": 7.0, "R2": 8.0}
    assert totals(first, "opacity") == {"R1": 3.0, "R2": 4.0}
    assert first.grades("geographic_extent", "R1")["right"].value == 4.0
    assert totals(second, "opacity") == {"R1": 1.0, "R2": 0.0}
    assert first.patient == second.patient
    assert (first.view, first.read, first.license) == ("AP", "graded", "CC BY-SA 4.0")


def test_siim(tmp_path: Path) -> None:
    done, films = imported("siim", tmp_path)
    assert (done.films, done.patients, done.missing) == (3, 2, 1)
    assert films[0].boxes == (Box(20.5, 30, 60.5, 80), Box(70, 30, 79.25, 38))
    assert [film.read for film in films] == ["typical", "negative", "indeterminate"]
    assert [film.boxes_read for film in films] == [True, True, None]
    assert {(film.sex, film.age, film.view) for film in films} == {("F", None, "PA")}


def test_rsna(tmp_path: Path) -> None:
    _, films = imported("rsna", tmp_path)
    assert [film.read for film in films] == ["opacity", "normal", "negative"]
    assert films[0].boxes == (Box(20, 30, 45, 70), Box(70, 30, 90, 60))
    assert all(film.boxes_read and film.age == 58 for film in films)


def test_radiography(tmp_path: Path) -> None:
    _, films = imported("radiography", tmp_path)
    assert [film.finding for film in films] == [
        ("COVID-19",),
        ("No Finding",),
        ("Lung Opacity",),
        ("Viral Pneumonia",),
    ]
    assert [film.in_scope for film in films] == [True, True, True, False]
    for seed, film in enumerate(films):
        assert film.heart_in_mask is False
        assert read_lungs(film).lungs.shape == (2, 110, 96)
        assert read_lungs(film).lungs.mean() > phantom(seed).lungs.mean() - 0.01


def test_jsrt(tmp_path: Path) -> None:
    done, (nodule, normal) = imported("jsrt", tmp_path)
    assert done.missing == 1
    assert (nodule.finding, nodule.read, nodule.age, nodule.sex) == (("Nodule",), "", 53.0, "M")
    assert (normal.finding, normal.read, normal.age) == (("No Finding",), "normal", 62.0)
    shown = read(normal.image).pixels
    assert shown.shape == (2048, 2048)
    drawn = Image.fromarray(phantom(1).pixels).resize((64, 64))
    small = Image.fromarray(shown).resize((64, 64))
    assert np.corrcoef(np.asarray(drawn).ravel(), np.asarray(small).ravel())[0, 1] > 0.98
    lungs = read_lungs(normal).lungs
    assert lungs.shape == (2, 1024, 1024)
    assert normal.right_lung_mask is not None
    assert normal.right_lung_mask.parent.name == "right lung"


def test_montgomery(tmp_path: Path) -> None:
    _, (normal, ill) = imported("montgomery", tmp_path)
    assert (normal.read, normal.sex, normal.age) == ("normal", "F", 28.0)
    assert (ill.read, ill.sex, ill.age) == ("tuberculosis", "M", 61.0)
    assert normal.right_lung_mask is not None
    assert normal.right_lung_mask.parent.name == "leftMask"
    assert read_lungs(normal).lungs[phantom(0).lungs].all()


def test_shenzhen(tmp_path: Path) -> None:
    _, (normal, ill) = imported("shenzhen", tmp_path)
    assert (normal.read, normal.sex, normal.age) == ("normal", "M", 45.0)
    assert (ill.read, ill.sex, round(12 * (ill.age or 0))) == ("tuberculosis", "F", 8)
    assert normal.heart_in_mask is False
    assert ill.lung_mask is None
    assert ill.heart_in_mask is None


def test_ricord(tmp_path: Path) -> None:
    done, (typical, negative) = imported("ricord", tmp_path)
    assert (done.films, done.missing) == (2, 1)
    assert totals(typical, "airspace_grade") == {"R2": 2.0, "R1": 3.0, "R3": 1.0}
    assert (typical.read, negative.read) == ("typical", "negative")
    assert totals(negative, "airspace_grade") == {"R1": 0.0}
    assert typical.age == 70.0
    assert "419639" not in typical.patient


def test_mrale(tmp_path: Path) -> None:
    done, (ill, clear) = imported("mrale", tmp_path)
    assert (done.films, done.missing) == (2, 1)
    assert totals(ill, "mrale") == {"R1": 6.0, "R2": 7.0}
    assert totals(ill, "geographic_extent") == {"R1": 2.0, "R2": 4.0}
    density = ill.grades("density", "R1")
    assert (density["right"].value, density["left"].value) == (3.0, 0.0)
    assert totals(clear, "mrale") == {"R1": 0.0}


def test_all_together_are_a_set_to_train_on(tmp_path: Path) -> None:
    for name in LAYOUTS:
        imported(name, tmp_path)
    write_dataset(tmp_path / "phantoms", count=6)
    folders = [tmp_path / "out" / name for name in LAYOUTS]
    manifest = load(tmp_path / "phantoms", *folders)
    assert check(manifest).problems == ()
    assert len({film.source for film in manifest.films}) == 1 + len(LAYOUTS)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_folder_without_the_collection_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CollectionError):
        import_collection(COLLECTIONS[name], tmp_path / "empty", tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.csv").exists()


def test_no_id_of_a_patient_stands_in_the_manifest(tmp_path: Path) -> None:
    ralo(tmp_path / "ralo")
    done = import_collection(COLLECTIONS["ralo"], tmp_path / "ralo", tmp_path / "out", copy=True)
    with done.manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert "S10" not in done.manifest.read_text()
    assert [row["image"] for row in rows] == ["files/000001-image.jpg", "files/000002-image.jpg"]
    assert (tmp_path / "out" / rows[0]["image"]).read_bytes() == (
        tmp_path / "ralo" / "CXR_images_scored" / "0.jpg"
    ).read_bytes()
