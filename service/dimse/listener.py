"""``radiograde listen``: the DICOM node, the watched folders and a worker, until interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from pydantic import ValidationError

from radiograde.service.config.settings import Settings
from radiograde.service.config.site import NodeConfig, Site, load_site
from radiograde.service.dimse.node import start_node
from radiograde.service.errors import SiteError
from radiograde.service.films.receipt import Intake
from radiograde.service.folder_watch.watcher import Watcher
from radiograde.service.grading.child import worker_beside
from radiograde.service.grading.records import open_records
from radiograde.service.logs import configure_logging


def run_listener(
    settings: Settings,
    changed: Mapping[str, Any],
    announce: Callable[[str], None],
    *,
    allow_insecure: bool = False,
) -> None:
    """Listen until interrupted; ``changed``: keys of the site file's table ``node``, on top of it.

    Raises:
        SiteError: the site file cannot be used.
        UnsafeHostError: anyone in the network could store, and that was not allowed.
        AddressError: the address or port cannot be had.
        StoreError: films cannot be kept.
    """
    configure_logging(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    site = load_site(settings.site_file)
    table = _changed(site.node, changed)
    with ExitStack() as stack:
        records = open_records(settings, site.limits)
        stack.callback(records.close)
        node = stack.enter_context(
            start_node(
                table,
                records.intake,
                records.films,
                allow_insecure=allow_insecure or settings.allow_insecure,
            )
        )
        stack.enter_context(worker_beside(settings))
        _start_watchers(stack, site, records.intake, stop)
        announce(f"Radiograde listens as {table.aet} on {table.host} port {node.port}")
        stop.wait()


def _changed(table: NodeConfig, changed: Mapping[str, Any]) -> NodeConfig:
    try:
        return NodeConfig.model_validate(table.model_dump() | dict(changed))
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise SiteError(f"The node cannot be set up: {faults}.") from error


def _start_watchers(stack: ExitStack, site: Site, intake: Intake, stop: threading.Event) -> None:
    for folder in site.watch:
        thread = threading.Thread(target=Watcher(folder, intake).run, args=(stop,))
        thread.start()
        stack.callback(thread.join)
    stack.callback(stop.set)
