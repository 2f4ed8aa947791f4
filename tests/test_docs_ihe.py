"""Each row of docs/reference/ihe.md that says met names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "reference" / "ihe.md").read_text("utf-8")
ROW = re.compile(r"^\| ([^|]+) \| (met|not met) \| ([^|]*)\|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)` ")


def test_what_is_met_is_shown_by_a_test() -> None:
    rows = ROW.findall(PAGE)
    met = [(requirement, shown) for requirement, judged, shown in rows if judged == "met"]
    assert len(met) > 15
    assert len(rows) > len(met)
    for requirement, shown in met:
        named = TEST.fullmatch(shown)
        assert named is not None, requirement
        assert named[2] in functions_of(ROOT / named[1]), requirement


def functions_of(path: Path) -> set[str]:
    """Return the names of a module's functions."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
