from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from radiograde.service.auth.access import open_access
from radiograde.service.config.loopback import LOOPBACK_NAMES
from radiograde.service.config.settings import Settings, default_data_dir
from radiograde.service.config.site import NodeConfig
from radiograde.service.dimse.association_rules import check_exposure as check_node_exposure
from radiograde.service.errors import UnsafeHostError
from radiograde.service.http.server import check_exposure


def test_the_environment_sets_what_the_defaults_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_PORT", "9001")
    monkeypatch.setenv("RADIOGRADE_DATA_DIR", "elsewhere")
    monkeypatch.setenv("RADIOGRADE_ALLOWED_HOSTS", "A.example, b.example")
    settings = Settings()
    assert settings.port == 9001
    assert settings.store_url == "sqlite:///elsewhere/radiograde.sqlite"
    assert settings.allowed_hosts == ("a.example", "b.example")


def test_a_health_check_on_the_machine_itself_is_always_answered() -> None:
    open_to_all = Settings(host="0.0.0.0")  # noqa: S104
    named = Settings(host="0.0.0.0", allowed_hosts=("films.example",))  # noqa: S104
    assert open_to_all.host_names is None
    assert named.host_names is not None
    assert {"films.example", "127.0.0.1"} <= named.host_names


@pytest.fixture
def image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Return the settings of a container; its data directory is a folder here."""
    recipe = (Path(__file__).parents[3] / "Dockerfile").read_text(encoding="utf-8")
    for name, value in re.findall(r"(RADIOGRADE_[A-Z_]+)=(\S+)", recipe):
        monkeypatch.setenv(name, value)
    return Settings(data_dir=tmp_path)


def test_a_container_answers_to_this_computer_until_a_name_is_given(image: Settings) -> None:
    assert image.host_names == frozenset({*LOOPBACK_NAMES, image.host})


def test_a_container_starts_with_an_administrator_and_tls_alone(
    image: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnsafeHostError, match="users add"):
        check_exposure(image)
    with open_access(image) as access:
        access.users.add("kim", "administrator", "hash")
    with pytest.raises(UnsafeHostError, match="RADIOGRADE_BEHIND_PROXY"):
        check_exposure(image)
    monkeypatch.setenv("RADIOGRADE_BEHIND_PROXY", "true")
    check_exposure(Settings(data_dir=image.data_dir))


def test_a_containers_node_wants_to_know_whom_to_take_films_from(image: Settings) -> None:
    node = NodeConfig(host="0.0.0.0")  # noqa: S104
    with pytest.raises(UnsafeHostError, match="store_from"):
        check_node_exposure(node, allow_insecure=image.allow_insecure)
    titles = node.model_copy(update={"store_from": ["ROUTER"]})
    check_node_exposure(titles, allow_insecure=image.allow_insecure)


def test_what_is_given_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_PORT", "9001")
    assert Settings(port=9002).port == 9002


def test_a_password_is_not_shown() -> None:
    settings = Settings.model_validate({"database_url": "postgresql://user:hunter2@host/name"})
    assert "hunter2" not in repr(settings)
    assert "hunter2" in settings.store_url


@pytest.mark.parametrize("bad", [{"port": -1}, {"device": "abacus"}, {"workers": 0}])
def test_impossible_settings_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(bad)


def test_data_goes_where_the_platform_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / "radiograde"
    assert not default_data_dir().exists()
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / ".local" / "share" / "radiograde"
