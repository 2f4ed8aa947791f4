"""``python -m tests.accidents --minutes N [--database sqlite|postgresql] --seed S``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
from collections.abc import Iterator

from tests.accidents.walk import Outcome, walk


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.accidents", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, it tidies up
    outcome = walk(chosen.minutes, chosen.database, chosen.seed)
    print(f"{chosen.minutes:g} minutes on {chosen.database}, seed {chosen.seed}\n")
    print("\n".join(table(outcome)), end="\n\n")
    print(json.dumps(dataclasses.asdict(outcome)))
    return 0 if outcome.is_good else 1


def table(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of what became of the films, and of what it took up."""
    yield from ("| films | |", "|---|---|")
    for name, value in dataclasses.asdict(outcome).items():
        if isinstance(value, int | float):
            yield f"| {name.replace('_', ' ')} | {value} |"
    yield from ("", "| accident | times |", "|---|---|")
    yield from (f"| {name.replace('_', ' ')} | {n} |" for name, n in outcome.accidents.items())
    yield from ("", "| measured | first third | last third | slope an hour | samples |")
    yield "|---|---|---|---|---|"
    for name, trend in outcome.trends.items():
        yield (
            f"| {name} | {trend.first:g} | {trend.last:g} | {trend.an_hour:+g} | {trend.samples} |"
        )
    yield from (
        "",
        "| oldest process | minutes | MiB at first | MiB at last |",
        "|---|---|---|---|",
    )
    for role, (minutes, first, last) in outcome.longest_lives.items():
        yield f"| {role} | {minutes:g} | {first:g} | {last:g} |"


if __name__ == "__main__":
    sys.exit(main())
