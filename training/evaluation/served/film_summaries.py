"""What a model file makes of a whole film before it grades, and what is plain to see of the film.

The graph's input check reads a summary of the film that is no output of the graph; here it becomes
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.errors import ModelFileError
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.training.evaluation.served.served_grading import read_as_served
from radiograde.training.progress import followed

EDGE = 0.05
"""Width of the border that is looked at, a share of the side."""


@dataclass(frozen=True, slots=True)
class FilmSummary:
    """``network``: (D,) what the input check reads. ``picture``: (K,) see ``picture_facts``."""

    network: NDArray[np.float64]
    picture: NDArray[np.float64]


def film_summaries(model: Path, films: Sequence[Film], spec: Preprocessing) -> list[FilmSummary]:
    """Return the summary of each film, which must be one that can be read.

    Raises:
        ModelFileError: the graph's input check is not one that is known.
    """
    session, name = _session(model)
    found = []
    for film in followed(films, "Summing films up", len(films), stderr=True):
        radiograph = read_as_served(film)
        square, frame = prepare(radiograph.grey, spec, radiograph.pixel_aspect)
        summary = session.run([name], {"image": square[None, None]})[0][0]
        own = frame.crop(square)
        found.append(FilmSummary(summary.astype(float), picture_facts(own)))
    return found


def picture_facts(film: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what a prepared film (H, W) without its border of padding says of its source.

    Proportions; mean, spread and percentiles of grey; grey of the four edges and corners; shares of
    black and white; sharpness at two scales.
    """
    rows, columns = film.shape
    high, wide = max(1, int(EDGE * rows)), max(1, int(EDGE * columns))
    edges = film[:high], film[-high:], film[:, :wide], film[:, -wide:]
    corners = [part[:, side] for part in edges[:2] for side in (slice(wide), slice(-wide, None))]
    fine, coarse = (film[::step, ::step] for step in (1, 4))
    return np.array(
        [
            rows / columns,
            film.mean(),
            film.std(),
            *np.percentile(film, (5, 25, 50, 75, 95)),
            *(part.mean() for part in (*edges, *corners)),
            (film <= 0).mean(),
            (film >= 1).mean(),
            *(
                np.abs(np.diff(part, axis=axis)).mean()
                for part in (fine, coarse)
                for axis in (0, 1)
            ),
        ],
        float,
    )


def _session(model: Path) -> tuple[ort.InferenceSession, str]:
    """Return a session that also gives what the input check's linear layer reads, and its name."""
    graph = onnx.load(model)
    makers = {output: node for node in graph.graph.node for output in node.output}
    softmax = makers.get("scope")
    linear = makers.get(softmax.input[0]) if softmax is not None else None
    if linear is None or linear.op_type != "Gemm":
        raise ModelFileError("The model file has no input check that reads a summary.")
    name = linear.input[0]
    graph.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    return ort.InferenceSession(graph.SerializeToString(), options, providers), name
