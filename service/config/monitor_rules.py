"""The table ``[monitor]`` of the site file: what is done when something drifts.

docs/reference/site.md describes every key.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from radiograde.service.config.site import Table

Action = Literal["ignore", "warn", "stop"]
"""Nothing; an alarm; an alarm, and the model is set aside until somebody releases it."""


class MonitorConfig(Table):
    """What happens when what is watched differs by more than chance."""

    scores: Action = Field("warn", description="Scores, and how far the network's passes disagree")
    films: Action = Field("warn", description="View, age, machine, brightness and grain of films")
    input_check: Action = Field("warn", description="Its probabilities, refusals and failures")
    agreement: Action = Field("warn", description="Readers' scores beside the model's")
    deliveries: Literal["ignore", "warn"] = Field(
        "warn", description="Deliveries that are given up"
    )
    reference: Literal["ignore", "warn"] = Field(
        "warn", description="Films that differ from those that the model was measured on"
    )
    first_days: int = Field(
        30, ge=1, le=365, description="Days whose films later ones are compared with"
    )
