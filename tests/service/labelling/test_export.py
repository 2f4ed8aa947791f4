from __future__ import annotations

import csv
import dataclasses
import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from PIL import Image

from radiograde.command import main
from radiograde.data.manifest import load
from radiograde.model.reading import film_file
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.model.scoring.result import GateVerdict, SeverityResult
from radiograde.service.database.tables import films
from radiograde.service.grading.records import Records
from radiograde.service.labelling.export import deciding, zones_of
from radiograde.service.labelling.export_folder import COLUMNS, film_png, lungs_png
from tests.service.documents.graded_films import film_bytes, graded_film, lung_maps
from tests.service.fakes import FACTS, scored
from tests.service.grading.graders import work_with
from tests.service.reviews.made import CORRECTED, graded, keep, review

MODEL_ZONES = {"A": 0, "B": 1, "C": 2, "D": 0, "E": 1, "F": 2}
"""Those of tests.service.fakes.scores, rounded."""


def export(records: Records, tmp_path: Path, *options: str) -> Result:
    data = str(tmp_path / "data")
    command = ["data", "reviews", "--out", str(tmp_path / "out"), "--data-dir", data, *options]
    return CliRunner().invoke(main, command)


def rows(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "out" / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_newest_review_decides() -> None:
    old, new = review(1, "corrected"), review(2, "accepted")
    assert deciding([new, old], accepted=True) == new
    assert deciding([new, old], accepted=False) == old
    assert deciding([new], accepted=False) is None


def test_labels_are_the_readers_zones_or_the_models_rounded() -> None:
    document = dataclasses.replace(scored(), id="x").to_json()
    rejected = SeverityResult("rejected", FACTS, None, GateVerdict(()), id="x").to_json()
    assert zones_of(review(1, "corrected"), document) == CORRECTED
    assert zones_of(review(1, "corrected"), rejected) == CORRECTED
    assert zones_of(review(1, "accepted"), document) == MODEL_ZONES
    assert zones_of(review(1, "accepted"), rejected) is None
    assert zones_of(review(1, "not_gradable"), document) is None


@pytest.mark.parametrize(("value", "whole"), [(0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (3.0, 3)])
def test_zones_are_rounded_half_up(value: float, whole: int) -> None:
    document = dataclasses.replace(scored(), id="x").to_json()
    document["scores"]["brixia"]["zones"]["A"]["value"] = value
    zones = zones_of(review(1, "accepted"), document)
    assert zones is not None
    assert zones["A"] == whole


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"WindowCenter": 1500, "WindowWidth": 2000},
        {"PatientOrientation": ["R", "H"]},
    ],
)
def test_training_sees_of_the_picture_what_the_model_saw_of_the_film(
    changed: dict[str, object],
) -> None:
    film = film_file.read(film_bytes(**changed))
    content = film_png(film)
    again = film_file.read(content)
    assert np.asarray(Image.open(io.BytesIO(content))).dtype == np.uint16
    seen, shown = (prepare(one.pixels, Preprocessing())[0] for one in (film, again))
    assert np.abs(seen - shown).mean() < 0.001
    assert np.abs(seen - shown).max() < 0.02


def test_lungs_are_drawn_at_the_films_size_the_patients_right_first() -> None:
    film = graded_film().film
    mask = np.asarray(Image.open(io.BytesIO(lungs_png(film, lung_maps()))))
    assert mask.shape == film.pixels.shape
    assert (mask[160, 80], mask[160, 210], mask[160, 145]) == (1, 2, 0)


