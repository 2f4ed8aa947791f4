from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.errors import AddressError, UnsafeHostError
from service.server import base_url, check_exposure, listen
from service.settings import LOOPBACK_NAMES, Settings, default_data_dir


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


def test_a_container_answers_to_this_computer_until_a_name_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = (Path(__file__).parents[2] / "Dockerfile").read_text(encoding="utf-8")
    for name, value in re.findall(r"(RADIOGRADE_[A-Z_]+)=(\S+)", image):
        monkeypatch.setenv(name, value)
    settings = Settings()
    check_exposure(settings)
    assert settings.host_names == frozenset({*LOOPBACK_NAMES, settings.host})


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


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_computer_alone_needs_no_leave(host: str) -> None:
    check_exposure(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "films.example", ""])  # noqa: S104
def test_the_network_needs_leave(host: str) -> None:
    with pytest.raises(UnsafeHostError, match="--allow-insecure"):
        check_exposure(Settings(host=host))
    check_exposure(Settings(host=host, allow_insecure=True))


def test_a_taken_port_is_said() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert base_url(taken) == f"http://127.0.0.1:{port}"
        with pytest.raises(AddressError, match=f"port {port}.*--port"):
            listen("127.0.0.1", port)


def test_a_foreign_address_is_said() -> None:
    with pytest.raises(AddressError, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)
