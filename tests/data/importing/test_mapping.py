"""A hospital's own table, with a mapping of TOML or YAML."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from radiograde.data.check import check
from radiograde.data.errors import CollectionError
from radiograde.data.film import Box, Film
from radiograde.data.importing.collection import import_collection
from radiograde.data.importing.mapping import read_mapping
from radiograde.data.manifest import load
from tests.data.drawn import SHAPE, phantom, save
from tests.data.importing.layouts import write

TABLE = (
    "Study No;MRN;Severity total;RUL;RML;RLL;LUL;LML;LLL;Class;mRALE (0-24);Outline",
    "001;MUELLER;7;1;1;2;0;1;2;Mild disease;4,5;001_l.png",
    "002;MUELLER;0;0;0;0;0;0;0;No pneumonia;0;",
    "003;SCHMIDT;9;2;2;2;1;1;1;severe;12;",
    "004;WEISS;9;2;2;2;1;1;1;severe;12;",
)
ZONES = {"A": "RUL", "B": "RML", "C": "RLL", "D": "LUL", "E": "LML", "F": "LLL"}
TOML = """
source = "st-elsewhere"
license = "internal use"
table = "reports.csv"

[columns]
image = "films/{Study No}.png"
patient = "MRN"
brixia_chief = "Severity total"
mrale = "mRALE (0-24)"
airspace_grade = "Class"
read = "Class"
lung_mask = "Outline"
zones

[values.airspace_grade]
"no pneumonia" = 0
"mild disease" = 1
severe = 3

[values.read]
"No Pneumonia" = "negative"
"mild disease" = ""
Severe = ""

[constants]
view = "AP"
heart_in_mask = "yes"
""".replace("zones\n", "".join(f'brixia_chief_{zone} = "{ZONES[zone]}"\n' for zone in ZONES))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hospital's folder: three films of four listed, their table, a mask."""
    root = tmp_path / "hospital"
    write(root / "reports.csv", *TABLE)
    for seed in range(3):
        save(root / "films" / f"00{seed + 1}.png", phantom(seed).pixels)
    save(root / "masks" / "001_l.png", phantom(0).lungs.any(0))
    return root


def films(folder: Path, mapping: str = TOML, name: str = "map.toml") -> list[Film]:
    (folder.parent / name).write_text(mapping)
    collection = read_mapping(folder.parent / name).collection()
    done = import_collection(collection, folder, folder.parent / "out", key=b"k")
    manifest = load(done.manifest)
    assert check(manifest, thorough=True, part=True).problems == ()
    assert done.missing == 1
    return list(manifest.films)


def refusal(folder: Path, mapping: str, name: str = "map.toml") -> str:
    with pytest.raises(CollectionError) as caught:
        films(folder, mapping, name)
    return caught.value.message


def test_columns_of_any_name_become_grades(folder: Path) -> None:
    first, second, third = films(folder)
    assert first.brixia == {"CHIEF": (1, 1, 2, 0, 1, 2)}
    assert first.totals("brixia")["CHIEF"].value == 7.0
    assert [film.totals("mrale")[""].value for film in (first, second, third)] == [4.5, 0.0, 12.0]
    assert [film.totals("airspace_grade")[""].value for film in (first, second)] == [1.0, 0.0]
    assert [film.read for film in (first, second, third)] == ["", "negative", ""]
    assert {(film.view, film.source, film.license) for film in (first, second, third)} == {
        ("AP", "st-elsewhere", "internal use")
    }
    assert first.lung_mask == (folder / "masks" / "001_l.png").resolve()
    assert first.patient == second.patient != third.patient


def test_no_name_of_a_patient_is_written(folder: Path) -> None:
    films(folder)
    written = (folder.parent / "out" / "manifest.csv").read_text()
    assert "MUELLER" not in written


def test_yaml_says_the_same(folder: Path) -> None:
    expected = films(folder)
    (folder.parent / "out" / "manifest.csv").unlink()
    yaml = json.dumps(tomllib.loads(TOML))
    assert films(folder, yaml, "map.yaml") == expected


