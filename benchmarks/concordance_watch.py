"""How soon a drop in agreement with signed reports is noticed, and how often for nothing.

Simulated with the watch of the service: after so many reports agreement is as before, or fifteen
points lower. A simulation in which the watch spoke before is begun anew, as a site would.

    python -m benchmarks.concordance_watch

It writes benchmarks/results/concordance_watch.json and the table in
docs/how-to/signed-reports.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.stopwatch import write_between
from radiograde.service.concordance.agreement_watch import FIRST_REPORTS, AgreementWatch

RESULTS = Path(__file__).parent / "results" / "concordance_watch.json"
PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "signed-reports.md"
BEGIN, END = "<!-- simulation -->", "<!-- end of simulation -->"
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
    """Simulate, and write the results and the table of the page."""
    rows = [simulated(share, before) for share in SHARES for before in BEFORE]
    RESULTS.write_text(json.dumps({"runs": RUNS, "rows": rows}, indent=2) + "\n")
    write_between(PAGE, (BEGIN, END), table(rows))
    print(table(rows))


def table(rows: Sequence[dict[str, float]]) -> str:
    """Return the table of the page."""
    lines = [
        "| usual agreement | reports so far | a month of 300 reports with a false alarm "
        "| a drop of 15 points noticed within 200 reports | median |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {100 * row['usual_agreement']:.0f} % | {row['reports_before']:,} "
            f"| {100 * row['false_alarm_a_month']:.1f} % | {100 * row['noticed_within_200']:.1f} % "
            f"| {row['median_reports']:.0f} reports |"
        )
    return "\n".join(lines)


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
