"""The manifest: what it reads, and every way in which a user's CSV can be wrong."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import pytest

from radiograde.data.errors import ManifestError
from radiograde.data.manifest import Film, load
from tests.readings import readings

ZONES = "brixia_S_A,brixia_S_B,brixia_S_C,brixia_S_D,brixia_S_E,brixia_S_F"


def write(folder: Path, text: str, name: str = "labels.csv", encoding: str = "utf-8") -> Path:
    """Write a CSV beside three empty images, a.png, b.png and c.png."""
    for image in ("a.png", "b.png", "c.png"):
        (folder / image).touch()
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load(write(folder, text))
    return [str(problem) for problem in caught.value.problems]


def only_film(folder: Path, text: str) -> Film:
    (film,) = load(write(folder, text)).films
    return film


def test_a_film_carries_every_label_of_its_row(tmp_path: Path) -> None:
    header = f"image,patient,view,sex,age,finding,{ZONES},extent,opacity,extent6_R,peer_pxs,fold"
    row = "a.png,P1,pa,F,045Y,Pneumonia|Edema,0,1,2,3,0,1,4.5,3,5,7.25,2"
    film = only_film(tmp_path, f"{header}\n{row}\n")
    assert film == Film(
        image=(tmp_path / "a.png").resolve(),
        patient="P1",
        view="PA",
        sex="F",
        age=45.0,
        finding=("Pneumonia", "Edema"),
        readings=readings(
            brixia={"S": (0, 1, 2, 3, 0, 1)}, geographic_extent=4.5, opacity=3.0, extent6={"R": 5.0}
        ),
        peers={"pxs": 7.25},
        fold=2,
        row=2,
    )
    assert film.brixia == {"S": (0, 1, 2, 3, 0, 1)}
    assert (film.geographic_extent, film.opacity, film.opacity_max) == (4.5, 3.0, 8.0)
    assert film.extent6 == {"R": 5.0}
    assert film.has_severity
    assert not film.is_lateral


def test_a_bare_film_has_no_labels(tmp_path: Path) -> None:
    film = only_film(tmp_path, "image,patient,view,opacity,brixia_A\na.png,P1,LL,NA,\n")
    assert not film.has_severity
    assert film.severity_share is None
    assert film.is_lateral
    assert film.brixia == {}
    assert film.opacity_max is None


def test_zones_without_a_reader_belong_to_the_senior_one(tmp_path: Path) -> None:
    film = only_film(tmp_path, f"{ZONES.replace('_S', '')},image,patient\n0,0,1,1,2,2,a.png,P1\n")
    assert film.brixia == {"S": (0, 0, 1, 1, 2, 2)}
    text = f"{ZONES},{ZONES.replace('_S', '')},image,patient\n{'0,' * 6}{'1,' * 6}a.png,P1\n"
    assert problems(tmp_path, text) == [
        "row 2, brixia_a: reader S is scored in two sets of columns"
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_excel_may_write_it_as_it_likes(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = ["Image Path,Patient-ID,Extent,Comment", 'a.png,Zoë,"2,5",ok', ",,,"]
    text = "\r\n".join(
        line.replace(",", delimiter).replace("2" + delimiter, "2,") for line in lines
    )
    film = load(write(tmp_path, text, encoding=encoding)).films[0]
    assert film.patient == "Zoë"
    assert film.geographic_extent == 2.5


def test_a_folder_stands_for_its_csv(tmp_path: Path) -> None:
    path = write(tmp_path, "image,patient\na.png,P1\n")
    assert load(str(tmp_path)) == load(path)
    write(tmp_path, "image,patient\nb.png,P1\n", name="manifest.csv")
    assert load(tmp_path).films[0].image.name == "b.png"


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    first = load(write(tmp_path, "image,patient\na.png,P1\n"))
    second = load(write(tmp_path, "image,patient\na.png,P2\n"))
    assert len(first.digest) == 64
    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("cell", "years"),
    [("62", 62), ("045Y", 45), ("018M", 1.5), ("50+", 50), ("early 40s", 40), ("", None)],
)
def test_ages_come_in_many_forms(tmp_path: Path, cell: str, years: float | None) -> None:
    assert only_film(tmp_path, f"image,patient,age\na.png,P1,{cell}\n").age == years


@pytest.mark.parametrize(
    ("cells", "expected"),
    [("Y,N", True), (",N", False), ("Not visible,Y", True), ("Not visible,", None)],
)
def test_intubation_on_the_film_wins(tmp_path: Path, cells: str, expected: bool | None) -> None:
    text = f"image,patient,intubation_present,intubated\na.png,P1,{cells}\n"
    assert only_film(tmp_path, text).intubated is expected


@pytest.mark.parametrize(
    ("column", "cell", "text"),
    [
        ("view", "oblique", "row 2, view: 'oblique' is none of UNKNOWN, PA, AP"),
        ("fold", "1.5", "row 2, fold: '1.5' is no whole number of at least 0"),
        ("fold", "train", "row 2, fold: 'train' is no number"),
        ("extent", "9", "row 2, geographic_extent: '9' is no number from 0 to 8"),
        ("opacity", "inf", "row 2, opacity: 'inf' is no number from 0 to 8"),
        ("extent6_R", "7", "row 2, extent6_r: '7' is no number from 0 to 6"),
        ("age", "old", "row 2, age: 'old' is no number from 0 to 120"),
        ("cohen94", "maybe", "row 2, cohen94: 'maybe' is neither yes nor no"),
        ("opacity_max", "7", "row 2, opacity_max: '7' is neither 6 nor 8"),
        ("lung_mask", "none.png", "row 2, lung_mask: no file lies at this path"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, column: str, cell: str, text: str) -> None:
    (problem,) = problems(tmp_path, f"image,patient,{column}\na.png,P1,{cell}\n")
    assert problem.startswith(text)


def test_opacity_keeps_to_its_own_scale(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "image,patient,opacity,opacity_max\na.png,P1,6.5,6.0\n")
    assert problem == "row 2, opacity: '6.5' is no number from 0 to 6"


def test_zones_are_six_whole_numbers_from_0_to_3(tmp_path: Path) -> None:
    text = f"image,patient,{ZONES}\na.png,P1,0,4,1.5,,2,2\n"
    assert problems(tmp_path, text) == [
        "row 2, brixia_s_d: blank, though other zones are scored: give all six or none",
        "row 2, brixia_s_b: '4' is no whole number from 0 to 3",
        "row 2, brixia_s_c: '1.5' is no whole number from 0 to 3",
    ]


def test_a_patient_stays_in_one_fold(tmp_path: Path) -> None:
    text = "image,patient,fold\na.png,MUELLER,0\nb.png,MUELLER,1\n"
    (problem,) = problems(tmp_path, text)
    assert problem == "row 3, fold: one patient stands in folds 0 (row 2), 1 (row 3)"


def test_no_problem_names_a_patient_or_a_path(tmp_path: Path) -> None:
    text = "image,patient,fold\nMUELLER_HANS.png,,0\na.png,MUELLER,0\na.png,MUELLER,1\n"
    found = problems(tmp_path, text)
    assert len(found) == 4
    assert "MUELLER" not in "".join(found)


def test_all_problems_are_found_and_the_first_twenty_told(tmp_path: Path) -> None:
    rows = "".join("a.png,P1,x\n" for _ in range(30))
    with pytest.raises(ManifestError) as caught:
        load(write(tmp_path, f"image,patient,fold\n{rows}"))
    assert len(caught.value.problems) == 59
    assert caught.value.message.endswith("... and 39 more")
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems  # noqa: S301


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows"),
        ("image,patient\n", "no rows"),
        ("image\na.png\n", "patient: the column is missing"),
        ("image,patient\na.png,P1,extra\n", "row 2: more cells"),
        ('image,patient\n"a.png,P1\n', "malformed near line 2"),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    assert message in problems(tmp_path, text)[0]


def test_two_names_for_one_column(tmp_path: Path) -> None:
    assert only_film(tmp_path, "image,patient,path\na.png,P1,elsewhere\n").image.name == "a.png"
    (problem,) = problems(tmp_path, "file,path,patient\na.png,a.png,P1\n")
    assert problem == "image: more than one column has this meaning"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = write(tmp_path, "image,patient\na.png,Zoë\n", encoding="latin-1")
    with pytest.raises(ManifestError, match="not UTF-8"):
        load(path)
    path.write_bytes(b"image,patient\na.png\x00,P1\n")
    with pytest.raises(ManifestError):
        load(path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"no manifest\.csv or labels\.csv in the folder"):
        load(tmp_path)
    with pytest.raises(ManifestError, match="no such file"):
        load(tmp_path / "none.csv")


def test_the_real_dataset_reads_as_its_description_says(shared: Path) -> None:
    manifest = load(shared / "dataset")
    films = manifest.films
    assert len(films) == 1854
    assert len({film.patient for film in films}) == 1185
    assert sum(film.has_severity for film in films) == 435
    assert sum(film.is_lateral for film in films) == 29
    assert Counter(reader for film in films for reader in film.brixia) == {"S": 137, "J": 137}
    assert Counter(film.opacity_max for film in films) == {None: 1533, 6.0: 70, 8.0: 251}
    assert all(film.fold is not None for film in films if film.has_severity)
