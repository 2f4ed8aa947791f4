"""Options go before the environment, the environment before the site file, that before defaults."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiograde.service.config.load import load_settings
from radiograde.service.errors import ConfigurationError, SiteError

PACS = """
[[destination]]
name = "pacs"
type = "dicom"
aet = "PACS"
host = "pacs.example"
port = 104
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "radiograde.toml"


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    assert settings.site_file == tmp_path / "radiograde.toml"
    assert (settings.node.aet, settings.watch, settings.destination) == ("RADIOGRADE", (), ())
    assert settings.limits.max_bytes == 256 * 2**20
    assert load_settings(data_dir=tmp_path / "file" / "folder").destination == ()


def test_the_file_lies_in_the_data_directory_or_where_it_is_named(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write_text('[node]\naet = "HERE"\nmax_object_mb = 1\n')
    other = tmp_path / "other.toml"
    other.write_text('[node]\naet = "THERE"\n')
    here = load_settings(data_dir=tmp_path)
    assert (here.node.aet, here.limits.max_bytes) == ("HERE", 2**20)
    assert load_settings(data_dir=tmp_path, site=other).node.aet == "THERE"
    monkeypatch.setenv("RADIOGRADE_DATA_DIR", str(tmp_path))
    assert load_settings().node.aet == "HERE"
    monkeypatch.setenv("RADIOGRADE_SITE", str(other))
    assert load_settings().node.aet == "THERE"
    assert load_settings(site=site).node.aet == "HERE"


def test_the_nearer_choice_counts(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write_text('port = 1\nworkers = 3\n[node]\naet = "FILE"\nport = 4\nassociations = 5\n')
    monkeypatch.setenv("RADIOGRADE_PORT", "2")
    monkeypatch.setenv("RADIOGRADE_NODE__PORT", "6")
    settings = load_settings(data_dir=tmp_path, node={"aet": "OPTION"}, port=None)
    assert (settings.port, settings.workers) == (2, 3)
    assert (settings.node.aet, settings.node.port, settings.node.associations) == ("OPTION", 6, 5)
    assert load_settings(data_dir=tmp_path, port=7).port == 7


def test_another_process_gets_the_same_settings(
    tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write_text('workers = 3\nallowed_hosts = ["a.example", "b.example"]\n' + PACS)
    given = load_settings(
        data_dir=tmp_path, database_url="sqlite:///x", device="cpu", node={"port": 0}
    )
    for name, value in given.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == given
    site.write_text(PACS.replace("PACS", "OTHER") + "[node]\nport = 70000\n")
    assert load_settings() == given, "a file that has changed since is not asked again"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[node]\nport = 99999\n", r"node\.port: .*less than or equal to 65535"),
        ("[node]\ntitle = 1\n", r"node\.title: Extra inputs"),
        ("nodes = 1\n", "nodes: Extra inputs"),
        ("[[watch]]\nquiet_s = 1\n", r"watch\.0\.path: Field required"),
        (PACS.replace("port = 104", ""), r"destination\.0\.dicom\.port: Field required"),
        (PACS + PACS, "destination: .*two destinations are called pacs"),
        ("[node\n", "is no TOML"),
        ("port = 0\nport = 1\n", "is no TOML"),
        ("host = '\udcff'\n", r"is no TOML: it is not encoded in UTF-8\. Save it"),
        ("data_dir = '/srv'\n", "RADIOGRADE_DATA_DIR instead"),
        ("site = 'other.toml'\n", "RADIOGRADE_SITE instead"),
    ],
)
def test_a_faulty_file_is_named_with_the_key(site: Path, text: str, message: str) -> None:
    site.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SiteError, match=message) as caught:
        load_settings(site=site)
    assert caught.value.message.startswith(f"{site} ")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
def test_a_file_in_another_encoding_is_said_in_words(site: Path, encoding: str) -> None:
    site.write_text("[node]\nport = 104  # K\u00f6ln\n", encoding=encoding)
    with pytest.raises(SiteError, match="is no TOML: ") as caught:
        load_settings(site=site)
    assert caught.value.message.startswith(f"{site} ")
    assert "codec" not in caught.value.message


def test_a_mark_before_the_first_character_is_no_fault(site: Path) -> None:
    site.write_text("workers = 3\r\n", encoding="utf-8-sig", newline="")
    assert load_settings(site=site).workers == 3


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"cannot be read"):
        load_settings(site=tmp_path)


