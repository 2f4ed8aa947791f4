"""``python -m tests.accidents --minutes N [--database sqlite|postgresql] --seed S``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from tests.accidents.walk import walk


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.accidents", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    outcome = walk(chosen.minutes, chosen.database, chosen.seed)
    print(json.dumps(dataclasses.asdict(outcome)))
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
