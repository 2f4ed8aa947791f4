"""``radiograde reconcile``: what it asks for, and what it ends with."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.orthanc import free_port


def reconcile(data: Path, *more: str) -> tuple[int, str]:
    arguments = ["reconcile", "--since", "2026-11-01", "--until", "2026-11-02", *more]
    done = CliRunner().invoke(main, [*arguments, "--data-dir", str(data)])
    return done.exit_code, done.output


def installed(data: Path, site: str = "") -> Path:
    open_records(Settings(data_dir=data)).close()
    (data / "radiograde.toml").write_text(site)
    return data


def test_a_pacs_has_to_be_named(tmp_path: Path) -> None:
    code, shown = reconcile(installed(tmp_path / "data"))
    assert (code, "--pacs" in shown) == (2, True)
    code, shown = reconcile(tmp_path / "data", "--pacs", "nowhere")
    assert (code, "nowhere" in shown) == (1, True)


def test_a_pacs_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    site = (
        '[[destination]]\nname = "pacs"\ntype = "dicom"\naet = "PACS"\nhost = "127.0.0.1"\n'
        f'port = {free_port()}\n[reconcile]\npacs = ["pacs"]\n'
    )
    code, shown = reconcile(installed(tmp_path / "data", site))
    assert (code, "accepts no connection" in shown) == (1, True)


def test_days_run_forwards(tmp_path: Path) -> None:
    code, shown = reconcile(tmp_path, "--until", "2026-10-01")
    assert (code, "before --since" in shown) == (2, True)
