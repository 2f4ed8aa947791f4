import json
from pathlib import Path

import pytest
import torch

from radiograde.training.dataset.film_dataset import check_same_films
from radiograde.training.distributed import Machine
from radiograde.training.errors import UnfitDataError
from radiograde.training.evaluation.tables import training_time
from radiograde.training.fit.run_record import RunRecord
from tests.training.samples import film, study

CPU = torch.device("cpu")
STUDY = study([film(n) for n in range(3)])


def written(run: Path) -> dict[str, object]:
    record: dict[str, object] = json.loads((run / "run.json").read_text())
    return record


def test_a_record_says_what_ran_on_what(tmp_path: Path) -> None:
    RunRecord(tmp_path, STUDY, Machine(CPU))
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
    first = RunRecord(tmp_path, STUDY, Machine(CPU))
    first.add("pretrain", 60.0)
    first.add("fold0", 10.0)
    assert written(tmp_path)["minutes"] == 1.5
    second = RunRecord(tmp_path, STUDY, Machine(CPU))
    second.add("fold0", 5.4)
    second.add("fold1", 20.0)
    record = written(tmp_path)
    assert record["seconds"] == {"pretrain": 60, "fold0": 15, "fold1": 20}
    assert record["minutes"] == 2.0


def test_one_process_alone_writes_the_record(tmp_path: Path) -> None:
    record = RunRecord(tmp_path, STUDY, Machine(CPU, rank=1, processes=2))
    record.add("fold0", 3.0)
    assert not (tmp_path / "run.json").exists()
    RunRecord(tmp_path, STUDY, Machine(CPU, rank=0, processes=2))
    assert written(tmp_path)["processes"] == 2


def test_a_run_goes_on_with_its_own_films_alone(tmp_path: Path) -> None:
    check_same_films(tmp_path, STUDY)
    RunRecord(tmp_path, STUDY, Machine(CPU))
    check_same_films(tmp_path, STUDY)
    (tmp_path / "run.json").write_text(json.dumps({"manifest": "e" * 64}))
    with pytest.raises(UnfitDataError, match=r"another manifest than labels\.csv"):
        check_same_films(tmp_path, STUDY)


def test_what_the_teacher_took_is_kept_beside_what_the_run_took(tmp_path: Path) -> None:
    for name, minutes in (("first", 100.0), ("second", 40.0)):
        (tmp_path / name).mkdir()
        teacher = None if name == "first" else tmp_path / "first"
        record = RunRecord(tmp_path / name, STUDY, Machine(CPU), teacher)
        record.facts["minutes"] = minutes
        record._write()
    third = RunRecord(tmp_path, STUDY, Machine(CPU), tmp_path / "second").facts
    assert third["teacher_minutes"] == 140.0
    assert training_time({"run": third}) == "140 minutes (140 of them its teacher's)"
    assert training_time({"run": {"minutes": 12.4}}) == "12 minutes"