@pytest.mark.parametrize("classes", [["opacity"], []])
def test_coco_boxes(folder: Path, classes: list[str]) -> None:
    coco: dict[str, Any] = {
        "images": [{"id": 7, "file_name": "x/001.png"}, {"id": 8, "file_name": "002.png"}],
        "categories": [{"id": 1, "name": "opacity"}, {"id": 2, "name": "tube"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40]},
            {"image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4]},
        ],
    }
    write(folder / "boxes.json", json.dumps(coco))
    part = f'\n[boxes]\nformat = "coco"\npath = "boxes.json"\nclasses = {classes}\n'
    first, second, third = films(folder, TOML + part)
    tube = [] if classes else [Box(1, 2, 4, 6)]
    assert list(first.boxes) == [Box(10, 20, 40, 60), *tube]
    assert (second.boxes, second.boxes_read) == ((), True)
    assert third.boxes_read is None


def test_yolo_boxes(folder: Path) -> None:
    rows, columns = SHAPE
    write(folder / "labels" / "001.txt", "0 0.5 0.25 0.25 0.5", "3 0.5 0.5 0.1 0.1")
    write(folder / "labels" / "002.txt", "")
    part = '\n[boxes]\nformat = "yolo"\npath = "labels"\nclasses = [0]\n'
    first, second, third = films(folder, TOML + part)
    assert first.boxes == (Box(0.375 * columns, 0, 0.625 * columns, 0.5 * rows),)
    assert (second.boxes, second.boxes_read) == ((), True)
    assert third.boxes_read is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[columns]", "[colums]", "no part colums"),
        ('patient = "MRN"', "", "needs patient among its columns"),
        ('mrale = "mRALE (0-24)"', 'malre = "mRALE (0-24)"', "no column malre"),
        ('"MRN"', '"Mrn"', "no column Mrn"),
        ('table = "reports.csv"', "", "needs table"),
        ('table = "reports.csv"', 'table = "other.csv"', "There is no other.csv"),
        ("license =", "license", "cannot be read"),
        ("[constants]", '[boxes]\nformat = "voc"\n[constants]', "a format, coco or yolo"),
        ("[values.read]", "[values]\nage = 1\n[values.read]", "a table of words"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    folder: Path, old: str, new: str, message: str
) -> None:
    assert message in refusal(folder, TOML.replace(old, new))


def test_boxes_that_are_none_are_refused(folder: Path) -> None:
    write(folder / "boxes.json", "[]")
    coco = TOML + '\n[boxes]\nformat = "coco"\npath = "boxes.json"\n'
    assert "no COCO file" in refusal(folder, coco)
    write(folder / "labels" / "001.txt", "0 0.5 0.25")
    yolo = TOML + '\n[boxes]\nformat = "yolo"\npath = "labels"\n'
    assert "no boxes of YOLO" in refusal(folder, yolo)


def test_yaml_that_is_none_is_refused(folder: Path) -> None:
    assert "cannot be read" in refusal(folder, "columns: [", "map.yml")
    assert "no table of names" in refusal(folder, "- 1", "map.yml")


JOINING = """
table = "masks.csv"
joins = true

[only]
"drawn by" = ["Weber", "kim"]

[columns]
image = "../hospital/films/{film}.png"
patient = "id"
ground_glass_mask = "mask"
"""


def test_more_labels_join_the_films_of_another_manifest(folder: Path) -> None:
    """Masks that others drew, in a folder of their own, under the ids of the first manifest."""
    others = folder.parent / "others"
    write(folder / "labels.csv", "image,patient,source,license", "films/001.png,P1,here,ours")
    rows = ("001,P1,kim,opacity.png", "001,P1,nobody,opacity.png", "002,P2,WEBER,")
    write(others / "masks.csv", "film,id,drawn by,mask", *rows)
    save(others / "opacity.png", phantom(0).lungs[0])
    write(others / "mapping.toml", JOINING)
    mapped = read_mapping(others / "mapping.toml").collection()
    done = import_collection(mapped, others, folder.parent / "out")
    assert (done.films, done.patients) == (2, 2)
    first, second = load(folder, folder.parent / "out").films
    assert (first.patient, first.source, first.license) == ("P1", "here", "ours")
    assert first.ground_glass_mask == (others / "opacity.png").resolve()
    assert (second.patient, second.source) == ("P2", "")


def test_a_column_to_choose_by_that_there_is_not_is_told(folder: Path) -> None:
    write(folder / "mapping.toml", TOML.replace("[columns]", '[only]\nWard = "3"\n\n[columns]'))
    mapped = read_mapping(folder / "mapping.toml").collection()
    with pytest.raises(CollectionError, match="no column Ward"):
        import_collection(mapped, folder, folder.parent / "out")
