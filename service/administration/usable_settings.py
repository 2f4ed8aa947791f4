"""Whether what the settings name can be opened: nothing is sent anywhere."""

from __future__ import annotations

from radiograde.service.config.settings import Settings
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.notifications.channel import open_channel
from radiograde.service.pacs.open_pacs import open_pacs


def check_usable(settings: Settings) -> None:
    """Return where every destination and channel could be opened.

    Raises:
        SiteError: a secret, or a certificate, is not there or is none.
    """
    for destination in settings.destination:
        open_destination(destination)
    for channel in settings.notify:
        open_channel(channel)
    open_pacs(settings, {*settings.priors.pacs, *settings.reconcile.pacs})
