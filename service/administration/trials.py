"""Trying destinations and channels: nothing of a patient is sent."""

from __future__ import annotations

from collections.abc import Callable

from radiograde.service.config.notify import ChannelConfig, MailConfig, WebhookConfig
from radiograde.service.config.site import DestinationConfig, FolderDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.notifications.channel import open_channel

TIMEOUT_S = 1.5
"""Longest wait for an answer; a destination's own ``timeout_s`` holds where it is shorter."""


def trial_of(config: DestinationConfig | ChannelConfig) -> Callable[[], list[Finding]]:
    """Return what tries it, and waits for it as long as somebody waits for the answer.

    Raises:
        SiteError: a secret, or a certificate, is not there or is none.
    """
    if isinstance(config, MailConfig | WebhookConfig):
        least = min(config.timeout_s, TIMEOUT_S)
        return open_channel(config.model_copy(update={"timeout_s": least})).check
    return open_destination(hurried(config)).check


def hurried(config: DestinationConfig) -> DestinationConfig:
    """Return a destination that is waited for as long as somebody waits for the answer."""
    if isinstance(config, FolderDestinationConfig):
        return config
    return config.model_copy(update={"timeout_s": min(config.timeout_s, TIMEOUT_S)})
