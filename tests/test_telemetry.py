"""Nothing of a film's grading is reported to anybody: onnxruntime's telemetry stays off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "ORT_DISABLE_TELEMETRY"
IDLE_S = 1.0
"""onnxruntime writes its device id while a session is made, and reports some seconds later."""

SCORE = "from radiograde.command import main; main(['score', 'absent.dcm'], standalone_mode=False)"
SCORER = "radiograde.model.scoring.scorer"
SESSION = f"import time; from {SCORER} import Scorer; Scorer(); time.sleep({IDLE_S})"
EXPORT = f"{SESSION}; import radiograde.training.release.onnx_export"


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a user whose home is empty and who never heard of the variable."""
    kept = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}


@pytest.mark.parametrize("code", [SCORE, SESSION, EXPORT])
def test_onnxruntime_leaves_nothing_in_the_home(code: str, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(tmp_path), capture_output=True
    )
    assert [str(path) for path in tmp_path.rglob("*onnxruntime*")] == []


@pytest.mark.parametrize(
    "module",
    [SCORER, "radiograde.training.release.onnx_export", "benchmarks.latency"],
)
def test_telemetry_is_off_before_onnxruntime_is_imported(module: str, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "class Spy:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        assert name != 'onnxruntime' or os.environ.get('{VARIABLE}') == '1'\n"
        "sys.meta_path.insert(0, Spy())\n"
        f"import {module}\n"
        "assert 'onnxruntime' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_image_says_so_too() -> None:
    assert f"ENV {VARIABLE}=1" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
