"""A film's severity: one ONNX file, one session, no other state."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from radiograde.model.beside import Beside
from radiograde.model.cores import available_cores
from radiograde.model.errors import ModelFileError
from radiograde.model.reading.grey import ROOM
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.reasons import INVERTED, NO_LUNGS, SIDES_UNSURE, Reason
from radiograde.model.scoring.film_trace import FilmTrace, Grading
from radiograde.model.scoring.heart_side import seems_mirrored
from radiograde.model.scoring.input_check import CLASSES, check_film, class_reason
from radiograde.model.scoring.intervals import Width
from radiograde.model.scoring.metadata import KEY, ModelMetadata
from radiograde.model.scoring.preprocess import prepare
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
from radiograde.model.scoring.scales import (
    BRIXIA,
    EXTENT,
    OPACITY,
    SEVERITY_BANDS,
    ZONE,
    ZONES,
    Scale,
)

BUNDLED = Path(__file__).parents[1] / "weights" / "severity.onnx"
BATCH = "batch"
"""Name of the dimension that counts films, in the graph's input."""

OUTPUTS = ["zones", "scales", "spread", "opacity_map", "lung_map", "scope"]
PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


class Scorer:
    """Grades radiographs with one model file; safe to share among threads."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        batches: bool = False,
    ) -> None:
        """Load ``path``, the bundled model when None.

        ``providers``: ONNX Runtime's execution providers in order of preference; None: CUDA
        where there is one, else CPU. ``threads``: CPU threads an image; None: all cores that the
        process may use. ``batches``: ``session`` takes several films at once, and one less quickly.

        Raises:
            ModelFileError: no such file, not ONNX, or without the metadata of this contract.
        """
        data = _read(path or BUNDLED)
        self.threads = threads or available_cores()
        self.session = _session(data, providers, self.threads, batches=batches)
        self.metadata = _metadata(self.session)
        self.facts = ModelFacts(
            self.metadata.name, self.metadata.version, hashlib.sha256(data).hexdigest()
        )

    @property
    def provider(self) -> str:
        """The execution provider in use, such as ``CPUExecutionProvider``."""
        return str(self.session.get_providers()[0])

    @property
    def least_side(self) -> int:
        """How many pixels the longer side of a film must have so that nothing is lost by it."""
        return round(ROOM * self.metadata.preprocessing.size)

    def score(self, radiograph: Radiograph) -> SeverityResult:
        """Return a film's grading, or its rejection by the input check; without id and timing."""
        verdict = check_film(radiograph)
        if not verdict.in_scope:
            return self._rejected(radiograph, verdict, FilmTrace.begin(radiograph))
        square, letterbox = prepare(
            radiograph.grey, self.metadata.preprocessing, radiograph.pixel_aspect
        )
        begun = Beside(lambda: FilmTrace.begin(radiograph).prepared(square, letterbox))
        grading = self._run(square)
        trace = begun.result().graded(grading, CLASSES)
        maps = Maps(
            letterbox.crop(grading.opacity),
            letterbox.crop(grading.lungs),
            self.metadata.zone_borders,
            self.metadata.thresholds.involved,
        )
        doubts = self._doubts(grading, maps, radiograph, letterbox.crop(square))
        verdict = GateVerdict((*verdict.reasons, *doubts))
        if not verdict.in_scope:
            return self._rejected(radiograph, verdict, trace)
        scores = self._scores(grading, maps)
        return SeverityResult(
            "scored",
            self.facts,
            _image_facts(radiograph),
            verdict,
            scores,
            self._severity(scores.brixia.value),
            maps=maps,
            trace=trace,
        )

    def _rejected(
        self, radiograph: Radiograph, verdict: GateVerdict, trace: FilmTrace
    ) -> SeverityResult:
        image = _image_facts(radiograph)
        return SeverityResult("rejected", self.facts, image, _settled(verdict), trace=trace)

    def _run(self, square: NDArray[np.float32]) -> Grading:
        outputs = self.session.run(OUTPUTS, {"image": square[None, None]})
        zones, scales, spread, opacity, lungs, scope = (output[0] for output in outputs)
        return Grading(zones, scales, spread, opacity[0], lungs, scope)

    def _doubts(
        self, grading: Grading, maps: Maps, film: Radiograph, shown: NDArray[np.float32]
    ) -> Iterator[Reason]:
        """Yield what the network finds that speaks against grading; ``shown``: what it saw."""
        thresholds = self.metadata.thresholds
        doubt = class_reason(grading.scope, thresholds.frontal, film)
        if doubt is not None:
            yield doubt
        if doubt is not None and doubt.level == "reject":
            return
        if float((maps.lungs.max(0) > 0.5).mean()) < thresholds.least_lung:
            yield NO_LUNGS
        elif not film.sides_known and seems_mirrored(shown, maps.lungs):
            yield SIDES_UNSURE

    def _scores(self, grading: Grading, maps: Maps) -> Scores:
        widths = self.metadata.intervals
        zones = [float(value) for value in grading.zones]
        extent, opacity = (float(value) for value in grading.scales)
        *zone_spread, brixia_spread, extent_spread, opacity_spread = map(float, grading.spread)
        return Scores(
            brixia=self._on(BRIXIA, sum(zones), widths.brixia, brixia_spread),
            zones={
                name: self._on(ZONE, value, widths.zones, spread)
                for name, value, spread in zip(ZONES, zones, zone_spread, strict=True)
            },
            geographic_extent=self._on(EXTENT, extent, widths.geographic_extent, extent_spread),
            opacity=self._on(OPACITY, opacity, widths.opacity, opacity_spread),
            lung_involvement_percent=involvement(maps, self.metadata.thresholds.involved),
        )

    def _on(self, scale: Scale, value: float, width: Width, spread: float) -> ScaleScore:
        value = scale.clip(value)
        interval = width.around(value, spread, scale)
        return ScaleScore(value, (scale.low, scale.high), interval, self.metadata.intervals.level)

    def _severity(self, brixia: float) -> str:
        begun = sum(brixia >= start for start in self.metadata.thresholds.severity)
        return SEVERITY_BANDS[begun]


