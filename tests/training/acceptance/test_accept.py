"""``radiograde accept`` on drawn films, in an installation that serves and has no torch."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.data.film_header import machine_of
from radiograde.data.phantom_dataset import write_dataset, write_dicom_films
from radiograde.training.accept_cli import EXIT_CODES
from radiograde.training.acceptance.acceptance_limits import load_limits
from radiograde.training.acceptance.acceptance_record import parse_record

FILMS = 12
WITHOUT = ("torch", "torchvision", "matplotlib", "jinja2", "yaml", "onnx", "tensorboard")
"""What `pip install radiograde` alone does not bring."""

SERVING = f"""
import sys
sys.modules.update(dict.fromkeys({WITHOUT!r}))
from radiograde.command import main
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("local")
    manifest = write_dataset(folder, count=FILMS, seed=5)
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row |= {"patient": f"P{number}", "machine": "Maker Model"}
    with manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_a_serving_installation_tests_a_model(films: Path, tmp_path: Path) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text("least_films = 10\n")
    out = tmp_path / "report"
    done = subprocess.run(
        [
            sys.executable, "-c", SERVING, "accept", "--data", films, "--report", out,
            "--limits", limits, "--by", "Dr Lim", "--threads", "1",
        ],
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    record = parse_record((out / "acceptance.json").read_bytes())
    assert done.returncode == EXIT_CODES[record.verdict], done.stderr
    assert record.digest in done.stdout
    assert record.figures.films == FILMS
    assert record.by == "Dr Lim"
    assert (out / "acceptance.pdf").read_bytes().startswith(b"%PDF")
    assert "PHANTOM" not in (out / "acceptance.json").read_text()


def test_a_plan_needs_no_films_and_limits_can_be_shown(tmp_path: Path) -> None:
    plan = CliRunner().invoke(main, ["accept", "--plan"])
    assert plan.exit_code == 0, plan.output
    assert "Films for a certain answer" in plan.output
    limits = CliRunner().invoke(main, ["accept", "--show-limits"])
    path = tmp_path / "limits.toml"
    path.write_text(limits.output)
    assert load_limits(path) == load_limits()
    assert CliRunner().invoke(main, ["accept"]).exit_code == 2


def test_the_json_is_the_record(films: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["accept", "--data", str(films), "--report", str(tmp_path), "--json"]
    )
    assert done.exit_code == EXIT_CODES["undecided"], "12 films are too few"
    assert json.loads(done.stdout) == json.loads((tmp_path / "acceptance.json").read_text())


def test_a_film_names_its_machine(tmp_path: Path) -> None:
    film = tmp_path / "film.dcm"
    write_dicom_films([film], rows=128)
    assert machine_of(film) == "Drawn phantom"
    (tmp_path / "none.png").write_bytes(b"")
    assert machine_of(tmp_path / "none.png") == machine_of(tmp_path / "absent.dcm") == ""
