"""The site file as administrators change it: what fits is written, whole, and nothing else."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from radiograde.service.administration.site_editor import SiteEditor
from radiograde.service.administration.site_errors import (
    SiteChangeError,
    SiteFileLockedError,
    SiteFileMovedOnError,
)
from radiograde.service.config.load import load_settings
from radiograde.service.config.names import SECRET_PREFIX

SITE = """\
keep_days = 30  # by the works council

[[destination]]
name = "archive"
type = "dicomweb"
url = "https://archive.example/dicom-web"
token_env = "ARCHIVE_TOKEN"  # kept by the vault
"""
PACS = {"name": "pacs", "type": "dicom", "aet": "PACS", "host": "h", "port": 104}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHIVE_TOKEN", "t")
    path = tmp_path / "radiograde.toml"
    path.write_text(SITE)
    return path


def editor(site: Path, **chosen: Any) -> SiteEditor:
    return SiteEditor(load_settings(data_dir=site.parent, **chosen))


def change(site: Path, **wanted: Any) -> list[str]:
    one = editor(site)
    return one.change(one.read().version, wanted)


def archive(site: Path, **changed: Any) -> dict[str, Any]:
    (table,) = editor(site).read().tables["destination"]
    return {**table, **changed}


def test_a_change_is_written_and_comments_stay(site: Path) -> None:
    site.chmod(0o640)
    assert change(site, keep_days=60, destination=[archive(site), PACS]) == [
        "destination",
        "keep_days",
    ]
    text = site.read_text()
    assert "keep_days = 60  # by the works council" in text
    assert "# kept by the vault" in text
    assert [one.name for one in load_settings(data_dir=site.parent).destination] == [
        "archive",
        "pacs",
    ]
    assert stat.S_IMODE(site.stat().st_mode) == 0o640
    assert list(site.parent.iterdir()) == [site], "no draft is left"


def test_what_stays_the_same_is_no_change(site: Path) -> None:
    before = site.stat().st_mtime_ns
    assert change(site, keep_days=30) == []
    assert site.stat().st_mtime_ns == before


def test_a_file_that_moved_on_is_not_overwritten(site: Path) -> None:
    one = editor(site)
    version = one.read().version
    site.write_text(SITE.replace("30", "45"))
    with pytest.raises(SiteFileMovedOnError):
        one.change(version, {"keep_days": 60})
    assert "45" in site.read_text()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"keep_days": 0}, r"radiograde\.toml cannot be used: keep_days: .*greater than 0"),
        ({"rules": [{"to": ["nowhere"]}]}, "rule 1 sends to nowhere"),
        ({"destination": [PACS, PACS]}, "two destinations are called pacs"),
        ({"destination": [{**PACS, "prot": 1}]}, "prot"),
        ({"port": 1}, "port: change the file itself"),
        ({"destination": [{**PACS, "type": "folder", "path": "/etc"}]}, "path names something"),
        ({"destination": [{**PACS, "tls": {"key": "/etc/shadow"}}]}, "key names something"),
        ({"destination": [{**PACS, "tls": {"ca": "/etc/passwd"}}]}, "ca names something"),
    ],
)
def test_what_does_not_fit_is_refused(site: Path, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(SiteChangeError, match=message):
        change(site, **wanted)
    assert site.read_text() == SITE
    assert list(site.parent.iterdir()) == [site]


def test_no_secret_of_this_computer_goes_elsewhere(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADIOGRADE_DATABASE_URL", "sqlite:///x")
    with pytest.raises(SiteChangeError, match="token_env names something"):
        change(site, destination=[archive(site, **{"token_env": "RADIOGRADE_DATABASE_URL"})])
    variable = f"{SECRET_PREFIX}ARCHIVE"
    with pytest.raises(SiteChangeError, match=variable):
        change(site, destination=[archive(site, token_env=variable)])
    monkeypatch.setenv(variable, "t")
    assert change(site, destination=[archive(site, token_env=variable)]) == ["destination"]


def test_what_the_environment_says_is_not_changed_in_the_file(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADIOGRADE_KEEP_DAYS", "7")
    assert editor(site, identifiers="id").read().elsewhere == {
        "keep_days": "environment",
        "identifiers": "option",
    }
    with pytest.raises(SiteChangeError, match=r"keep_days \(environment\)"):
        change(site, keep_days=60)


def test_a_folder_that_cannot_be_written_is_said(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("radiograde.service.administration.site_editor.write_atomically", full)
    with pytest.raises(SiteFileLockedError, match="Permission denied"):
        change(site, keep_days=60)


def test_there_may_be_no_file_yet(tmp_path: Path) -> None:
    site = tmp_path / "radiograde.toml"
    assert editor(site).read().tables == {}
    assert change(site, destination=[PACS]) == ["destination"]
    assert load_settings(data_dir=tmp_path).destination[0].name == "pacs"


def test_a_link_stays_one(site: Path, tmp_path: Path) -> None:
    (real := tmp_path / "etc").mkdir()
    site.rename(real / "site.toml")
    site.symlink_to(real / "site.toml")
    assert change(site, keep_days=60) == ["keep_days"]
    assert site.is_symlink()
    assert "keep_days = 60" in (real / "site.toml").read_text()
