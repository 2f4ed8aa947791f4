"""Results at random, with numbers near every limit that a word depends on."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from radiograde.model import reasons
from radiograde.model.scoring.result import (
    GateVerdict,
    Involvement,
    ScaleScore,
    Scores,
    SeverityResult,
)
from radiograde.model.scoring.scales import SEVERITY_BANDS, ZONES
from radiograde.service.documents.statement.facts import ChangeSince, Trend
from tests.service.fakes import FACTS

TRENDS: tuple[Trend, ...] = ("more", "less", "uncertain")
WARNINGS = [reason for reason in reasons.ALL if reason.level != "reject"]
NEAR_LIMITS = (0.0, 0.494, 0.496, 0.5, 0.506, 1.0, 1.44, 1.45, 1.46, 2.0, 3.0)
SEVERITY = (1.0, 6.5, 12.5)


def _zone(rng: np.random.Generator, reach: float) -> ScaleScore:
    value = float(rng.choice(NEAR_LIMITS)) if rng.random() < 0.4 else float(rng.uniform(0, reach))
    share = value / 3
    half = 0.4 + 0.09 * rng.uniform(0, 2) + 1.01 * 4 * share * (1 - share)
    half *= float(rng.choice((0.3, 1.0, 1.0)))
    return ScaleScore(value, (0, 3), (max(value - half, 0), min(value + half, 3)), 0.9)


def drawn_result(rng: np.random.Generator) -> SeverityResult:
    """Return a scored film: clear, faint, one-sided or dense; now and then with remarks."""
    right, left = rng.choice((0.3, 1.0, 3.0), size=2)
    zones = {zone: _zone(rng, float(right if zone in "ABC" else left)) for zone in ZONES}
    total = sum(zone.value for zone in zones.values())
    half = float(rng.uniform(0.5, 4.6))
    brixia = ScaleScore(total, (0, 18), (max(total - half, 0), min(total + half, 18)), 0.9)
    seen = [None if rng.random() < 0.05 else float(rng.uniform(0, 100)) for _ in range(2)]
    if seen == [None, None]:
        seen[1] = 50.0
    other = ScaleScore(1.0, (0, 8), (0.0, 2.0), 0.9)
    scores = Scores(brixia, zones, other, other, Involvement(seen[0], seen[1], 10.0))
    count = int(rng.choice((0, 0, 0, 1, 2)))
    gate = GateVerdict(tuple(WARNINGS[place] for place in rng.integers(len(WARNINGS), size=count)))
    severity = SEVERITY_BANDS[sum(total >= limit for limit in SEVERITY)]
    return SeverityResult("scored", FACTS, None, gate, scores, severity)


def drawn_change(rng: np.random.Generator) -> ChangeSince | None:
    """Return a change since another day, without its day, or none."""
    if rng.random() < 0.4:
        return None
    trend = TRENDS[rng.integers(len(TRENDS))]
    day = date(1999, 1, 1) + timedelta(days=int(rng.integers(12000)))
    return ChangeSince(trend, None if rng.random() < 0.2 else day)
