"""``radiograde check`` tries channels of notifications too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiograde.command import main
from tests.service.notifications.receivers import SECRET, running_hook, running_mail_server


def check(data: Path, *names: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["check", "--data-dir", str(data), *names, "--json"])
    return done.exit_code, done.output


def test_channels_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_HOOK_SECRET", SECRET)
    with running_hook() as hook, running_mail_server() as server:
        (tmp_path / "radiograde.toml").write_text(
            '[[notify]]\nname = "pager"\ntype = "webhook"\nsecret_env = "RADIOGRADE_HOOK_SECRET"\n'
            f'url = "{hook.url}"\n'
            '[[notify]]\nname = "mail"\ntype = "mail"\nhost = "localhost"\nencryption = "none"\n'
            f'port = {server.port}\nsender = "a@b.example"\nto = ["c@d.example"]\n'
        )
        code, shown = check(tmp_path, "pager", "mail")
        assert code == 0, shown
        found = json.loads(shown)
        assert [one["level"] for one in found["pager"]] == ["ok"] * 3
        assert [one["level"] for one in found["mail"]] == ["ok", "warn", "ok"]
        assert [event["type"] for _, event in hook.got] == ["radiograde.test"]
        assert server.got == []
    code, shown = check(tmp_path, "pager", "mail")
    assert code == 1
    assert [one["level"] for one in json.loads(shown)["mail"]][-1] == "fail"
    assert "It has pager, mail" in check(tmp_path, "pagr")[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('type = "mial"', "Did you mean mail?"),
        ('type = "webhook"\nurl = "http://x"', "secret_env or by secret_file"),
        ('type = "mail"\nhost = "h"\nsender = "a@b"\nto = ["c"]', "to.0"),
        ('type = "mail"\nhost = "h"\nsender = "a@b"\nto = ["c@d"]\nuser = "u"', "goes together"),
        ('type = "mail"\nhst = "h"', "Did you mean host?"),
        ('type = "webhook"\nevents = ["sever"]', "Did you mean severe?"),
    ],
)
def test_what_is_misspelt_is_said(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "radiograde.toml").write_text(f'[[notify]]\nname = "one"\n{text}\n')
    code, shown = check(tmp_path)
    assert code == 1
    assert message in shown
