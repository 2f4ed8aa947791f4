"""Notifications as signed requests, by Standard Webhooks 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

from radiograde.service.config.notify import WebhookConfig
from radiograde.service.delivery.destinations.destination import Finding, run_steps
from radiograde.service.delivery.destinations.http_answer import raise_for_status
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.notifications.notice import Message

JSON = "application/json"
TEST = "radiograde.test"
"""Type of the request that ``radiograde check`` sends."""


class WebhookChannel:
    """Posts each message, signed with a secret that both ends know."""

    def __init__(self, channel: WebhookConfig) -> None:
        """Take the secrets from where they are.

        Raises:
            SiteError: one is not there, or is none.
        """
        self._key = channel.signing_key
        self._client = HttpClient(channel)

    def send(self, message: Message) -> None:
        """Post a message; its id is the same at every attempt.

        Raises:
            UnreachableError: no answer, or one that may change: a sign-in, an address, a server
                that is busy.
            RefusedError: it is answered that the request is at fault.
        """
        self._post(f"msg_{message.id}", message.to_json())

    def check(self) -> list[Finding]:
        """Return what a signed request of the type ``radiograde.test`` is answered."""
        return run_steps(
            [*self._client.reachable_steps(), ("takes a signed request", self._post_test)]
        )

    def _post_test(self) -> None:
        self._post(f"msg_test_{time.time_ns()}", {"type": TEST, "data": {}})

    def _post(self, id: str, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        headers = signed_headers(self._key, id, int(time.time()), body)
        answer = self._client.post("", body, JSON, "*/*", headers)
        with answer.obeyed():
            raise_for_status(str(self._client.where), answer.status)


def signed_headers(key: bytes, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a request at a time, in seconds since 1970."""
    signed = b".".join((id.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
