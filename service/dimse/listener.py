"""``radiograde listen``: DICOM node, watched folders, HL7 and a worker, until interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from radiograde.service.audit.service_run import service_run
from radiograde.service.concordance.signed_reports import ReportIntake
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import DicomDestinationConfig
from radiograde.service.delivery.asked_commitment import CommitmentReports
from radiograde.service.delivery.commitment_repository import CommitmentRepository
from radiograde.service.dimse.node import start_node
from radiograde.service.films.audited_intake import AuditedIntake
from radiograde.service.films.intake import Intake
from radiograde.service.films.number_films import number_earlier_films
from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.folder_watch.watcher import Watcher
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.worker_process import worker_beside
from radiograde.service.hl7_listener.message_handler import MessageHandler
from radiograde.service.hl7_listener.running_listener import running_hl7_listener
from radiograde.service.logs import configure_logging
from radiograde.service.signals import stop_event, wait_for


def run_listener(settings: Settings, announce: Callable[[str], None]) -> None:
    """Listen until interrupted; ``announce`` gets a line once associations are accepted.

    Raises:
        SiteError: certificate or key of the node, or of the listener for HL7, cannot be used.
        UnsafeHostError: anyone in the network could store, and that was not allowed.
        AddressError: the address or port cannot be had.
        StoreError: films cannot be kept.
    """
    configure_logging(settings.log_level)
    stop = stop_event()
    with ExitStack() as stack:
        records = open_records(settings, upgrade=True)
        stack.callback(records.close)
        stack.enter_context(service_run(records.audit, settings, "listen"))
        node = stack.enter_context(
            start_node(
                settings.node,
                records.intake,
                records.intake,
                allow_insecure=settings.allow_insecure,
                report_from=_asked_to_commit(settings),
                take_report=CommitmentReports(
                    CommitmentRepository(records.database), records.deliveries
                ).take,
                audit=records.audit,
            )
        )
        _start_hl7(stack, settings, records, stop)
        stack.enter_context(worker_beside(settings))
        _start_watchers(stack, settings, AuditedIntake(records.intake, records.audit), stop)
        announce(
            f"Radiograde listens as {settings.node.aet} on {settings.node.host} port {node.port}"
        )
        wait_for(stop)


def _asked_to_commit(settings: Settings) -> list[str]:
    """Return the titles of the archives that report whether they keep what they are sent."""
    return [
        one.aet
        for one in settings.destination
        if isinstance(one, DicomDestinationConfig) and one.commitment
    ]


def _start_hl7(
    stack: ExitStack, settings: Settings, records: Records, stop: threading.Event
) -> None:
    if settings.hl7 is None:
        return
    pseudonyms = Pseudonyms(settings.data_dir)
    handler = MessageHandler(
        PatientLinks(records.database),
        OrderStore(records.archive.storage),
        pseudonyms,
        records.audit,
        ReportIntake(records.database, records.archive, pseudonyms, settings.limits),
    )
    stack.enter_context(
        running_hl7_listener(settings.hl7, handler, allow_insecure=settings.allow_insecure)
    )
    thread = threading.Thread(
        target=number_earlier_films,
        args=(records.database, records.archive, pseudonyms, settings.limits, stop),
        name="patient-numbers",
    )
    thread.start()
    stack.callback(thread.join)
    stack.callback(stop.set)


def _start_watchers(
    stack: ExitStack, settings: Settings, intake: Intake, stop: threading.Event
) -> None:
    for folder in settings.watch:
        thread = threading.Thread(target=Watcher(folder, intake, settings.limits).run, args=(stop,))
        thread.start()
        stack.callback(thread.join)
    stack.callback(stop.set)
