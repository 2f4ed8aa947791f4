"""Memory of a process with all below it, and whether it grows."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.memory import Growth, resident_tree_mb

CHILD = "import sys; held = b'x' * 50_000_000; print(flush=True); sys.stdin.read()"


def test_memory_of_children_counts() -> None:
    alone = resident_tree_mb(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert resident_tree_mb(os.getpid()) > alone + 45
        child.communicate()
    assert resident_tree_mb(child.pid) == 0


@pytest.mark.parametrize(
    ("points", "grown"),
    [([300, 310, 311, 310, 309, 311, 310, 310], 0), ([10, 20, 30, 40, 50, 60, 70, 80], 40)],
)
def test_what_begins_high_and_stays_is_flat(points: list[float], grown: float) -> None:
    assert Growth(10, 500, points).grown == pytest.approx(grown, abs=1)
