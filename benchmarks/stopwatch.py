"""Contenders timed side by side, so that a busy machine slows all of them alike."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

PACKAGES = ("imagecodecs", "numpy", "onnxruntime", "pydicom", "torch")

REST_S = 0.02
"""Pause before each run: threads of the one before may still spin for work."""

Samples = Mapping[str, list[float]]
"""Milliseconds of each round by contender; the same round has the same index."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and the 10th and 90th percentile of what was measured."""

    median: float
    p10: float
    p90: float

    def __str__(self) -> str:
        """Return ``median (p10-p90)`` to three figures."""
        return f"{self.median:.3g} ({self.p10:.3g}-{self.p90:.3g})"


def interleave(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    warm_up: int = 2,
    clock: Callable[[], float] = time.perf_counter,
) -> Samples:
    """Return milliseconds of every contender, each run once a round, in turn.

    ``clock``: seconds; ``time.process_time`` counts those of the processor alone.
    """
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-warm_up, rounds):
        for name, run in contenders.items():
            time.sleep(REST_S)
            started = clock()
            run()
            elapsed = clock() - started
            if number >= 0:
                samples[name].append(elapsed * 1000)
    return samples


def spread(values: list[float]) -> Spread:
    """Return the spread of at least two values."""
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return Spread(round(statistics.median(values), 3), round(tenths[0], 3), round(tenths[-1], 3))


def ratios(samples: Samples, baseline: str) -> dict[str, Spread]:
    """Return each contender's time over the baseline's, round by round."""
    base = samples[baseline]
    return {
        name: spread([value / unit for value, unit in zip(values, base, strict=True)])
        for name, values in samples.items()
    }


def write_results(name: str, what: Mapping[str, Any], samples: Samples, baseline: str) -> Path:
    """Write one benchmark as JSON below ``results`` and return the path.

    ``load`` is the machine's over the last minute, its own included.
    """
    versions = {package: version(package) for package in PACKAGES}
    document = {
        "benchmark": name,
        **what,
        "rounds": len(samples[baseline]),
        "milliseconds": {key: asdict(spread(values)) for key, values in samples.items()},
        "ratio_to": baseline,
        "ratio": {key: asdict(value) for key, value in ratios(samples, baseline).items()},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "load": round(os.getloadavg()[0], 2),
        "versions": versions,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return path


def write_between(page: Path, marks: tuple[str, str], text: str) -> None:
    """Write a text into a page, on the lines between two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(marks[0])
    after = rest.partition(marks[1])[2]
    page.write_text(f"{before}{marks[0]}\n{text}\n{marks[1]}{after}", encoding="utf-8")


def table(samples: Samples, baseline: str) -> str:
    """Return the benchmark as a Markdown table."""
    relative = ratios(samples, baseline)
    rows = [f"| {name} | {spread(values)} | {relative[name]} |" for name, values in samples.items()]
    head = f"| | ms, median (10th-90th percentile) | times {baseline} |"
    return "\n".join([head, "|---|---|---|", *rows])
