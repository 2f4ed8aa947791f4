"""Programs of others that judge DICOM files; tests skip where they are absent."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REMARKS = (
    "<99RADIOGRADE>",
    "Device UID",
    "Standard Extended SOP Class",
    "needed to build DICOMDIR",
)
"""What dciodvfy says of every document: a private scheme, and an optional UID newer than itself.

Without study date or patient ID, which some films lack, it misses what a DICOMDIR would need.
"""


def dciodvfy(content: bytes, folder: Path) -> list[str]:
    """Return what dicom3tools' validator finds wrong or dubious, without ``REMARKS``."""
    program = Path(sys.executable).with_name("dciodvfy")
    if not program.exists():
        pytest.skip("dicom3tools is not installed")
    _, said = _run([str(program)], content, folder)
    complaints = [line for line in said.splitlines() if line.startswith(("Error", "Warning"))]
    return [line for line in complaints if not any(remark in line for remark in REMARKS)]


def dsrdump(content: bytes, folder: Path) -> str:
    """Return DCMTK's rendering of a structured report, whole values; fail if it cannot read it."""
    program = shutil.which("dsrdump")
    if program is None:
        pytest.skip("DCMTK is not installed")
    command = [program, "--print-long-values", "--print-all-codes", "--convert-to-utf8"]
    code, said = _run(command, content, folder)
    assert code == 0, said
    return said


def _run(command: list[str], content: bytes, folder: Path) -> tuple[int, str]:
    path = folder / "document.dcm"
    path.write_bytes(content)
    done = subprocess.run([*command, str(path)], capture_output=True, timeout=60)
    # dciodvfy repeats text in the character set of the file.
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")
