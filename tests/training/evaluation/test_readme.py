from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.evaluation_result import NormalFilms, ReleasedMetrics
from radiograde.training.evaluation.intervals import Coverage
from radiograde.training.evaluation.metrics import ChangeOverTime, UnmeasuredChange
from radiograde.training.evaluation.model_evaluation import load_evaluations
from radiograde.training.evaluation.readme import BEGIN, END, fill_readme, readme_figures
from radiograde.training.release.release_run import EVALUATIONS

README = Path(__file__).resolve().parents[3] / "README.md"


@pytest.fixture(scope="module")
def metadata() -> ModelMetadata:
    """Return what the bundled model says of itself."""
    return Scorer().metadata


@pytest.fixture(scope="module")
def metrics(metadata: ModelMetadata) -> ReleasedMetrics:
    return ReleasedMetrics.of_model(metadata)


def rows(text: str) -> dict[str, str]:
    """Return the answers of the table by their questions."""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {question: answer for question, _, answer in cells[1:]}


def test_the_readme_has_the_figures_of_the_bundled_model(
    metadata: ModelMetadata, metrics: ReleasedMetrics
) -> None:
    text = README.read_text(encoding="utf-8")
    figures = text.split(BEGIN)[1].split(END)[0].strip()
    evaluations = load_evaluations(BUNDLED.with_name(EVALUATIONS))
    assert figures == readme_figures(metrics, metadata.intervals.level, evaluations)
    questions = list(rows(figures))
    assert len(questions) == 5
    assert "a hospital that it never saw" in questions[0]
    assert "hospitals that it learned from" in questions[-1]


def test_figures_of_a_model_file_come_back_from_it(
    metadata: ModelMetadata, metrics: ReleasedMetrics
) -> None:
    assert metrics.released().keys() == metadata.metrics.keys()


def test_without_films_elsewhere_the_figures_are_out_of_fold(
    metadata: ModelMetadata, metrics: ReleasedMetrics
) -> None:
    figures = readme_figures(metrics, metadata.intervals.level)
    assert len(rows(figures)) == 5
    assert isinstance(metrics.change, ChangeOverTime)
    assert f"saying that nothing changes is off by {metrics.change.null_error:.2f}" in figures


def test_what_was_not_measured_is_left_out(metrics: ReleasedMetrics) -> None:
    unmeasured = Coverage(None, None)
    bare = replace(
        metrics,
        agreement=[],
        normal_films=[],
        coverage={"brixia": unmeasured},
        change=UnmeasuredChange(0),
    )
    figures = readme_figures(bare, 0.9)
    assert rows(figures) == {}
    assert "input check" in figures
    assert "measurement error" not in figures


def test_two_readers_are_named_only_where_both_graded(metrics: ReleasedMetrics) -> None:
    assert "two radiologists differ" in readme_figures(metrics, 0.9)
    alone = replace(metrics, agreement=[row for row in metrics.agreement if row.is_ours])
    assert "two radiologists differ" not in readme_figures(alone, 0.9)


def test_films_without_findings_are_those_that_no_training_was_told_of(
    metrics: ReleasedMetrics,
) -> None:
    kinds = [
        NormalFilms("known", "No Finding", False, 900, 0.1, 0.2),
        NormalFilms("few", "No Finding", True, 9, 0.3, 0.4),
        NormalFilms("many", "No Finding", True, 90, 1.25, 2.5),
        NormalFilms("most", "Nodule", True, 9000, 0.5, 0.6),
    ]
    answers = rows(readme_figures(replace(metrics, normal_films=kinds), 0.9))
    question = "How high do films without findings score (many)?"
    assert answers[question] == "1.25 of 18 on average; 95% of them below 2.50"


def test_figures_go_between_the_marks(metrics: ReleasedMetrics, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"# mine\n{BEGIN}\nold\n{END}\nrest\n")
    fill_readme(path, metrics, 0.9)
    text = path.read_text()
    assert text.startswith(f"# mine\n{BEGIN}\n| question |")
    assert text.endswith(f"{END}\nrest\n")
    assert "old" not in text


def test_a_readme_without_marks_is_left_alone(metrics: ReleasedMetrics, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("# mine\n")
    with pytest.raises(ConfigError, match="metrics:begin"):
        fill_readme(path, metrics, 0.9)
    assert path.read_text() == "# mine\n"
