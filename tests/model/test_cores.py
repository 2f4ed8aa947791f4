import os
from pathlib import Path

import pytest

from radiograde.model.cores import available_cores, processor_name


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    return tmp_path / "cgroup"


def cores_in(groups: Path, membership: str, **files: str) -> int:
    for path, content in files.items():
        (groups / path).parent.mkdir(parents=True, exist_ok=True)
        (groups / path).write_text(content)
    own = groups.with_name("membership")
    own.write_text(membership)
    return available_cores(groups, own)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", 16), ("400000 100000", 4), ("150000 100000", 2), ("20000 100000", 1), ("", 16)],
)
def test_a_quota_of_version_2_counts(groups: Path, quota: str, cores: int) -> None:
    assert cores_in(groups, "0::/\n", **{"cpu.max": quota}) == cores


def test_a_group_above_may_allow_less(groups: Path) -> None:
    files = {"pod/cpu.max": "300000 100000\n", "pod/film/cpu.max": "800000 100000\n"}
    assert cores_in(groups, "0::/pod/film\n", **files) == 3


def test_a_quota_of_version_1_counts(groups: Path) -> None:
    files = {"cpu,cpuacct/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/cpu.cfs_period_us": "100000"}
    assert cores_in(groups, "4:memory:/\n2:cpu,cpuacct:/\n", **files) == 3
    files["cpu,cpuacct/cpu.cfs_quota_us"] = "-1\n"
    assert cores_in(groups, "2:cpu,cpuacct:/\n", **files) == 16


def test_what_the_process_is_bound_to_counts(groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert cores_in(groups, "0::/\n", **{"cpu.max": "400000 100000"}) == 1


def test_without_control_groups_all_cores_that_it_is_bound_to_count(groups: Path) -> None:
    assert available_cores(groups, groups / "none") == 16


def test_the_processor_has_a_name_with_and_without_a_description(tmp_path: Path) -> None:
    described = tmp_path / "cpuinfo"
    described.write_text("processor\t: 0\nmodel name\t: Made Of Sand 7\n")
    assert processor_name(described) == "Made Of Sand 7"
    assert processor_name(tmp_path / "none")
