"""The gradings of one model file on disk, so that no film is graded twice.

A grading is kept by the model's sha256, the film's, and what was done to the film before: the
same command takes up where it was stopped, and other labels need no new grading.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from radiograde.training.evaluation.served.served_grading import ServedGrading

_ADAPTER = TypeAdapter(ServedGrading)


class GradingStore:
    """The gradings of one model file, a JSON line each; safe to share among threads."""

    def __init__(self, folder: Path, model: str) -> None:
        """Open the store in ``folder``. ``model``: sha256 of the model file."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"gradings-{model[:16]}.jsonl"
        self._known = dict(self._kept())
        self._lock = threading.Lock()

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> ServedGrading:
        return self._known[key]

    def add(self, key: str, grading: ServedGrading) -> None:
        """Keep a grading; it is in the file when this returns."""
        line = json.dumps({"film": key, **_ADAPTER.dump_python(grading, mode="json")})
        with self._lock:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
            self._known[key] = grading

    def _kept(self) -> Iterator[tuple[str, ServedGrading]]:
        """Yield what the file holds; a line that was broken off is cut."""
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            self.path.write_bytes(whole)
        for line in whole.splitlines():
            found = json.loads(line)
            yield found.pop("film"), _ADAPTER.validate_python(found)
