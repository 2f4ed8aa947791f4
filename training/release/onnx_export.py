"""One self-describing ONNX file from a trained model, written only if it agrees with PyTorch."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from radiograde.model.scoring.metadata import KEY, ModelMetadata
from radiograde.training.errors import ParityError
from radiograde.training.fit.pipeline import LARGEST_MB
from radiograde.training.network.localise_then_grade import Grading, LocaliseThenGrade

TOLERANCE = 1e-3
"""Of all that is graded in the lungs' box: it lies a millionth elsewhere in another runtime, and
where a film is sharp the pixels sampled there, and the map behind them, differ by some hundred
times that."""

INPUT_CHECK_TOLERANCE = 1e-4
"""Of what the whole film gives."""

OPSET = 20
NAMES = Grading._fields
TOLERANCES = dict.fromkeys(NAMES, TOLERANCE) | {"scope": INPUT_CHECK_TOLERANCE}


def export_onnx(
    model: LocaliseThenGrade, metadata: Mapping[str, Any], films: NDArray[np.float32], path: Path
) -> float:
    """Write ``path`` and return the largest difference to PyTorch on real films.

    ``films``: (N, S, S) float32 in [0, 1], prepared. The file is written only if the graph
    agrees with PyTorch on all of them, alone and in a batch.

    Raises:
        ParityError: a difference above ``TOLERANCES``, or a file of more than 25 MB.
        ModelFileError: the metadata does not keep the contract.
    """
    text = json.dumps(metadata, sort_keys=True, allow_nan=False)
    ModelMetadata.parse(text)
    model = model.eval().cpu()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        _write(model, draft, text)
        differences = parity(model, draft, films)
        megabytes = draft.stat().st_size / 1e6
        for output, difference in differences.items():
            if difference > TOLERANCES[output]:
                raise ParityError(
                    f"ONNX and PyTorch differ by {difference:.2g} in {output}, "
                    f"over {TOLERANCES[output]:g}."
                )
        if megabytes > LARGEST_MB:
            raise ParityError(f"The file has {megabytes:.1f} MB, over {LARGEST_MB:g}.")
        draft.replace(path)
    return max(differences.values())


def parity(model: LocaliseThenGrade, path: Path, films: NDArray[np.float32]) -> dict[str, float]:
    """Return each output's largest absolute difference on films (N, S, S)."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    largest = dict.fromkeys(NAMES, 0.0)
    batches = [films[:4], *(films[i : i + 1] for i in range(len(films)))]
    for batch in batches:
        with torch.no_grad():
            expected = model(torch.from_numpy(batch[:, None]))
        outputs = session.run(list(NAMES), {"image": batch[:, None]})
        for name, ours, theirs in zip(NAMES, outputs, expected, strict=True):
            largest[name] = max(largest[name], float(np.abs(ours - theirs.numpy()).max()))
    return largest


def _write(model: LocaliseThenGrade, path: Path, metadata: str) -> None:
    side = model.config.input_size
    batch = torch.export.Dim("batch", min=1, max=64)
    torch.onnx.export(
        model,
        (torch.rand(2, 1, side, side),),
        path,
        input_names=["image"],
        output_names=list(NAMES),
        dynamic_shapes=({0: batch},),
        dynamo=True,
        external_data=False,
        opset_version=OPSET,
        verbose=False,
    )
    graph = onnx.load(path)
    _forget_origin(graph)
    graph.producer_name = "radiograde"
    onnx.helper.set_model_props(graph, {KEY: metadata})
    onnx.save(graph, path)


def _forget_origin(model: onnx.ModelProto) -> None:
    """Take out the exporter's notes: stack traces with the paths of whoever exported."""
    graphs = [model.graph, *model.functions]
    for graph in graphs:
        del graph.metadata_props[:]
        graph.doc_string = ""
        for part in (*graph.node, *graph.value_info, *getattr(graph, "initializer", ())):
            part.doc_string = ""
            if hasattr(part, "metadata_props"):
                del part.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
