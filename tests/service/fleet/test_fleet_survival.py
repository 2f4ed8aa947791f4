"""The command killed in mid-run: nothing of it stays, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from pyarrow import parquet

from radiograde.service.fleet.score_parts import TABLE
from tests.service.fleet.films import parts_of, rows_of, write_films
from tests.service.processes import ROOT, waited


def start(films: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "radiograde", "fleet", "score", str(films), "--out", str(out)]
    with (out.parent / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def alive_in(session: int) -> list[int]:
    """Return the processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            _, _, rest = stat.read_text().rpartition(")")
            state, _, _, of = rest.split()[:4]
            if int(of) == session and state != "Z":
                found.append(int(stat.parent.name))
    return found


def graders_in(session: int) -> list[int]:
    """Return the processes of a session that grade."""
    found = []
    for pid in alive_in(session):
        with suppress(OSError):
            if b"ChunkGrader" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


@pytest.mark.timeout(900)
def test_a_killed_command_takes_its_cluster_along_and_goes_on(tmp_path: Path) -> None:
    films, out = write_films(tmp_path / "films", 60), tmp_path / "out"
    first = start(tmp_path / "films", out)
    try:
        assert waited(lambda: len(list(parts_of(out))) >= 3, 400), (tmp_path / "log").read_text()
        assert graders_in(first.pid)
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert waited(lambda: not graders_in(first.pid), 60)
    done = {row["file"]: row["id"] for row in rows_of(out)}
    assert 3 <= len(done) < len(films)
    assert not (out / TABLE).exists()
    second = start(tmp_path / "films", out)
    assert second.wait(400) == 3, (tmp_path / "log").read_text()
    assert f"{len(done)} had a row. {len(films)} rows." in (tmp_path / "log").read_text()
    rows = parquet.read_table(out / TABLE).to_pylist()
    assert [row["file"] for row in rows] == list(map(str, films))
    assert done.items() <= {row["file"]: row["id"] for row in rows}.items()
    # Ray's agents, which grade nothing, see a moment later that nobody is left.
    assert waited(lambda: not alive_in(first.pid) and not alive_in(second.pid), 120)
