"""Stand-ins for the model: made results, and scorers that answer at once or when told to."""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import Image

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import Reason
from radiograde.model.scoring.intervals import Intervals, Width
from radiograde.model.scoring.metadata import ModelMetadata, Thresholds
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.model.scoring.result import (
    GateVerdict,
    ImageFacts,
    Involvement,
    Maps,
    ModelFacts,
    ScaleScore,
    Scores,
    SeverityResult,
)
from radiograde.model.scoring.scales import ZONES
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.processes.runner import InlineRunner

T = TypeVar("T")

FACTS = ModelFacts("fake", "1.2.3", "ab" * 32)
METADATA = ModelMetadata(
    name=FACTS.name,
    version=FACTS.version,
    created="2026-01-02",
    licence="CC-BY-NC-SA-4.0",
    preprocessing=Preprocessing(),
    zone_borders=(0.3, 0.7),
    intervals=Intervals(0.9, Width(0.5), Width(2.5), Width(1.0), Width(1.0)),
    thresholds=Thresholds((1.0, 6.0, 12.0), 0.5, 0.05, 0.5),
    metrics={"brixia_mae": 1.9},
    raw={"name": FACTS.name, "metrics": {"brixia_mae": 1.9}},
)
LATERAL = Reason("lateral_view", "reject", "This is a lateral view. Send a frontal film.")


POOR = Reason("low_quality", "reject", "The film is too poor to grade. Send another.")


def png(columns: int = 60, rows: int = 80, grey: int = 128) -> bytes:
    """Return a small grey picture."""
    buffer = io.BytesIO()
    picture = Image.linear_gradient("L").resize((columns, rows))
    picture.paste(grey, (0, 0, columns // 2, rows // 2))
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def scores() -> Scores:
    """Return a moderate film's scores."""

    def on(value: float, high: float) -> ScaleScore:
        return ScaleScore(value, (0.0, high), (max(0.0, value - 1), min(high, value + 1)), 0.9)

    zones = dict(zip(ZONES, (0.2, 0.9, 2.4, 0.3, 1.0, 1.9), strict=True))
    return Scores(
        brixia=on(6.7, 18.0),
        zones={name: on(value, 3.0) for name, value in zones.items()},
        geographic_extent=on(3.1, 8.0),
        opacity=on(2.4, 8.0),
        lung_involvement_percent=Involvement(41.0, None, 35.2),
    )


def maps() -> Maps:
    """Return maps with two lungs, and opacity in the lower right one."""
    lungs = np.zeros((2, 80, 60), np.float32)
    lungs[0, 10:70, 5:25] = 1
    lungs[1, 10:70, 35:55] = 1
    opacity = np.zeros((80, 60), np.float32)
    opacity[50:70, 5:25] = 0.9
    return Maps(opacity, lungs)


def scored(image: ImageFacts | None = None) -> SeverityResult:
    """Return a scored result."""
    image = image or ImageFacts("png", "cd" * 32, 80, 60, "UNKNOWN")
    gate = GateVerdict((Reason("view_unknown", "warn", "The view is not known."),))
    return SeverityResult("scored", FACTS, image, gate, scores(), "moderate", maps=maps())


class FakeScorer(Scorer):
    """Answers every film with the same scores, or with a rejection."""

    def __init__(self, *, rejects: bool = False, reason: Reason = LATERAL) -> None:
        self.facts = FACTS
        self.metadata = METADATA
        self.threads = 1
        self._rejects = rejects
        self._reason = reason

    @property
    def provider(self) -> str:
        return "CPUExecutionProvider"

    def score(self, radiograph: Radiograph) -> SeverityResult:
        rows, columns = radiograph.pixels.shape
        image = ImageFacts(radiograph.source, radiograph.sha256, rows, columns, radiograph.view)
        if self._rejects:
            return SeverityResult("rejected", FACTS, image, GateVerdict((self._reason,)))
        return scored(image)


class BlockingScorer(FakeScorer):
    """Says when it has begun, and answers when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Semaphore(0)
        self.go = threading.Event()

    def score(self, radiograph: Radiograph) -> SeverityResult:
        self.begun.release()
        if not self.go.wait(30):
            raise TimeoutError
        return super().score(radiograph)


class BreakingScorer(FakeScorer):
    """Breaks as no scorer should, with a patient's name in the message."""

    def score(self, radiograph: Radiograph) -> SeverityResult:
        raise RuntimeError("DOE^JANE")


class PicklingRunner(InlineRunner):
    """Does work here as another process would get it, and gives back what that would send."""

    def run(self, work: Callable[..., T], *arguments: object) -> T:
        received, sent = pickle.loads(pickle.dumps((work, arguments)))  # noqa: S301
        value: T = pickle.loads(pickle.dumps(received(*sent)))  # noqa: S301
        return value
