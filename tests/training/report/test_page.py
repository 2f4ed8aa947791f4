"""The report: one page that loads nothing, names nobody, and bears what is missing."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib import rcParams
from numpy.typing import NDArray

from radiograde.command import main
from radiograde.data.film import Film
from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.evaluation import evaluate
from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.intervals import LEVEL
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.evaluation.robustness import PerturbationShift
from radiograde.training.input_check.held_out import HeldOutPictures
from radiograde.training.report.agreement_section import agreement_section
from radiograde.training.report.page import write_report
from radiograde.training.report.parts import STYLE
from radiograde.training.report.score_plots import GraderPair
from radiograde.training.report.score_sections import bland_altman_section, brixia_section
from radiograde.training.report.tracked_report import record_run
from tests.training import samples
from tests.training.heard import Heard
from tests.training.samples import NO_PICTURES, RUN_FACTS

COUNT, SIDE = 36, 32
ANCHORS = {
    *("agreement", "brixia", "bland-altman", "extent-opacity", "zones", "intervals", "subgroups"),
    *("change", "normal-films", "robustness", "input-check", "worst", "films"),
}
BY_SOURCE = {
    *("sources", "ceiling", "two-scales", "each-lung", "source-intervals", "pictures", "lungs"),
    *("change-null", "peers"),
}


def sections_of(html: str) -> tuple[set[str], set[str]]:
    """Return the anchors of the page's own sections, and of those by source."""
    anchors = re.findall(r'<section id="([^"]+)"', html)
    by_source = {one.removeprefix("by-source-") for one in anchors if one.startswith("by-source-")}
    return {one for one in anchors if not one.startswith("by-source-")}, by_source


def film(number: int, **facts: Any) -> Film:
    image, patient = Path(f"/films/thorax_scan_{number}.png"), f"Mueller-{number // 2}"
    return samples.film(number, image=image, patient=patient, row=number + 2, **facts)


def noise_dataset(films: list[Film]) -> FilmDataset:
    """Return a dataset of the films with noise for pictures, wider than they are high."""
    rng = np.random.default_rng(1)
    cells = rng.integers(0, 256, (len(films), 3, SIDE, SIDE)).astype(np.uint8)
    frames = np.tile(np.array([4, 0, SIDE - 8, SIDE], np.int32), (len(films), 1))
    folds = [number // 2 % 3 for number in range(len(films))]
    return samples.film_dataset(films, folds, FilmCache(cells, frames))


def graded(number: int, zones: list[int]) -> Film:
    return film(
        number,
        source="<b>ward</b>",
        view=("PA", "AP")[number % 2],
        offset_days=float(number % 2),
        brixia={"S": tuple(zones), "J": tuple(zones[::-1])},
        geographic_extent=float(sum(zones)) * 8 / 18,
        opacity=4.0,
        opacity_max=8.0,
        peers={"bsnet_brixia": sum(zones) + 1.0} if number % 2 else {},
    )


def predictions(count: int) -> Predictions:
    rng = np.random.default_rng(2)

    def drawn(low: float, high: float, *shape: int) -> NDArray[np.float32]:
        return rng.uniform(low, high, (count, *shape)).astype(np.float32)

    scope = rng.dirichlet([9.0] + [0.2] * (len(CLASSES) - 1), count).astype(np.float32)
    return samples.predictions(
        drawn(0, 3, 6), spread=drawn(0, 0.4, 9), scope=scope, dice=drawn(0.9, 1)
    )


def measured(films: list[Film], pictures: HeldOutPictures) -> EvaluationResult:
    dataset, graded = noise_dataset(films), predictions(len(films))
    standard = ReferenceStandard.of(films)
    shifts = [PerturbationShift("gamma 0.7", 9, 0.2, -0.1, 0.5)] if pictures.frontal.size else []
    metrics = evaluate.assess(dataset, standard, graded, pictures, shifts, RUN_FACTS)
    return EvaluationResult(metrics, dataset, graded, standard, pictures)


@pytest.fixture(scope="module")
def whole() -> EvaluationResult:
    """Return a run in which everything was measured."""
    rng = np.random.default_rng(3)
    films = [graded(n, rng.integers(0, 4, 6).tolist()) for n in range(COUNT - 6)]
    films += [film(n, finding=("no finding",)) for n in range(COUNT - 6, COUNT)]
    kinds = np.array(["limb", "lateral film"] * 20)
    return measured(films, HeldOutPictures(rng.uniform(0, 0.4, 40), kinds))


@pytest.fixture(scope="module")
def bare() -> EvaluationResult:
    """Return a run on three films that nobody graded, without pictures for the input check."""
    return measured([film(n) for n in range(3)], NO_PICTURES)


def written(folder: Path, run: EvaluationResult) -> str:
    path = write_report(folder, run)
    assert path == folder / "report.html"
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def html(whole: EvaluationResult, tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("report") / "new", whole)


def test_what_is_tracked_of_a_run_shows_no_film(whole: EvaluationResult, html: str) -> None:
    heard = Heard()
    record_run(heard, whole)
    assert heard.facts == {"films": COUNT, "films_sha256": whole.metrics.manifest}
    assert heard.figures["zones/mae"] == whole.metrics.zone_mae
    assert json.loads(heard.files["evaluation.json"])["films"] == COUNT
    page = heard.files["report.html"]
    assert sections_of(page)[0] == ANCHORS - {"worst"}
    assert "image/jpeg" in html
    assert "image/jpeg" not in page


def without_pictures(text: str) -> str:
    return re.sub(r"data:image/[^\"]+", "", text)


def test_the_page_loads_nothing_from_elsewhere(html: str) -> None:
    targets_of_links = re.findall(r"\b(?:src|href|srcset|action|data)=\"([^\"]*)", html)
    assert len(targets_of_links) > len(ANCHORS)
    assert all(link.startswith(("#", "data:image/")) for link in targets_of_links)
    text = without_pictures(html)
    assert not re.search(r"https?:|url\(|@import|<script|<link", text)
    assert "default-src 'none'" in text


def test_every_section_is_measured_and_in_the_contents(html: str) -> None:
    assert sections_of(html) == (ANCHORS, BY_SOURCE)
    links = {f"by-source-{name}" for name in BY_SOURCE} | ANCHORS
    assert set(re.findall(r'<a href="#([^"]+)"', html)) == links
    assert "Not measured" not in html


def test_every_picture_is_told_in_words(html: str) -> None:
    pictures = re.findall(r"<img [^>]*>", html)
    assert len(pictures) > 12
    assert all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures)


