"""A self-test's steps, each of which makes sense only after the one before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.errors import DeliveryError

Step = tuple[str, Callable[[], str | None]]
"""What is tried, and the trying: it returns advice where something is doubtful, else None, and
raises DeliveryError with what to do where it fails."""


def walk(steps: Sequence[Step]) -> list[Finding]:
    """Return a finding for each step, up to the first that fails."""
    findings: list[Finding] = []
    for what, attempt in steps:
        try:
            advice = attempt()
        except DeliveryError as error:
            return [*findings, Finding(what, "fail", error.message)]
        findings.append(Finding(what, "warn", advice) if advice else Finding(what, "ok"))
    return findings
