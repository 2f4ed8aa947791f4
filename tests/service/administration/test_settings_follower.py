"""A running process goes by its site file as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from radiograde.service.administration.settings_follower import SettingsFollower
from radiograde.service.config.load import load_settings

PACS = '[[destination]]\nname = "pacs"\ntype = "dicom"\naet = "P"\nhost = "h"\nport = 104\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "radiograde.toml"
    path.write_text("keep_days = 30\n")
    return path


def follower(site: Path, **chosen: object) -> SettingsFollower:
    return SettingsFollower(load_settings(data_dir=site.parent, **chosen))


def test_a_change_is_seen_once(site: Path) -> None:
    one = follower(site)
    assert one.changed() is None
    site.write_text("keep_days = 60\n" + PACS)
    changed = one.changed()
    assert changed is not None
    assert (changed.keep_days, changed.destination[0].name) == (60, "pacs")
    assert one.changed() is None
    site.unlink()
    gone = one.changed()
    assert gone is not None
    assert gone.destination == ()


def test_options_go_before_the_file(site: Path) -> None:
    one = follower(site, identifiers="full", keep_days=None)
    site.write_text('keep_days = 60\nidentifiers = "id"\n')
    changed = one.changed()
    assert changed is not None
    assert (changed.identifiers, changed.keep_days) == ("full", 60)


@pytest.mark.parametrize(
    "text", ["keep_days = ", "keep_days = 0", '[[notify]]\nname = "a"\n', PACS * 2]
)
def test_a_file_that_cannot_be_used_changes_nothing(site: Path, text: str) -> None:
    one = follower(site)
    site.write_text(text)
    with capture_logs() as lines:
        assert one.changed() is None
        assert one.changed() is None
    assert [line["event"] for line in lines] == ["site_file_unusable"]
    site.write_text("keep_days = 61\n")
    changed = one.changed()
    assert changed is not None
    assert changed.keep_days == 61


def test_a_secret_that_is_not_there_changes_nothing(site: Path) -> None:
    one = follower(site)
    site.write_text(
        '[[destination]]\nname = "a"\ntype = "dicomweb"\nurl = "http://a/b"\ntoken_env = "NONE"\n'
    )
    with capture_logs() as lines:
        assert one.changed() is None
    assert "NONE" in lines[0]["reason"]


def test_what_takes_a_restart_stays_and_is_named(site: Path) -> None:
    one = follower(site)
    site.write_text("keep_days = 60\nworkers = 7\n")
    with capture_logs() as lines:
        changed = one.changed()
    assert changed is not None
    assert changed.workers == 2
    assert {"event": "restart_needed", "log_level": "warning", "settings": ["workers"]} in lines
