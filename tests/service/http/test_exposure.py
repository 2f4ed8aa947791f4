"""Beyond this computer the service starts with an administrator and TLS, or by explicit leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import structlog

from radiograde.service.auth.access import open_access
from radiograde.service.auth.principal import Role
from radiograde.service.config.settings import Settings
from radiograde.service.errors import CertificateError, UnsafeHostError
from radiograde.service.http.server import check_exposure
from tests.service.accounts import QUICK
from tests.service.certificates import Certificates

BEYOND = "0.0.0.0"  # noqa: S104
USERS = "radiograde users add NAME --role administrator --data-dir"
OWN_TLS = "RADIOGRADE_TLS_CERTIFICATE and RADIOGRADE_TLS_KEY"
PROXY = "RADIOGRADE_BEHIND_PROXY=true"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def settings(folder: Path, *, user: Role | None = None, **chosen: Any) -> Settings:
    """Return settings of an installation that has one user, or none."""
    made = Settings(data_dir=folder, **({"host": BEYOND} | chosen))
    if user is not None:
        with open_access(made) as access:
            access.users.add("kim", user, QUICK.hash("whatever it is"))
    return made


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_computer_alone_needs_nothing(tmp_path: Path, host: str) -> None:
    check_exposure(settings(tmp_path / "data", host=host))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", [BEYOND, "::", "192.168.1.5", "films.example", ""])
def test_nothing_is_not_enough(tmp_path: Path, host: str) -> None:
    with pytest.raises(UnsafeHostError) as caught:
        check_exposure(settings(tmp_path, host=host))
    for advice in (f"{USERS} {tmp_path}`", OWN_TLS, PROXY, "--allow-insecure", "127.0.0.1"):
        assert advice in caught.value.message


@pytest.mark.parametrize("user", ["reader", "engineer"])
def test_a_user_who_may_not_everything_is_not_enough(tmp_path: Path, user: Role) -> None:
    with pytest.raises(UnsafeHostError) as caught:
        check_exposure(settings(tmp_path, user=user, behind_proxy=True))
    assert USERS in caught.value.message
    assert OWN_TLS not in caught.value.message


def test_an_administrator_without_tls_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(UnsafeHostError) as caught:
        check_exposure(settings(tmp_path, user="administrator"))
    assert OWN_TLS in caught.value.message
    assert PROXY in caught.value.message
    assert USERS not in caught.value.message


def test_an_administrator_behind_a_proxy_is_enough(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logged:
        check_exposure(settings(tmp_path, user="administrator", behind_proxy=True))
    assert logged == []


def test_an_administrator_with_a_certificate_is_enough(
    tmp_path: Path, certificates: Certificates
) -> None:
    certificate, key = certificates.of("server")
    check_exposure(
        settings(tmp_path, user="administrator", tls_certificate=certificate, tls_key=key)
    )


@pytest.mark.parametrize("user", [None, "administrator"])
def test_leave_is_enough_and_leaves_a_warning(tmp_path: Path, user: Role | None) -> None:
    with structlog.testing.capture_logs() as logged:
        check_exposure(settings(tmp_path, user=user, allow_insecure=True))
    (line,) = logged
    assert (line["event"], line["log_level"]) == ("insecure", "warning")
    assert line["administrator"] is (user is not None)


def test_leave_that_is_not_needed_leaves_no_warning(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logged:
        check_exposure(
            settings(tmp_path, user="administrator", behind_proxy=True, allow_insecure=True)
        )
        check_exposure(settings(tmp_path, host="127.0.0.1", allow_insecure=True))
    assert logged == []


@pytest.mark.parametrize("host", ["127.0.0.1", BEYOND])
@pytest.mark.parametrize("fault", ["no key", "no certificate", "absent", "no PEM", "not a pair"])
def test_a_certificate_that_cannot_be_used_is_said(
    tmp_path: Path, certificates: Certificates, host: str, fault: str
) -> None:
    certificate, key = certificates.of("server")
    (tmp_path / "junk").write_text("junk")
    pairs: dict[str, tuple[Path | None, Path | None]] = {
        "no key": (certificate, None),
        "no certificate": (None, key),
        "absent": (tmp_path / "absent.pem", key),
        "no PEM": (tmp_path / "junk", key),
        "not a pair": (certificate, certificates.of("client")[1]),
    }
    chosen: dict[str, Any] = dict(zip(("tls_certificate", "tls_key"), pairs[fault], strict=True))
    with pytest.raises(CertificateError, match="RADIOGRADE_TLS_KEY"):
        check_exposure(settings(tmp_path, host=host, allow_insecure=True, **chosen))
