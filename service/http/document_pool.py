"""Where documents, pixels and pictures are made: on threads that no other request waits for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends

from radiograde.service.http.caller import PlaceHolder
from radiograde.service.http.places import Holder
from radiograde.service.http.pool import BoundedPool
from radiograde.service.http.runtime import Service

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DocumentTurn:
    """A caller's turn among those who want a document or a picture."""

    pool: BoundedPool
    holder: Holder

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` on a thread and return what it returns.

        Raises:
            OverloadedError: too many wait already, or too many of this caller.
        """
        with self.pool.admit(self.holder) as slot:
            return await slot.run(work)


async def _turn(service: Service, holder: PlaceHolder) -> DocumentTurn:
    return DocumentTurn(service.document_pool, holder)


Turn = Annotated[DocumentTurn, Depends(_turn)]
