"""Each destination of a site file is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiograde.service.config.load import load_settings
from radiograde.service.delivery.destinations.dicom_destination import DicomDestination
from radiograde.service.delivery.destinations.dicomweb_destination import DicomWebDestination
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.delivery.destinations.folder_destination import FolderDestination
from radiograde.service.delivery.destinations.hl7_destination import Hl7Destination
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.errors import SiteError

SITE = """
[[destination]]
name = "pacs"
type = "dicom"
aet = "PACS"
host = "pacs.example"
port = 104

[[destination]]
name = "web"
type = "dicomweb"
url = "https://pacs.example/dicom-web"

[[destination]]
name = "records"
type = "fhir"
url = "https://fhir.example/r4"

[[destination]]
name = "ris"
type = "hl7"
host = "ris.example"
port = 2575

[[destination]]
name = "share"
type = "folder"
path = "/srv/results"
"""


def test_each_type_has_a_sink(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(SITE)
    targets = [open_destination(one) for one in load_settings(site=site).destination]
    assert [type(one) for one in targets] == [
        DicomDestination,
        DicomWebDestination,
        FhirDestination,
        Hl7Destination,
        FolderDestination,
    ]
    assert [one.name for one in targets] == ["pacs", "web", "records", "ris", "share"]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('url = "https://me:secret@pacs.example"', "without a user"),
        ('url = "https://pacs.example/?key=secret"', "a query"),
        ('url = "https://pacs.example:99999"', "out of range"),
        ('url = "https://"', "https://host/path"),
        ('url = "ftp://pacs.example"', "pattern"),
        ('url = "https://pacs.example"\nuser = "me"', "go together"),
        ('url = "https://pacs.example"\npassword_env = "A"', "go together"),
        ('url = "https://p.example"\nuser = "me"\npassword_env = "A"\ntoken_env = "B"', "not both"),
    ],
)
def test_an_address_or_sign_in_that_cannot_be_is_reported(
    tmp_path: Path, keys: str, message: str
) -> None:
    site = tmp_path / "site.toml"
    site.write_text(f'[[destination]]\nname = "web"\ntype = "dicomweb"\n{keys}\n')
    with pytest.raises(SiteError, match=message) as caught:
        load_settings(site=site)
    assert "secret" not in caught.value.message
