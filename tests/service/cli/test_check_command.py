from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from radiograde.command import main
from radiograde.service.config.site import NodeConfig
from radiograde.service.dimse.node import start_node
from tests.orthanc import free_port
from tests.service.certificates import Certificates
from tests.service.dimse.fakes import FakeIntake, FakeKeptInstances

SHARE = '[[destination]]\nname = "share"\ntype = "folder"\npath = "{}"\n'


def check(data: Path, *more: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["check", "--data-dir", str(data), *more])
    return done.exit_code, done.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_all_is_well(data: Path, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    (data / "radiograde.toml").write_text(f"node.port = {free_port()}\n{SHARE.format(share)}")
    code, shown = check(data)
    assert code == 0, shown
    assert "share" in shown
    assert f"Data directory: {data}" in shown
    assert [path.name for path in data.iterdir()] == ["radiograde.toml"]
    assert list(share.iterdir()) == []


def test_what_does_not_work_is_said_with_advice(data: Path, tmp_path: Path) -> None:
    (data / "radiograde.toml").write_text(SHARE.format(tmp_path / "missing"))
    code, shown = check(data, "share", "--json")
    assert code == 1
    found = json.loads(shown)["share"]
    assert any(one["level"] == "fail" and one["advice"] for one in found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[destination]", "is no TOML"),
        ("[node]\nport = 99999\n", "node.port"),
        ("[node]\ncolour = 1\n", "node.colour"),
        (SHARE.format("a") + SHARE.format("b"), "two destinations"),
        (SHARE.format("a") + '[priors]\npacs = ["share"]\n', "is called share"),
        ("[priors]\ndayz = 3\n", "Did you mean days?"),
    ],
)
def test_a_site_file_that_cannot_be_used_is_said(data: Path, text: str, reason: str) -> None:
    (data / "radiograde.toml").write_text(text)
    code, shown = check(data)
    assert code == 1
    assert reason in shown


def test_a_destination_that_is_not_there_is_said(data: Path) -> None:
    code, shown = check(data, "nowhere")
    assert code == 1
    assert "no destination nowhere" in shown


def test_a_pacs_that_priors_come_from_is_tried(data: Path) -> None:
    (data / "radiograde.toml").write_text(
        '[[destination]]\nname = "pacs"\ntype = "dicom"\naet = "PACS"\nhost = "127.0.0.1"\n'
        f'port = {free_port()}\n[priors]\npacs = ["pacs"]\n'
    )
    code, shown = check(data, "pacs", "--json")
    assert code == 1
    (found,) = json.loads(shown)["priors from pacs"]
    assert (found["level"], "accepts no connection" in found["advice"]) == ("fail", True)


def findings(data: Path, *more: str) -> dict[str, tuple[str, str]]:
    """Return level and advice of what was found of this installation."""
    with capture_logs():
        found = json.loads(check(data, "--json", *more)[1])["this installation"]
    return {one["what"]: (one["level"], one["advice"]) for one in found}


def of(found: dict[str, tuple[str, str]], words: str) -> tuple[str, str]:
    """Return level and advice of the finding that has these words."""
    (one,) = [verdict for what, verdict in found.items() if words in what]
    return one


@pytest.mark.parametrize("secured", [False, True])
def test_the_own_node_is_tried(data: Path, tmp_path: Path, secured: bool) -> None:
    table = {"port": free_port(), "store_from": ["XRAY1"]}
    lines = f"[node]\nport = {table['port']}\nstore_from = ['XRAY1']\n"
    if secured:
        certificates = Certificates(tmp_path)
        certificate, key = certificates.of("node")
        table["tls"] = {"certificate": certificate, "key": key, "ca": certificates.ca}
        lines += f"tls = {{certificate='{certificate}', key='{key}', ca='{certificates.ca}'}}\n"
    (data / "radiograde.toml").write_text(lines)
    level, advice = of(findings(data), "No DICOM node runs")
    assert (level, "radiograde listen" in advice) == ("warn", True)
    config = NodeConfig.model_validate(table)
    with start_node(config, FakeIntake(), FakeKeptInstances()):
        assert of(findings(data), "The DICOM node RADIOGRADE answers") == ("ok", "")
    other = config.model_copy(update={"aet": "OTHER"})
    with start_node(other, FakeIntake(), FakeKeptInstances()):
        level, advice = of(findings(data), "The DICOM node RADIOGRADE answers")
        assert (level, "rejects" in advice) == ("fail", True)


