"""Trying destinations and channels: nothing of a patient is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from radiograde.service.config.archives import UpsConfig
from radiograde.service.config.notify import ChannelConfig, MailConfig, WebhookConfig
from radiograde.service.config.site import DestinationConfig, FolderDestinationConfig
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.notifications.channel import open_channel

TIMEOUT_S = 1.5
"""Longest wait for an answer; a destination's own ``timeout_s`` holds where it is shorter."""

Asked = TypeVar("Asked", DestinationConfig, ChannelConfig, UpsConfig)


def trial_of(config: DestinationConfig | ChannelConfig) -> Callable[[], list[Finding]]:
    """Return what tries it, and waits for it as long as somebody waits for the answer.

    Raises:
        SiteError: a secret, or a certificate, is not there or is none.
    """
    if isinstance(config, MailConfig | WebhookConfig):
        return open_channel(hurried(config)).check
    return open_destination(hurried(config)).check


def hurried(config: Asked) -> Asked:
    """Return what is waited for as long as somebody waits for the answer."""
    if isinstance(config, FolderDestinationConfig):
        return config
    return config.model_copy(update={"timeout_s": min(config.timeout_s, TIMEOUT_S)})
