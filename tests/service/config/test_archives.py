"""``[priors]``, ``[reconcile]`` and ``[[ups]]`` name destinations to fetch films from."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiograde.service.config.load import load_settings
from radiograde.service.errors import SiteError

PACS = '[[destination]]\nname = "pacs"\ntype = "dicom"\naet = "PACS"\nhost = "pacs.example"\n'
FETCHES = '[{table}]\npacs = ["pacs"]\n'
UPS = '[[ups]]\nname = "list"\nurl = "https://ups.example"\npacs = "pacs"\n'


@pytest.mark.parametrize("table", ["priors", "reconcile"])
def test_of_a_destination_that_does_not_fit_only_that_is_said(table: str, tmp_path: Path) -> None:
    (tmp_path / "radiograde.toml").write_text(PACS + FETCHES.format(table=table))
    with pytest.raises(SiteError, match=r"dicom\.port: Field required") as raised:
        load_settings(data_dir=tmp_path)
    assert "is called pacs" not in raised.value.message


@pytest.mark.parametrize("table", ["priors", "reconcile"])
def test_films_are_fetched_from_an_archive_alone(table: str, tmp_path: Path) -> None:
    folder = f'[[destination]]\nname = "pacs"\ntype = "folder"\npath = "{tmp_path}"\n'
    (tmp_path / "radiograde.toml").write_text(folder + FETCHES.format(table=table))
    with pytest.raises(SiteError, match="dicom or dicomweb is called pacs"):
        load_settings(data_dir=tmp_path)


def test_the_films_of_a_worklist_come_from_an_archive(tmp_path: Path) -> None:
    (tmp_path / "radiograde.toml").write_text(UPS + 'stations = ["X"]\n')
    with pytest.raises(SiteError, match="dicom or dicomweb is called pacs"):
        load_settings(data_dir=tmp_path)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "say which workitems are this installation's"),
        ('stations = ["two words"]', "stations"),
        ('stations = ["X"]\n' + UPS + 'procedures = ["Y"]', "two worklists are called list"),
    ],
)
def test_whose_workitems_they_are_is_said(more: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "radiograde.toml").write_text(PACS + "port = 104\n" + UPS + more)
    with pytest.raises(SiteError, match=words):
        load_settings(data_dir=tmp_path)
