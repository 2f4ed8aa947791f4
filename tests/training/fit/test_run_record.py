import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from radiograde.training.distributed import DistributedContext
from radiograde.training.errors import UnfitDataError
from radiograde.training.evaluation.tables import training_time
from radiograde.training.fit.run_record import RunFacts, RunRecord, check_same_films
from radiograde.training.run_paths import RunPaths
from tests.training.samples import RUN_FACTS, film, film_dataset

CPU = torch.device("cpu")
DATASET = film_dataset([film(n) for n in range(3)])


def paths(run: Path) -> RunPaths:
    return RunPaths(Path("data"), run, Path("cache"))


def written(run: Path) -> dict[str, object]:
    record: dict[str, object] = json.loads((run / "run.json").read_text())
    return record


def test_a_record_says_what_ran_on_what(tmp_path: Path) -> None:
    RunRecord(paths(tmp_path), DATASET, DistributedContext(CPU))
    record = written(tmp_path)
    assert record["manifest"] == "d" * 64
    assert record["films"] == 3
    assert record["device"] == "cpu"
    assert record["threads"] == torch.get_num_threads()
    assert record["processes"] == 1
    assert record["seconds"] == {}
    assert record["minutes"] == 0.0


def test_a_run_that_is_taken_up_again_adds_to_what_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 60.0, 90.0, 1000.0, 1012.0, 1030.0])
    monkeypatch.setattr("radiograde.training.fit.run_record.time.monotonic", lambda: next(clock))
    first = RunRecord(paths(tmp_path), DATASET, DistributedContext(CPU))
    first.add("pretrain", 60.0)
    first.add("fold0", 10.0)
    assert written(tmp_path)["minutes"] == 1.5
    second = RunRecord(paths(tmp_path), DATASET, DistributedContext(CPU))
    second.add("fold0", 5.4)
    second.add("fold1", 20.0)
    record = written(tmp_path)
    assert record["seconds"] == {"pretrain": 60, "fold0": 15, "fold1": 20}
    assert record["minutes"] == 2.0


def test_one_process_alone_writes_the_record(tmp_path: Path) -> None:
    record = RunRecord(paths(tmp_path), DATASET, DistributedContext(CPU, rank=1, world_size=2))
    record.add("fold0", 3.0)
    assert not (tmp_path / "run.json").exists()
    RunRecord(paths(tmp_path), DATASET, DistributedContext(CPU, rank=0, world_size=2))
    assert written(tmp_path)["processes"] == 2


def test_a_run_goes_on_with_its_own_films_alone(tmp_path: Path) -> None:
    check_same_films(paths(tmp_path), DATASET)
    RunRecord(paths(tmp_path), DATASET, DistributedContext(CPU))
    check_same_films(paths(tmp_path), DATASET)
    replace(RUN_FACTS, manifest="e" * 64).save(tmp_path / "run.json")
    with pytest.raises(UnfitDataError, match=r"another manifest than labels\.csv"):
        check_same_films(paths(tmp_path), DATASET)


def test_what_the_teacher_took_is_kept_beside_what_the_run_took(tmp_path: Path) -> None:
    for name, minutes in (("first", 100.0), ("second", 40.0)):
        (tmp_path / name).mkdir()
        teacher = None if name == "first" else tmp_path / "first"
        record = RunRecord(paths(tmp_path / name), DATASET, DistributedContext(CPU), teacher)
        replace(record.facts, minutes=minutes).save(record.path)
    third = RunRecord(paths(tmp_path), DATASET, DistributedContext(CPU), tmp_path / "second").facts
    assert third.teacher_minutes == 140.0
    assert training_time(third) == "140 minutes (140 of them its teacher's)"
    assert training_time(replace(RUN_FACTS, minutes=12.4)) == "12 minutes"


def test_the_facts_of_a_run_come_back_from_their_file(tmp_path: Path) -> None:
    assert RunFacts.load(tmp_path / "run.json") is None
    RUN_FACTS.save(tmp_path / "run.json")
    assert RunFacts.load(tmp_path / "run.json") == RUN_FACTS


def test_whoever_reads_while_facts_are_written_finds_those_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    RUN_FACTS.save(path)
    write, found = Path.write_text, []

    def slow(self: Path, text: str) -> int:
        write(self, "")
        found.append(RunFacts.load(path))
        return write(self, text)

    monkeypatch.setattr(Path, "write_text", slow)
    replace(RUN_FACTS, minutes=9.0).save(path)
    assert found == [RUN_FACTS]
    assert RunFacts.load(path) == replace(RUN_FACTS, minutes=9.0)
