"""What takes messages, for the records of a new installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.records import Records
from radiograde.service.hl7_listener.message_handler import MessageHandler


@pytest.fixture
def handler(records: Records, tmp_path: Path) -> MessageHandler:
    links, orders = PatientLinks(records.database), OrderStore(records.archive.storage)
    return MessageHandler(links, orders, Pseudonyms(tmp_path / "data"))
