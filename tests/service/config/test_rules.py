"""Routing rules of the site file: what is misspelt is an error that names what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from radiograde.model.reading.view_position import View
from radiograde.service.config.load import load_settings
from radiograde.service.config.rules import FilmView, SeverityBand
from radiograde.service.config.settings import Settings
from radiograde.service.errors import SiteError
from radiograde.service.result_schema import Severity

DESTINATIONS = """
[[destination]]
name = "pacs"
type = "dicom"
aet = "PACS"
host = "pacs.example"
port = 104

[[destination]]
name = "records"
type = "fhir"
url = "https://fhir.example/r4"
version = "R5"
"""


def settings_of(rules: str, folder: Path, destinations: str = DESTINATIONS) -> Settings:
    (folder / "radiograde.toml").write_text(destinations + rules)
    return load_settings(data_dir=folder)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ('to = ["pasc"]', "rule 1 sends to pasc, and there is no such destination. Did you mean "),
        ('to = ["x"]', "no such destination. It has pacs, records"),
        ('to = ["pacs"]\nseverity = ["sever"]', "rules.0.severity.0: .*Did you mean severe?"),
        ('to = ["pacs"]\nsevrity = ["severe"]', "rules.0.sevrity: .*Did you mean severity?"),
        ('to = ["pacs"]\nunless = {chnge = ["worse"]}', "rules.0.unless.chnge: .*mean change?"),
        ('to = ["pacs"]\nchange = ["worst"]', "Did you mean worse?"),
        ('to = ["pacs"]\nview = "AP"', "write a list, such as view = "),
        ('to = ["pacs"]\nsend = ["srr"]', "Did you mean sr?"),
        ('to = ["pacs"]\nsend = ["pdf"]', "rule 1 sends pdf to pacs, which can take sr, seg, sc"),
        ('to = ["@sender"]\nsend = ["fhir"]', "rule 1 sends fhir to pacs"),
        ('to = ["@sendr"]', "rules.0.to.0"),
        ("to = []", "rules.0.to"),
        ('severity = ["severe"]', "rules.0.to: Field required"),
        ('to = ["pacs"]\nunless = {}', "`unless` asks for nothing"),
        ('to = ["pacs"]\npriority = "hihg"', "Did you mean high?"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said(rule: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=message):
        settings_of(f"[[rules]]\n{rule}\n", tmp_path)


def test_a_destination_of_no_such_type_is_said(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"Did you mean dicomweb\?"):
        settings_of("", tmp_path, '[[destination]]\nname = "a"\ntype = "dicomwep"\n')


def test_back_to_the_sender_needs_a_node(tmp_path: Path) -> None:
    only_fhir = DESTINATIONS[DESTINATIONS.index('[[destination]]\nname = "records"') :]
    with pytest.raises(SiteError, match="@sender, and there is no destination of type dicom"):
        settings_of('[[rules]]\nto = ["@sender"]\n', tmp_path, only_fhir)


@pytest.mark.parametrize(
    ("hours", "message"),
    [("22-06", "quiet_hours"), ("24:00-06:00", "quiet_hours"), ("06:00-06:00", "begin when they")],
)
def test_quiet_hours_are_hours(hours: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=message):
        settings_of(f'quiet_hours = "{hours}"\n', tmp_path)


def test_the_settings_of_another_process_have_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = '[[rules]]\nto = ["pacs"]\nsend = ["sr"]\nunless = {sender = ["WARD*"]}\n'
    settings = settings_of(rule, tmp_path)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "radiograde.toml").unlink()
    assert load_settings(data_dir=tmp_path).rules == settings.rules


def test_rules_know_the_models_views_and_severities() -> None:
    assert get_args(FilmView) == get_args(View)
    assert get_args(SeverityBand) == get_args(Severity)
