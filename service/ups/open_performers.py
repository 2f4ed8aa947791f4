"""From the site file to who performs the workitems of its worklists."""

from __future__ import annotations

import threading
from datetime import timedelta

from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.films.intake import Intake
from radiograde.service.pacs.open_pacs import open_pacs
from radiograde.service.ups.outputs import Outputs
from radiograde.service.ups.performer import Performer
from radiograde.service.ups.ups_client import UpsClient
from radiograde.service.ups.workitem_repository import WorkitemRepository


def open_performers(
    settings: Settings, database: Database, intake: Intake, outputs: Outputs, stop: threading.Event
) -> list[Performer]:
    """Return one for each worklist; nothing is connected yet.

    Raises:
        SiteError: a variable that holds a password or token is empty, or holds what no token is.
    """
    retries = RetryPolicy(timedelta(hours=settings.delivery.give_up_after_h))
    return [
        Performer(
            one,
            UpsClient(one),
            WorkitemRepository(database),
            open_pacs(settings, [one.pacs])[0],
            outputs,
            intake,
            retries,
            stop,
        )
        for one in settings.ups
    ]
