"""What every channel of notifications can do."""

from __future__ import annotations

from typing import Protocol, assert_never

from radiograde.service.config.notify import ChannelConfig, MailConfig, WebhookConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.notifications.mail_channel import MailChannel
from radiograde.service.notifications.notice import Message
from radiograde.service.notifications.webhook_channel import WebhookChannel


class Channel(Protocol):
    """One channel; safe to share among threads."""

    def send(self, message: Message) -> None:
        """Send a message, and come back once it has arrived.

        Sent twice it carries the same id, by which whoever gets it drops the second.

        Raises:
            UnreachableError: nothing takes it now; later something may.
            RefusedError: it was answered, and is not wanted.
        """
        ...

    def check(self) -> list[Finding]:
        """Return what a self-test found; nothing of a patient is sent."""
        ...


def open_channel(channel: ChannelConfig) -> Channel:
    """Return what sends to a channel; nothing is connected yet.

    Raises:
        SiteError: a secret is not there, or is none.
    """
    match channel:
        case MailConfig():
            return MailChannel(channel)
        case WebhookConfig():
            return WebhookChannel(channel)
    assert_never(channel)