def test_a_variable_that_does_not_fit_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write_text("[node]\nassociations = 5\n")
    monkeypatch.setenv("RADIOGRADE_WORKERS", "hunter2")
    monkeypatch.setenv("RADIOGRADE_NODE__PORT", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(site=site)
    assert "RADIOGRADE_WORKERS: " in caught.value.message
    assert "RADIOGRADE_NODE__PORT: " in caught.value.message
    assert "hunter2" not in caught.value.message


def test_a_table_in_a_variable_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_WATCH", '[{"path": "/srv/films"}]')
    assert load_settings().watch[0].path == Path("/srv/films")
    monkeypatch.setenv("RADIOGRADE_WATCH", "hunter2")
    with pytest.raises(ConfigurationError, match="watch") as caught:
        load_settings()
    assert "hunter2" not in caught.value.message


def test_no_message_repeats_a_value(site: Path) -> None:
    site.write_text('database_url = 1\n[node]\nport = "hunter2"\n')
    with pytest.raises(SiteError) as caught:
        load_settings(site=site)
    assert "hunter2" not in caught.value.message
    assert "hunter2" not in str(caught.value.__cause__)


def test_variables_of_other_programs_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("RADIOGRADE_NODE_PORT", "tcp://10.0.0.1:104")
    assert load_settings().node.port == 11112


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("RADIOGRADE_KEEP_DAY", "RADIOGRADE_KEEP_DAYS"),
        ("RADIOGRADE_DATABASE", "RADIOGRADE_DATABASE_URL"),
        ("RADIOGRADE_NODE_PORT", "RADIOGRADE_NODE__PORT"),
        ("RADIOGRADE_DELIVERY_REJECTED", "RADIOGRADE_DELIVERY__REJECTED"),
        ("radiograde_keep_dayz", "RADIOGRADE_KEEP_DAYS"),
        ("RADIOGRADE_XYZZY", None),
    ],
)
def test_a_misspelt_variable_is_named_with_the_nearest(
    variable: str, meant: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    question = f". Did you mean {meant}?" if meant else "."
    assert caught.value.message == f"{variable} is no setting{question}"


def test_a_variable_that_the_site_file_names_is_known(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADIOGRADE_ARCHIVE_PASSWORD", "hunter2")
    site.write_text(
        '[[destination]]\nname = "archive"\ntype = "dicomweb"\nurl = "https://archive.example"\n'
        'user = "radiograde"\npassword_env = "RADIOGRADE_ARCHIVE_PASSWORD"\n'
    )
    load_settings(site=site)
    with pytest.raises(ConfigurationError, match="RADIOGRADE_ARCHIVE_PASSWORD is no setting"):
        load_settings()


@pytest.mark.parametrize(
    "table",
    [
        "[observe]",
        "[constancy]",
        '[audit.fhir]\nurl = "https://audit.example"',
        PACS + '[[ups]]\nname = "list"\nurl = "https://list.example"\npacs = "pacs"\n'
        'procedures = ["CHEST"]',
    ],
)
def test_every_table_may_name_a_variable(
    site: Path, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADIOGRADE_OWN_TOKEN", "hunter2")
    site.write_text(f'{table}\ntoken_env = "RADIOGRADE_OWN_TOKEN"\n')
    load_settings(site=site)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("keep_day = 3\n", "Did you mean keep_days?"),
        ("[node]\nstore_form = []\n", "Did you mean store_from?"),
        ('[node.tls]\ncertficate = "x"\n', "Did you mean certificate?"),
        (PACS + 'calling_aat = "X"\n', "Did you mean calling_aet?"),
        ('[node]\nstore_from = "hunter2"\n', "node.store_from: write a list, such as store_from"),
        (PACS + 'send = "hunter2"\n', 'write a list, such as send = ["..."]'),
        ('watch = {path = "hunter2"}\n', "write a table for each, under [[watch]]"),
        ('[node.peers]\naet = "X"\n', "write a table for each, under [[node.peers]]"),
    ],
)
def test_a_faulty_file_says_what_to_write(site: Path, text: str, message: str) -> None:
    site.write_text(text)
    with pytest.raises(SiteError) as caught:
        load_settings(site=site)
    assert message in caught.value.message
    assert "hunter2" not in caught.value.message


def test_a_list_in_a_variable_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADIOGRADE_NODE__AET", "PLAIN")
    monkeypatch.setenv("RADIOGRADE_NODE__STORE_FROM", '["XRAY1"]')
    assert load_settings().node.store_from == ("XRAY1",)
    monkeypatch.setenv("RADIOGRADE_NODE__STORE_FROM", "XRAY1")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert caught.value.message.startswith("RADIOGRADE_NODE__STORE_FROM (node): write JSON")
