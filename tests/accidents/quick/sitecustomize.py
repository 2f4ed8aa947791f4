"""Every Python process that finds this file first waits seconds for what else takes a minute.

Whoever is silent counts as dead soon, and what was put off is soon tried again.
"""

from __future__ import annotations

from datetime import timedelta

from radiograde.service.backoff import Backoff
from radiograde.service.delivery import breakers, deliver
from radiograde.service.grading import film_grader, reconciler, slots

reconciler.Reconciler.run.__defaults__ = (1.0,)
for module, name, quick in (
    (reconciler, "BEAT_S", 0.5),
    (slots, "DEAD_AFTER", timedelta(seconds=4)),
    (breakers, "BACKOFF", Backoff(1.0, 4.0)),
    (deliver, "OWN_FAULT_DELAY_S", 3.0),
    (film_grader, "RETRY_DELAY_S", 3.0),
):
    assert hasattr(module, name), f"{module.__name__}.{name} is called otherwise now"
    setattr(module, name, quick)