def test_who_is_silent_is_not_waited_for(data: Path) -> None:
    """Nodes and servers that accept a connection and say nothing, and the own node with them."""
    with ExitStack() as stack:
        ports = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            for _ in range(4)
        ]
        (data / "radiograde.toml").write_text(
            f"[node]\nport = {ports[0]}\n"
            + "".join(
                f'[[destination]]\nname = "pacs{port}"\ntype = "dicom"\naet = "PACS"\n'
                f'host = "127.0.0.1"\nport = {port}\n'
                for port in ports[1:3]
            )
            + '[[destination]]\nname = "web"\ntype = "dicomweb"\n'
            f'url = "http://127.0.0.1:{ports[3]}/dicom-web"\n'
        )
        findings(data)  # what is imported at the first time
        began = time.monotonic()
        code, shown = check(data)
        took_s = time.monotonic() - began
    assert code == 1
    assert "1.5 s" in shown
    assert took_s < 4 * 1.5, "one after the other it would take that"


def test_a_folder_open_to_others_is_said_with_the_remedy(data: Path) -> None:
    data.chmod(0o755)
    level, advice = of(findings(data), "is open to other users")
    assert level == "warn"
    assert f"chmod -R go= '{data}'" in advice
    data.chmod(0o700)
    assert of(findings(data), "is closed to other users") == ("ok", "")


def test_a_link_in_a_watched_folder_is_said(data: Path, tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    watched.mkdir()
    (watched / "done").symlink_to(tmp_path)
    (data / "radiograde.toml").write_text(f'[[watch]]\npath = "{watched}"\n')
    level, advice = of(findings(data), f"{watched / 'done'} is a link")
    assert (level, "Remove it" in advice) == ("fail", True)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, shown = check(tmp_path / "file" / "data")
    assert code == 1
    assert "--data-dir" in shown


def test_the_settings_in_force_and_where_they_come_from(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADIOGRADE_DATABASE_URL", "postgresql+psycopg://u:hunter2@host/name")
    monkeypatch.setenv("RADIOGRADE_NODE__PORT", "104")
    monkeypatch.setenv("RADIOGRADE_WATCH", '[{"path": "/srv/films"}]')
    (data / "radiograde.toml").write_text(
        'keep_days = 7\n[node]\nport = 105\nstore_from = ["XRAY1", "XRAY2"]\n'
        '[[watch]]\npath = "/other"\nquiet_s = 9\n'
        '[[destination]]\nname = "web"\ntype = "fhir"\nurl = "https://fhir.example"\n'
        'token_env = "TOKEN"\n'
    )
    code, shown = check(data, "--config", "--json")
    assert code == 0
    assert "hunter2" not in shown
    found = {name: (one["value"], one["source"]) for name, one in json.loads(shown).items()}
    assert found["data_dir"] == (str(data), "option")
    assert found["database_url"] == ("**********", "environment")
    assert found["keep_days"] == ("7", "site file")
    assert found["workers"] == ("2", "default")
    assert found["node.port"] == ("104", "environment")
    assert found["node.store_from"] == ("XRAY1, XRAY2", "site file")
    assert found["node.aet"] == ("RADIOGRADE", "default")
    assert found["watch[0].path"] == ("/srv/films", "environment")
    assert found["watch[0].quiet_s"] == ("2.0", "default")
    assert found["destination[0].token_env"] == ("TOKEN", "site file")
    assert found["destination[0].timeout_s"] == ("30.0", "default")

    code, shown = check(data, "--config")
    assert code == 0
    assert "hunter2" not in shown
    assert f"Site file: {data / 'radiograde.toml'}." in shown
    assert list(data.iterdir()) == [data / "radiograde.toml"]


def test_a_misspelt_variable_stops_every_command(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADIOGRADE_KEEP_DAY", "7")
    for line in (["check"], ["serve"], ["listen"], ["work"], ["users", "list"], ["jobs"], ["info"]):
        done = CliRunner().invoke(main, [*line, "--data-dir", str(data)])
        assert done.exit_code == 2
        assert "Did you mean RADIOGRADE_KEEP_DAYS?" in done.stderr


def test_a_destination_that_no_rule_names_is_warned_of(data: Path, tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    site = f"node.port = {free_port()}\n{SHARE.format(share)}"
    other = SHARE.format(share).replace('"share"', '"other"')
    (data / "radiograde.toml").write_text(f'{site}{other}[[rules]]\nto = ["other"]\n')
    code, shown = check(data)
    assert code == 0, shown
    assert "No rule sends to share" in shown
    assert "No rule sends to other" not in shown
    (data / "radiograde.toml").write_text(f'{site}[[rules]]\nto = ["shore"]\n')
    code, shown = check(data)
    assert code == 1
    assert "Did you mean share?" in shown
