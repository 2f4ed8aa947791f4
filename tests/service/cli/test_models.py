"""``radiograde models``: from a file to production and back, alone and with users."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.service.auth.access import open_access
from radiograde.service.auth.credentials import Passwords
from radiograde.service.config.settings import Settings
from radiograde.service.http.runtime import open_runtime
from tests.service.accounts import PASSWORD, QUICK
from tests.service.programme.site_models import acceptance


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "acceptance.json"
    path.write_bytes(acceptance(Scorer(threads=1).facts.sha256))
    return path


def models(data: Path, *words: str, by: str | None = None) -> Result:
    named = [] if by is None else ["--by", by, "--password-stdin"]
    command = ["models", words[0], *words[1:], *named, "--data-dir", str(data)]
    return CliRunner().invoke(main, command, input=f"{PASSWORD}\n")


def test_a_file_goes_into_production_and_a_service_uses_it(data: Path, record: Path) -> None:
    sha256 = Scorer(threads=1).facts.sha256
    assert "No model of this site" in models(data, "list").output
    added = models(data, "add", str(BUNDLED))
    assert added.exit_code == 0, added.output
    early = models(data, "promote", sha256[:8])
    assert early.exit_code == 1
    assert "no acceptance is recorded" in early.output
    assert models(data, "record", str(record)).exit_code == 0
    promoted = models(data, "promote", sha256[:8])
    assert promoted.exit_code == 0, promoted.output
    listed = models(data, "list").output
    assert all(word in listed for word in (sha256[:12], "production", "tested: accepted"))
    with closing(open_runtime(Settings(data_dir=data))) as runtime:
        assert runtime.following is not None
        assert runtime.scorer.facts.sha256 == sha256
    assert "model of the settings grades again" in models(data, "rollback").output
    assert models(data, "retire", sha256[:8]).exit_code == 0


def test_where_there_are_users_two_of_them_release_a_model(
    data: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radiograde.service.auth.credentials.Passwords", lambda: Passwords(QUICK))
    with open_access(Settings(data_dir=data), upgrade=True) as access:
        for name, role in (("kim", "engineer"), ("lee", "administrator"), ("ann", "reader")):
            access.users.add(name, role, QUICK.hash(PASSWORD))  # type: ignore[arg-type]
    assert models(data, "add", str(BUNDLED), by="kim").exit_code == 0
    assert models(data, "record", str(record), by="kim").exit_code == 0
    sha256 = Scorer(threads=1).facts.sha256
    for who, message in (
        ("ann", "Engineers and administrators"),
        ("kim", "Somebody else"),
        ("nobody", "Name or password is wrong"),
    ):
        refused = models(data, "promote", sha256[:8], by=who)
        assert refused.exit_code == 1
        assert message in refused.output
    assert models(data, "promote", sha256[:8], by="lee").exit_code == 0