def _settled(verdict: GateVerdict) -> GateVerdict:
    """Return a rejection that does not call a picture inverted that is shown as it is stored."""
    if not verdict.no_chest:
        return verdict
    return GateVerdict(tuple(reason for reason in verdict.reasons if reason != INVERTED))


def involvement(maps: Maps, involved: float) -> Involvement:
    """Return the share of each lung whose opacity exceeds ``involved``, in percent."""
    marked = maps.opacity > involved
    shares, areas = [], []
    for lung in maps.lungs > 0.5:
        areas.append(int(lung.sum()))
        shares.append(100.0 * float((marked & lung).sum()) / areas[-1] if areas[-1] else None)
    whole = sum(area * (share or 0.0) for area, share in zip(areas, shares, strict=True))
    return Involvement(shares[0], shares[1], whole / max(sum(areas), 1))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"No model file at {path}: {error.strerror}. Give --model, or export one with "
            "`radiograde export`."
        ) from error


def _session(
    data: bytes, providers: Sequence[str] | None, threads: int, *, batches: bool
) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Threads that spin while they wait take the cores from the films decoded meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if not batches:
        # What hangs on the number of films alone is then worked out here, not for each film.
        options.add_free_dimension_override_by_name(BATCH, 1)
    wanted = providers or PROVIDERS
    if "CUDAExecutionProvider" in wanted and hasattr(ort, "preload_dlls"):
        ort.preload_dlls()  # finds CUDA's libraries where pip put them; without effect on a CPU
    usable = [name for name in wanted if name in ort.get_available_providers()]
    if not usable:
        available = ", ".join(ort.get_available_providers())
        raise ModelFileError(f"None of {', '.join(wanted)} is installed here, only {available}.")
    try:
        return ort.InferenceSession(data, options, providers=usable)
    except Exception as error:
        raise ModelFileError(f"The model file is no usable ONNX file ({error}).") from error


def _metadata(session: ort.InferenceSession) -> ModelMetadata:
    text = session.get_modelmeta().custom_metadata_map.get(KEY)
    missing = set(OUTPUTS) - {output.name for output in session.get_outputs()}
    if text is None or missing:
        raise ModelFileError(
            "The ONNX file is not one of Radiograde's: export it with `radiograde export`."
        )
    return ModelMetadata.parse(text)


def _image_facts(radiograph: Radiograph) -> ImageFacts:
    """Return what is known of the film, its hash too: asked for last, it was worked out beside."""
    rows, columns = radiograph.shape
    return ImageFacts(
        source=radiograph.source,
        sha256=radiograph.sha256,
        rows=rows,
        columns=columns,
        view=radiograph.view,
        pixel_spacing_mm=radiograph.pixel_spacing_mm,
        sop_instance_uid=radiograph.sop_instance_uid,
        study_instance_uid=radiograph.study_instance_uid,
    )
