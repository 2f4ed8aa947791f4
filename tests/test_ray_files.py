"""Files by which a Ray cluster is started: valid, with little leave, and they report to nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import ray
import yaml

from radiograde import __version__
from tests.helm import CHARTS, faults_of

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "ray"
SCHEMA = Path(ray.__file__).parent / "autoscaler" / "ray-schema.json"
SILENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9"}


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return found


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    cluster = read("job.yaml")["spec"]["rayClusterSpec"]
    yield "head", cluster["headGroupSpec"]["template"]
    for group in cluster["workerGroupSpecs"]:
        yield group["groupName"], group["template"]


def test_the_cluster_fits_the_schema_of_ray() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    cluster = read("cluster.yaml")
    assert [error.message for error in validator.iter_errors(cluster)] == []
    assert list(validator.iter_errors(cluster | {"min_wokers": 2}))


@pytest.mark.parametrize("commands", ["head_start_ray_commands", "worker_start_ray_commands"])
def test_every_computer_asks_for_a_token_and_reports_to_nobody(commands: str) -> None:
    (start,) = (line for line in read("cluster.yaml")[commands] if "ray start" in line)
    assert "RAY_AUTH_MODE=token" in start
    for name, value in SILENT.items():
        assert f"{name}={value}" in start


@pytest.mark.skipif(not CHARTS.exists(), reason="make test has not put the schemas here")
@pytest.mark.parametrize(("name", "template"), list(pods()))
def test_every_pod_fits_the_schema_of_kubernetes(name: str, template: dict[str, Any]) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, **template}
    assert faults_of(pod) == []


@pytest.mark.parametrize(("name", "template"), list(pods()))
def test_no_pod_is_root_writes_or_has_privileges(name: str, template: dict[str, Any]) -> None:
    pod = template["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert all("emptyDir" in volume for volume in pod["volumes"])
    # The head's autoscaler asks Kubernetes for more workers.
    assert pod["automountServiceAccountToken"] is (name == "head")
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert SILENT.items() <= environment.items()
    assert not any(word in one for one in environment for word in ("KEY", "TOKEN", "SECRET"))


def test_the_job_is_of_the_versions_that_were_tested() -> None:
    cluster = read("job.yaml")["spec"]["rayClusterSpec"]
    assert cluster["rayVersion"] == version("ray")
    assert cluster["authOptions"] == {"mode": "token"}
    for _, template in pods():
        (container,) = template["spec"]["containers"]
        assert container["image"] == f"radiograde:{__version__}-fleet"
    image = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    assert f"'ray[data,default]=={version('ray')}'" in image
    for name, value in SILENT.items():
        assert f"{name}={value}" in image
