"""What a route asks of its caller."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from service.access.principal import LOCAL, Principal


def _caller(_: Request) -> Principal:
    return LOCAL


Caller = Annotated[Principal, Depends(_caller)]
