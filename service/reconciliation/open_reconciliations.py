"""From the site file to the reconciliations that it asks for."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from radiograde.service.config.settings import Settings
from radiograde.service.pacs.open_pacs import open_pacs
from radiograde.service.reconciliation.pacs_comparison import Holdings
from radiograde.service.reconciliation.reconciliation import Reconciliation


def open_reconciliations(
    settings: Settings,
    holdings: Holdings,
    names: Sequence[str],
    stop: threading.Event | None = None,
) -> list[Reconciliation]:
    """Return one for each destination of these names; nothing is connected yet.

    Raises:
        SiteError: there is none of a name, or a variable that holds its password or token is empty,
            or holds what no token is.
    """
    configs = {one.name: one for one in settings.destination}
    return [
        Reconciliation(
            holdings,
            configs[pacs.name],
            pacs,
            settings.reconcile.modalities,
            stop or threading.Event(),
        )
        for pacs in open_pacs(settings, names)
    ]
