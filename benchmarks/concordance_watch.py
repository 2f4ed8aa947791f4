"""How soon a drop in agreement with signed reports is noticed, and how often for nothing.

Simulated with the watch of the service: after so many reports agreement is as before, or fifteen
points lower. A simulation in which the watch spoke before is begun anew, as a site would.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from statistics import median

from radiograde.service.concordance.agreement_watch import FIRST_REPORTS, AgreementWatch

RESULTS = Path(__file__).parent / "results" / "concordance_watch.json"
RUNS = 1000
SHARES = (0.75, 0.85, 0.92)
BEFORE = (FIRST_REPORTS, 1000, 2000)
"""Reports after which the drop comes."""

DROP = 0.15
WITHIN = 200
"""Reports in which a drop is to be noticed."""

MONTH = 300
"""Reports of a month."""


def main() -> None:
    """Simulate, print a table and write benchmarks/results/concordance_watch.json."""
    rows = [simulated(share, before) for share in SHARES for before in BEFORE]
    names = list(rows[0])
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for row in rows:
        print(f"| {' | '.join(f'{row[name]:g}' for name in names)} |")
    RESULTS.write_text(json.dumps({"runs": RUNS, "rows": rows}, indent=2) + "\n")


def simulated(share: float, before: int) -> dict[str, float]:
    """Return shares of runs, and the median of reports until a drop is noticed."""
    chance = random.Random(31)  # noqa: S311 - no secret
    watches = [learned(chance, share, before) for _ in range(RUNS)]
    alarms = [spoke(chance, watch, share, MONTH) for watch in watches]
    found = [spoke(chance, watch, share - DROP, WITHIN) for watch in watches]
    noticed = [after for after in found if after is not None]
    return {
        "usual_agreement": share,
        "reports_before": before,
        "false_alarm_a_month": sum(one is not None for one in alarms) / RUNS,
        "noticed_within_200": len(noticed) / RUNS,
        "median_reports": median(noticed),
    }


def learned(chance: random.Random, share: float, reports: int) -> AgreementWatch:
    """Return a watch that has seen so many reports and did not speak."""
    watch = AgreementWatch()
    while watch.reports < reports:
        watch = watch.after(agrees=chance.random() < share)
        if watch.has_dropped:
            watch = AgreementWatch()
    return watch


def spoke(chance: random.Random, watch: AgreementWatch, share: float, reports: int) -> int | None:
    """Return after how many reports a watch speaks; None where it does not."""
    for number in range(1, reports + 1):
        watch = watch.after(agrees=chance.random() < share)
        if watch.has_dropped:
            return number
    return None


if __name__ == "__main__":
    main()