def test_reviewed_films_become_a_manifest(records: Records, tmp_path: Path) -> None:
    corrected, accepted, blurred, gone, unseen = (graded(records, n) for n in range(5))
    for number, (film, verdict) in enumerate(
        [
            (corrected, "corrected"),
            (accepted, "accepted"),
            (blurred, "not_gradable"),
            (gone, "corrected"),
        ]
    ):
        keep(records, review(number, verdict, result_id=film))  # type: ignore[arg-type]
    records.archive.drop(gone)
    with records.database.write() as connection:
        for film, pseudonym in ((corrected, "01PSEUD0NYM000000000000000"), (accepted, None)):
            named = sa.update(films).values(patient=pseudonym)
            connection.execute(named.where(films.c.id == film))
    done = export(records, tmp_path, "--accepted")
    assert done.exit_code == 0, done.output
    assert "2 films exported, 1 not gradable left out, 1 no longer kept" in done.output
    first, second = rows(tmp_path)
    assert [row["image"] for row in (first, second)] == [
        f"images/{film}.png" for film in (corrected, accepted)
    ]
    assert first["patient"] == "01PSEUD0NYM000000000000000"
    assert second["patient"] == accepted
    assert {row["view"] + row["sex"] + row["age"] for row in (first, second)} == {"PAM66"}
    assert (first["source"], first["license"]) == ("reviews", "")
    manifest = load(tmp_path / "out")
    assert [film.brixia["S"] for film in manifest.films] == [
        tuple(CORRECTED.values()),
        tuple(MODEL_ZONES.values()),
    ]
    assert unseen not in (tmp_path / "out" / "manifest.csv").read_text()


def test_nothing_of_the_header_is_in_what_is_written(records: Records, tmp_path: Path) -> None:
    keep(records, review(1, "corrected", result_id=graded(records), comment="DOE^JANE"))
    export(records, tmp_path)
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        content = path.read_bytes()
        for secret in ("P-1", "ACC-7", "19600102", "1.2.826.0.1", "DOE", "kim", "김"):
            assert secret.encode() not in content, path
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert picture.info == {}


def test_choices_leave_reviews_out(records: Records, tmp_path: Path) -> None:
    accepted, corrected = graded(records, 1), graded(records, 2)
    keep(records, review(1, "accepted", result_id=accepted))
    keep(records, review(2, "corrected", result_id=corrected, minutes=3 * 24 * 60))
    later = datetime.now().astimezone().replace(year=2026, month=3, day=7)
    assert export(records, tmp_path, "--since", f"{later:%Y-%m-%d}").exit_code == 0
    assert [row["image"] for row in rows(tmp_path)] == [f"images/{corrected}.png"]
    assert export(records, tmp_path, "--accepted").exit_code == 0
    assert len(rows(tmp_path)) == 2
    assert export(records, tmp_path, "--no-lungs").exit_code == 0, "acceptance is no label"
    (row,) = rows(tmp_path)
    assert (row["image"], row["lung_mask"]) == (f"images/{corrected}.png", "")
    none = export(records, tmp_path, "--since", "2030-01-01")
    assert (none.exit_code, "No review" in none.output) == (1, True)
    assert len(rows(tmp_path)) == 1


def test_an_earlier_export_is_replaced_and_other_folders_are_refused(
    records: Records, tmp_path: Path
) -> None:
    first, second = graded(records, 1), graded(records, 2)
    for number, film in enumerate((first, second)):
        keep(records, review(number, "corrected", result_id=film))
    out = tmp_path / "out"
    assert export(records, tmp_path).exit_code == 0
    keep(records, review(9, "not_gradable", result_id=first, minutes=9))
    assert export(records, tmp_path).exit_code == 0
    for folder in ("images", "lung_masks"):
        assert [path.name for path in (out / folder).iterdir()] == [f"{second}.png"]
    (out / "notes.txt").write_text("mine")
    refused = export(records, tmp_path)
    assert (refused.exit_code, "other files" in refused.output) == (1, True)
    (out / "notes.txt").unlink()
    (out / "manifest.csv").write_text("image,patient\n")
    assert export(records, tmp_path).exit_code == 1
    assert (out / "manifest.csv").read_text() == "image,patient\n"


def test_great_ages_are_told_as_one(records: Records, tmp_path: Path) -> None:
    content = film_bytes(PatientAge="093Y", PatientSex="X", ViewPosition="AP")
    film = records.intake.accept(content, "dicom").film_id
    work_with(records).grade(film)
    keep(records, review(1, "corrected", result_id=film))
    export(records, tmp_path)
    (row,) = rows(tmp_path)
    assert (row["age"], row["sex"], row["view"]) == ("90+", "", "AP")
    assert load(tmp_path / "out").films[0].age == 90
    assert tuple(row) == COLUMNS
