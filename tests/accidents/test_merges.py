"""Merges of patients on PostgreSQL, as on SQLite beside the listener's other tests."""

from __future__ import annotations

import pytest

from radiograde.service.config.settings import Settings
from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.records import Records
from radiograde.service.hl7_listener.message_handler import MessageHandler
from tests.service.hl7_listener.test_merges import (
    expect_courses_as_computed_afresh,
    hospital_of,
)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_courses_after_a_hundred_messages_are_those_computed_afresh(
    installation: Records, settings: Settings
) -> None:
    links, orders = PatientLinks(installation.database), OrderStore(installation.archive.storage)
    handler = MessageHandler(links, orders, Pseudonyms(settings.data_dir))
    expect_courses_as_computed_afresh(hospital_of(installation, handler), seed=4)
