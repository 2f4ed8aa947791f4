"""The page says of the watch what was simulated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import concordance_watch
from benchmarks.concordance_watch import BEGIN, END, PAGE, RESULTS, main, table


def test_the_page_has_the_figures_that_were_measured() -> None:
    rows = json.loads(RESULTS.read_text())["rows"]
    assert f"{BEGIN}\n{table(rows)}\n{END}" in PAGE.read_text(encoding="utf-8")


def test_the_command_writes_them_into_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, results = tmp_path / "page.md", tmp_path / "results.json"
    page.write_text(f"# Page\n\n{BEGIN}\nold\n{END}\n\nMore.\n")
    for name, value in {"PAGE": page, "RESULTS": results, "RUNS": 2}.items():
        monkeypatch.setattr(concordance_watch, name, value)
    main()
    rows = json.loads(results.read_text())["rows"]
    assert page.read_text() == f"# Page\n\n{BEGIN}\n{table(rows)}\n{END}\n\nMore.\n"
