"""The first steps of a self-test over HTTP."""

from __future__ import annotations

from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.delivery.destinations.steps import Step


def reachable(client: HttpClient) -> list[Step]:
    """Return the steps up to a connection; behind a proxy only the proxy knows of those."""
    where = client.where
    steps: list[Step] = []
    if client.exposed:
        steps.append(("the sign-in is kept secret on its way", _exposed))
    if client.proxied:
        return steps
    return [
        *steps,
        (f"{where.host} is found", where.resolve),
        (f"{where} accepts connections", where.connect),
    ]


def _exposed() -> str:
    return "Password and films' data travel in clear. Use an https address."
