"""Films graded on a cluster of two cores: the rows of ``score``, each once, whoever dies."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyarrow import parquet

from radiograde.command import main
from radiograde.service.errors import ConfigurationError
from radiograde.service.fleet import chunk_grader, fleet_run
from radiograde.service.fleet.archive_film import ArchiveFilm
from radiograde.service.fleet.chunk_grader import ChunkGrader
from radiograde.service.fleet.ray_cluster import ray_cluster
from radiograde.service.fleet.score_parts import TABLE
from tests.s3_server import S3Server
from tests.service.delivery.web import Reply, Request
from tests.service.fakes import png
from tests.service.fleet.deadly_grader import DEADLY, DeadlyGrader, workers_of
from tests.service.fleet.dicomweb_server import dicomweb_server
from tests.service.fleet.films import BROKEN, plan_for, prepared, rows_of, write_films

FILMS = 12

pytestmark = pytest.mark.timeout(900)
"""Workers are processes that load Ray and the model: on a busy machine each takes its time."""


@pytest.fixture(scope="module")
def store() -> Iterator[S3Server]:
    """Run a store of objects, which the environment of this process and of workers names."""
    server = S3Server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "key-of-tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-tests")
        yield server
    server.kill()


@pytest.fixture(scope="module", autouse=True)
def cluster(store: S3Server) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("radiograde.service.fleet.ray_cluster.available_cores", lambda: 2)
        with ray_cluster():
            yield


def run(source: Path, out: Path) -> Counter[str]:
    plan, archive = plan_for(source, out)
    films, _ = archive.left(prepared(plan).marks())
    return sum(fleet_run.FleetRun(plan, 1).grade(films), Counter())


def test_rows_are_those_of_score_to_the_digit(tmp_path: Path) -> None:
    write_films(tmp_path / "films", FILMS)
    fleet = ["fleet", "score", str(tmp_path / "films"), "--out", str(tmp_path / "out")]
    shown = CliRunner().invoke(main, fleet)
    assert shown.exit_code == 3, shown.output
    assert "1 failed, 0 unreached; 0 had a row. 12 rows." in shown.stderr
    alone = ["score", str(tmp_path / "films"), "--table", str(tmp_path / "scores.csv")]
    CliRunner().invoke(main, [*alone, "--parquet", str(tmp_path / "scores.parquet")])
    own, expected = (
        parquet.read_table(path).sort_by("file")
        for path in (tmp_path / "out" / TABLE, tmp_path / "scores.parquet")
    )
    assert own.schema == expected.schema
    assert own.drop_columns("id") == expected.drop_columns("id")
    assert set(own["status"].to_pylist()) >= {"scored", "failed"}
    assert len(set(own["id"].to_pylist())) == FILMS
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "out").rglob("*")} == {0}


def test_a_run_goes_on_with_what_is_new_or_has_changed(tmp_path: Path) -> None:
    films = write_films(tmp_path / "films", 4)
    out = tmp_path / "out"
    run(tmp_path / "films", out)
    before = {row["file"]: row["id"] for row in rows_of(out)}
    (tmp_path / "films" / "new.png").write_bytes(png(grey=99))
    os.utime(films[0], ns=(0, 10**18))
    assert run(tmp_path / "films", out).total() == 2
    assert run(tmp_path / "films", out).total() == 0
    assert prepared(plan_for(tmp_path / "films", out)[0]).merge() == 5
    after = {row["file"]: row["id"] for row in parquet.read_table(out / TABLE).to_pylist()}
    assert {file for file, one in after.items() if before.get(file) != one} == {
        str(films[0]),
        str(tmp_path / "films" / "new.png"),
    }


def test_films_and_rows_may_be_in_an_object_store(store: S3Server, tmp_path: Path) -> None:
    films, bucket = write_films(tmp_path / "films", 4), store.bucket("archive")
    client = store.client()
    for film in films:
        client.pipe_file(f"{bucket}/films/{film.name}", film.read_bytes())
    command = ["fleet", "score", f"{bucket}/films", "--out", f"{bucket}/scores", "--workers", "1"]
    shown = CliRunner().invoke(main, command)
    assert shown.exit_code == 3, shown.output
    rows = parquet.read_table(BytesIO(client.cat_file(f"{bucket}/scores/{TABLE}"))).to_pylist()
    assert [row["file"] for row in rows] == [f"{bucket}/films/{film.name}" for film in films]
    assert [row["bytes"] for row in rows] == [film.stat().st_size for film in films]
    again = CliRunner().invoke(main, command)
    assert "4 had a row. 4 rows." in again.stderr


def test_a_worker_that_dies_in_mid_run_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = write_films(tmp_path / "films", 40)
    monkeypatch.setattr(fleet_run, "ChunkGrader", DeadlyGrader)
    plan, archive = plan_for(tmp_path / "films", tmp_path / "out")
    left, _ = archive.left(prepared(plan).marks())
    graded = fleet_run.FleetRun(plan, 2).grade(left)
    counts = next(graded)
    for victim in workers_of(tmp_path / "out"):
        os.kill(victim, signal.SIGKILL)
    counts = sum(graded, counts)
    assert len(workers_of(tmp_path / "out")) >= 2
    assert [row["file"] for row in rows_of(tmp_path / "out")] == list(map(str, films))
    assert counts["scored"] + counts["rejected"] == len(films) - 1
    assert counts["failed"] == 1, BROKEN


def test_a_film_that_ends_every_worker_gets_a_row_and_takes_no_other_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = write_films(tmp_path / "films", 5)
    (tmp_path / "films" / DEADLY).write_bytes(png())
    monkeypatch.setattr(fleet_run, "ChunkGrader", DeadlyGrader)
    monkeypatch.setattr(fleet_run, "_CHUNKS_A_WORKER", 1)
    run(tmp_path / "films", tmp_path / "out")
    rows = {Path(row["file"]).name: row for row in rows_of(tmp_path / "out")}
    assert rows.keys() == {*(film.name for film in films), DEADLY}
    assert (rows[DEADLY]["status"], rows[DEADLY]["error"]) == ("failed", "gave_up")
    assert {name for name, row in rows.items() if row["status"] == "failed"} == {BROKEN, DEADLY}


def test_what_a_server_does_not_give_has_no_row_and_is_asked_for_again(tmp_path: Path) -> None:
    away = True

    def sometimes(request: Request) -> Reply | None:
        return Reply(503) if away and "20260102" in request.path else None

    with dicomweb_server({"20260101": png(), "20260102": png()}, sometimes) as config:
        plan, _ = plan_for(tmp_path, tmp_path / "out")
        plan = replace(plan, pacs=config)
        prepared(plan)
        listed = [of_server(day) for day in ("20260101", "20260102")]
        counts = sum(fleet_run.FleetRun(plan, 1).grade(listed), Counter())
        assert (counts["unreached"], counts.total()) == (1, 2)
        assert [row["file"] for row in rows_of(tmp_path / "out")] == [listed[0].place]
        away = False
        counts = sum(fleet_run.FleetRun(plan, 1).grade(listed[1:]), Counter())
    assert (counts["unreached"], counts.total()) == (0, 1)
    assert [row["file"] for row in rows_of(tmp_path / "out")] == [one.place for one in listed]


def of_server(day: str) -> ArchiveFilm:
    place = f"dicomweb:pacs/studies/1.2.{day}/series/1.2.{day}.1/instances/1.2.{day}.1.1"
    return ArchiveFilm(place, (place, 0, 0))


def test_a_cluster_without_room_for_a_worker_says_so(tmp_path: Path) -> None:
    plan, _ = plan_for(tmp_path, tmp_path / "out")
    for large in (replace(plan, cpus=3), replace(plan, gpus=1.0)):
        with pytest.raises(ConfigurationError, match="has room for such a worker"):
            fleet_run.FleetRun(large, 1)


def test_rows_that_cannot_be_written_end_the_run(tmp_path: Path) -> None:
    write_films(tmp_path / "films", 3)
    plan, archive = plan_for(tmp_path / "films", tmp_path / "out")
    left, _ = archive.left([])
    (tmp_path / "out").write_text("a file is where the folder should be")
    with pytest.raises(OSError, match="Not a directory"):
        list(fleet_run.FleetRun(plan, 1).grade(left))


def test_a_worker_with_another_model_grades_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This process goes on for other tests, whose files are not private.
    monkeypatch.setattr(chunk_grader, "keep_private", lambda: None)
    plan, _ = plan_for(tmp_path, tmp_path / "out")
    with pytest.raises(Exception, match="another model than the command"):
        ChunkGrader(replace(plan, model_sha256="0" * 64))
