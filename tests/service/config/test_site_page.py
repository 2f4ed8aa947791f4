"""docs/reference/site.md describes every table and key of the site file, with its default."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from radiograde.service.config.archives import PriorsConfig, ReconcileConfig, UpsConfig
from radiograde.service.config.audit_config import (
    FhirAuditConfig,
    RetentionConfig,
    SyslogConfig,
)
from radiograde.service.config.monitor_rules import MonitorConfig
from radiograde.service.config.notify import MailConfig, WebhookConfig
from radiograde.service.config.observe_config import ObserveConfig
from radiograde.service.config.rules import Conditions, RuleConfig
from radiograde.service.config.settings import TABLES, Settings
from radiograde.service.config.sign_in_elsewhere import GroupConfig, OidcConfig, ProxySignInConfig
from radiograde.service.config.site import (
    ClientTls,
    DeliveryConfig,
    DicomDestinationConfig,
    DicomWebDestinationConfig,
    FhirDestinationConfig,
    FolderDestinationConfig,
    Hl7Config,
    Hl7DestinationConfig,
    NodeConfig,
    Peer,
    ReadingConfig,
    ServerTls,
    Table,
    WatchConfig,
)

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "reference" / "site.md").read_text("utf-8")
SECTIONS: dict[str, type[Table]] = {
    "`[node]`": NodeConfig,
    "`[node.tls]`": ServerTls,
    "`[[node.peers]]`": Peer,
    "`[[watch]]`": WatchConfig,
    "`[reading]`": ReadingConfig,
    "`[hl7]`": Hl7Config,
    "`[delivery]`": DeliveryConfig,
    '`type = "dicom"`': DicomDestinationConfig,
    '`type = "dicomweb"`': DicomWebDestinationConfig,
    '`type = "fhir"`': FhirDestinationConfig,
    '`type = "hl7"`': Hl7DestinationConfig,
    '`type = "folder"`': FolderDestinationConfig,
    "`[destination.tls]`": ClientTls,
    "`[[rules]]`": RuleConfig,
    '`type = "mail"`': MailConfig,
    '`type = "webhook"`': WebhookConfig,
    "`[priors]`": PriorsConfig,
    "`[reconcile]`": ReconcileConfig,
    "`[[ups]]`": UpsConfig,
    "`[audit.syslog]`": SyslogConfig,
    "`[audit.fhir]`": FhirAuditConfig,
    "`[retention]`": RetentionConfig,
    "`[oidc]`": OidcConfig,
    "`[proxy_sign_in]`": ProxySignInConfig,
    "`[[groups]]`": GroupConfig,
    "`[monitor]`": MonitorConfig,
    "`[observe]`": ObserveConfig,
}
ARCHIVE = {"charset", "long_accession_numbers"}
PAGE_OF_ROUTES = "route-results.md"
COMMON = {"name", "type", "send", "sources", "quiet_hours", "language"}
OF_CHANNELS = {"name", "type", "events", "sources", "identifiers", "link", "quiet_hours"}


def section(title: str) -> str:
    """Return what stands below a heading, up to the next."""
    (text,) = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(text)


def keys_of(title: str) -> dict[str, str]:
    """Return each key that a section describes, with its default."""
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section(title), re.MULTILINE))


def default(field: FieldInfo) -> str:
    """Return a default as the page writes it."""
    if field.is_required():
        return "required"
    return "none" if field.default in (None, ()) else f"`{field.default}`"


@pytest.mark.parametrize("title", SECTIONS)
def test_every_key_is_described_with_its_default(title: str) -> None:
    described = keys_of(title)
    if SECTIONS[title] is FhirDestinationConfig:
        described |= keys_of('`type = "dicomweb"`')
        described = {name: value for name, value in described.items() if name not in ARCHIVE}
    fields = SECTIONS[title].model_fields
    if SECTIONS[title] is WebhookConfig:
        described |= keys_of('`type = "dicomweb"`')
        described = {name: value for name, value in described.items() if name not in ARCHIVE}
    elsewhere = COMMON | OF_CHANNELS if title.startswith("`type") else set()
    assert described == {name: default(fields[name]) for name in fields if name not in elsewhere}


def test_every_table_is_described() -> None:
    assert set(re.findall(r"^## `\[+(\w+)\]+`$", PAGE, re.MULTILINE)) == TABLES
    assert set(Settings.model_fields) > TABLES
    assert set(keys_of("`[[destination]]`")) >= COMMON
    assert set(keys_of("`[[notify]]`")) == OF_CHANNELS


def test_the_example_holds_everything_and_is_valid() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    content = tomllib.loads(example)
    site = Settings(**content)
    assert {one.type for one in site.destination} == {"dicom", "dicomweb", "fhir", "folder", "hl7"}
    assert set(content["node"]) == set(NodeConfig.model_fields)
    assert set(content["node"]["tls"]) == set(ServerTls.model_fields)
    assert set(content["destination"][0]) == set(DicomDestinationConfig.model_fields)
    assert {key for rule in content["rules"] for key in rule} == set(RuleConfig.model_fields)
    assert {one.type for one in site.notify} == {"mail", "webhook"}
    assert content["rules"][1].keys() >= Conditions.model_fields.keys()


def test_every_destination_of_the_how_to_is_valid() -> None:
    page = (DOCS / "how-to" / "deliver.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(\[\[destination.*?)```", page, re.DOTALL)
    assert len(Settings(**tomllib.loads("\n".join(blocks))).destination) == 5


def test_every_table_of_the_page_on_routes_is_valid() -> None:
    pages = [(DOCS / "how-to" / name).read_text("utf-8") for name in ("deliver.md", PAGE_OF_ROUTES)]
    (pacs,) = re.findall(
        r"```toml\n(\[\[destination\]\]\nname = \"pacs\".*?)```", pages[0], re.DOTALL
    )
    blocks = re.findall(r"```toml\n(.*?)```", pages[1], re.DOTALL)
    site = Settings(**tomllib.loads("\n".join([pacs, *blocks])))
    assert [one.name for one in site.destination] == ["pacs", "portable", "ward"]
    assert [one.to for one in site.rules] == [("ward",), ("pacs",), ("pacs",), ("@sender",)]
    assert [one.type for one in site.notify] == ["mail", "webhook"]