def test_films_are_named_by_their_row_and_by_nothing_else(
    html: str, whole: EvaluationResult
) -> None:
    text = without_pictures(html)
    films = whole.dataset.manifest.films
    assert not [film for film in films if film.image.stem in text or film.patient in text]
    assert "secret-labels" not in text
    rows = [int(row) for row in re.findall(r"<h3>Row (\d+)</h3>", text)]
    error = np.abs(whole.predictions.brixia - whole.reference_standard.brixia)
    worst = [film for film in np.argsort(-error) if not np.isnan(error[film])][:12]
    assert rows == [films[film].row for film in worst]


def test_the_page_says_that_it_must_not_be_published(html: str) -> None:
    foot = html.partition("<footer>")[2]
    assert "images of patients" in foot
    assert "must not be published" in foot


def test_what_the_manifest_says_is_shown_as_text(html: str) -> None:
    assert "<b>" not in html
    assert "&lt;b&gt;ward" in html


def test_what_was_not_measured_is_said(bare: EvaluationResult, tmp_path: Path) -> None:
    text = written(tmp_path, bare)
    assert sections_of(text) == (ANCHORS, {"pictures"})
    assert text.count("Not measured") >= 8
    assert "nan" not in without_pictures(text).lower()


@pytest.mark.parametrize("count", [1, 3])
def test_few_films_are_enough(count: int, tmp_path: Path) -> None:
    films = [graded(n, [0, n % 4, 2, 3, 0, 1]) for n in range(count)]
    few = measured(films, HeldOutPictures(np.array([0.1]), np.array(["limb"])))
    text = written(tmp_path / "one", few)
    assert len(re.findall("<article>", text)) == count
    if count > 1:
        assert written(tmp_path / "other", few) == text
    assert rcParams["axes.grid"] is not STYLE["axes.grid"]


def test_one_reader_and_no_comparators_are_enough(whole: EvaluationResult) -> None:
    films = [
        replace(film, readings=tuple(r for r in film.readings if r.reader != "J"), peers={})
        for film in whole.dataset.manifest.films
    ]
    alone = measured(films, whole.held_out_pictures)
    assert [len(brixia_section(alone).plots), len(bland_altman_section(alone).plots)] == [1, 2]
    assert "BS-Net" not in str(agreement_section(alone).tables)


def test_intervals_on_the_page_hold_what_the_evaluation_says(whole: EvaluationResult) -> None:
    scales = whole.scales
    for name, scale in scales.items():
        known = ~np.isnan(scale.truth)
        share = scale.covered(LEVEL)[known].mean()
        assert share == pytest.approx(whole.metrics.coverage[name].share)
        low, high = scale.ends(LEVEL)
        assert (low >= scale.scale.low).all()
        assert (high <= scale.scale.high).all()


def test_limits_of_agreement_are_those_of_bland_and_altman() -> None:
    one, other = np.array([1.0, 4.0, np.nan, 6.0]), np.array([0.0, 2.0, 5.0, 3.0])
    pair = GraderPair(one, other, ("one", "other"))
    assert pair.difference.tolist() == [1.0, 2.0, 3.0]
    assert pair.limits == pytest.approx((2 - 1.96, 2 + 1.96))
    assert pair.reach == pytest.approx(2 + 1.96)


def test_the_template_is_found_wherever_the_command_runs(
    bare: EvaluationResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No module ``training`` need be on the path: there is none beside an installed package."""
    monkeypatch.setitem(sys.modules, "training", None)
    assert "<html" in written(tmp_path, bare)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_writes_the_page_and_names_it(
    tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    run = measured([film(0)], HeldOutPictures(np.array([0.1]), np.array(["limb"])))
    tiny.save(tmp_path / "config.yaml")
    monkeypatch.setattr(evaluate, "evaluate", lambda *_: run)
    arguments = ["evaluate", "--data", str(tmp_path), "--run", str(tmp_path)]
    arguments += ["--report", str(tmp_path / "out"), *(["--json"] if as_json else [])]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "report.html").exists()
    stream = done.stderr if as_json else done.stdout
    assert stream.replace("\n", "").endswith(str(tmp_path / "out" / "report.html"))
