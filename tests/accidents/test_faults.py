"""What stands until somebody sees to it has a name."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.cli.installation_check import check_installation
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import Hl7Config, NodeConfig, ServerTls
from radiograde.service.database.tables import deliveries, films
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.grading import faults as faults_module
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.records import Records
from radiograde.service.grading.slots import take_slot
from tests.accidents.test_standing_work import accepted, change, workflows
from tests.service.certificates import Certificates
from tests.service.conftest import Start
from tests.service.conftest import start as start
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import Outbox, work_with


def codes(records: Records, settings: Settings) -> list[str]:
    return [fault.code for fault in standing_faults(records, settings)]


def aged(records: Records, minutes: int) -> None:
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    with records.database.write() as connection:
        connection.execute(sa.update(films).values(changed=then))
        connection.execute(sa.update(deliveries).values(updated=then))


def test_each_standing_fault_is_named(
    installation: Records, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = work_with(installation, Outbox(error=RefusedError("Not this one.")))
    assert codes(installation, settings) == []
    accepted(installation)
    assert codes(installation, settings) == []
    aged(installation, 5)
    assert codes(installation, settings) == ["worker_missing"]
    slot = take_slot(installation.database, threading.Event())
    assert slot is not None
    assert codes(installation, settings) == []
    aged(installation, 20)
    assert codes(installation, settings) == ["queue_old"]
    change(installation, f"UPDATE {workflows(installation)} SET status = 'ERROR'")  # noqa: S608
    assert codes(installation, settings) == ["queue_old", "work_stranded"]
    (film,) = installation.archive.ids()
    work.grade(film)
    for _ in range(4):
        work.deliver(film, "pacs")
    assert codes(installation, settings) == ["deliveries_parked"]
    monkeypatch.setattr(faults_module, "LEAST_FREE", 2**60)
    assert codes(installation, settings) == ["deliveries_parked", "disk_low"]
    slot.release()


def test_what_waits_for_a_destination_that_is_down_is_not_stranded(
    records: Records, tmp_path: Path
) -> None:
    work = work_with(records, Outbox(error=UnreachableError("Nobody answers.")))
    for number in range(5):
        film = accepted(records, film_bytes(SOPInstanceUID=f"1.2.{number}"))
        work.grade(film)
        work.deliver(film, "pacs")
    change(records, "UPDATE workflow_status SET status = 'SUCCESS'")
    aged(records, 60)
    assert codes(records, Settings(data_dir=tmp_path / "data")) == []


def test_a_certificate_about_to_expire_is_named_with_its_days(
    records: Records, tmp_path: Path
) -> None:
    certificates = Certificates(tmp_path)
    today = datetime.now(UTC)
    of_http, key = certificates.of("server", today + timedelta(days=12, hours=1))
    of_node, node_key = certificates.of("client", today - timedelta(days=3))
    data = tmp_path / "data"
    tls = ServerTls(certificate=of_node, key=node_key)
    settings = Settings(
        data_dir=data, tls_certificate=of_http, tls_key=key, node=NodeConfig(tls=tls)
    )
    first, second = standing_faults(records, settings)
    assert (first.code, first.soon) == ("http_certificate_expires", True)
    assert "expires in 12 days" in first.what
    assert (second.code, second.soon) == ("node_certificate_expires", False)
    assert "expired 3 days ago" in second.what or "expired 4 days ago" in second.what
    sooner = settings.model_copy(update={"certificate_days": 12})
    assert [one.code for one in standing_faults(records, sooner)] == ["node_certificate_expires"]
    of_node.unlink()
    assert standing_faults(records, sooner) == []


def test_the_certificate_of_the_listener_for_hl7_is_named_too(
    records: Records, tmp_path: Path
) -> None:
    certificate, key = Certificates(tmp_path).of("server", datetime.now(UTC) + timedelta(days=3))
    hl7 = Hl7Config(tls=ServerTls(certificate=certificate, key=key))
    settings = Settings(data_dir=tmp_path / "data", hl7=hl7)
    assert [one.code for one in standing_faults(records, settings)] == ["hl7_certificate_expires"]


@pytest.mark.parametrize(("days", "level"), [(12, "warn"), (-3, "fail")])
def test_readyz_and_check_name_a_certificate(
    start: Start, tmp_path: Path, days: int, level: str
) -> None:
    end = datetime.now(UTC) + timedelta(days=days, hours=1)
    certificate, key = Certificates(tmp_path).of("server", end)
    client = start(tls_certificate=certificate, tls_key=key)
    assert client.get("/readyz").json()["faults"] == ["http_certificate_expires"]
    settings = Settings(data_dir=tmp_path / "data", tls_certificate=certificate, tls_key=key)
    (named,) = [one for one in check_installation(settings, 1.0) if "certificate" in one.what]
    assert (named.level, "12 days" in named.what) == (level, days == 12)
    nothing = settings.model_copy(update={"data_dir": tmp_path / "nothing"})
    assert named in check_installation(nothing, 1.0)
