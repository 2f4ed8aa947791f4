"""Work to be done, recorded with DBOS in the transaction that makes it necessary."""

from __future__ import annotations

import logging
from typing import Protocol

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, EnqueueOptions
from ulid import ULID

APPLICATION = "radiograde"
GRADE, DELIVER = "grade", "deliver"
"""Names of the workflows, and of the queues that they wait in."""


class WorkQueue(Protocol):
    """Records work; what is recorded twice is done once."""

    def grade(
        self,
        connection: sa.Connection,
        film_id: str,
        *,
        again: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Record that a film is to be graded, after a delay; ``again``: although it was tried."""
        ...

    def deliver(
        self,
        connection: sa.Connection,
        film_id: str,
        destination: str,
        *,
        attempt: int,
        delay_s: float = 0.0,
    ) -> None:
        """Record that a result is to be sent to a destination, after a delay."""
        ...


class DurableQueue:
    """Records work in the tables of DBOS, which lie in the database of the results."""

    def __init__(self, url: str) -> None:
        """Open the queue, and make its tables where they are missing."""
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS.migrate(url)
        self._client = DBOSClient(system_database_url=url, application_name=APPLICATION)

    def close(self) -> None:
        """Give the connections back."""
        self._client.destroy()

    def grade(
        self,
        connection: sa.Connection,
        film_id: str,
        *,
        again: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Record that a film is to be graded, after a delay; ``again``: although it was tried."""
        options: EnqueueOptions = {
            "workflow_name": GRADE,
            "queue_name": GRADE,
            "workflow_id": f"{film_id}:{GRADE}" + (f":{ULID()}" if again else ""),
        }
        if delay_s:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(connection, options, film_id)

    def deliver(
        self,
        connection: sa.Connection,
        film_id: str,
        destination: str,
        *,
        attempt: int,
        delay_s: float = 0.0,
    ) -> None:
        """Record that a result is to be sent to a destination, after a delay."""
        options: EnqueueOptions = {
            "workflow_name": DELIVER,
            "queue_name": DELIVER,
            "workflow_id": f"{film_id}:{destination}:{attempt}",
            "queue_partition_key": destination,
        }
        if delay_s:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(connection, options, film_id, destination)
