"""One self-describing ONNX file from a trained model, written only if it agrees with PyTorch."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from radiograde.model.scoring.metadata import KEY, ModelMetadata
from radiograde.training.errors import ParityError
from radiograde.training.fit.pipeline import LARGEST_MB
from radiograde.training.network.localise_then_grade import LocaliseThenGrade
from radiograde.training.release.parity import NAMES, parity


class Tolerance(NamedTuple):
    """How far an output may be from PyTorch's.

    A GPU may differ by more: it multiplies with ten bits of mantissa (TF32).
    """

    on_cpu: float
    on_gpu: float


SCORES = Tolerance(5e-3, 2e-2)
"""Of all that is graded in the lungs' box: half of the last digit that a result has. The box lies
some millionths elsewhere in another runtime, and where a film is sharp the pixels sampled there,
and the scores and maps behind them, differ by some hundred times that."""

MAPS = Tolerance(5e-3, 1e-1)
"""Of single points of a map: at a lung's sharp edge one step of the map is worth most of its
range."""

INPUT_CHECK = Tolerance(1e-4, 2e-3)
"""Of what the whole film gives."""

ON_A_CPU = "CPUExecutionProvider"
OPSET = 20
TOLERANCES = (
    dict.fromkeys(NAMES, SCORES)
    | dict.fromkeys(("lung_map", "opacity_map", "density_map"), MAPS)
    | {"scope": INPUT_CHECK}
)


def export_onnx(
    model: LocaliseThenGrade, metadata: Mapping[str, Any], films: NDArray[np.float32], path: Path
) -> dict[str, float]:
    """Write ``path`` and return the largest difference to PyTorch on real films, by provider.

    ``films``: (N, S, S) float32 in [0, 1], prepared. The file is written only if the graph
    agrees with PyTorch on all of them, alone and in a batch, on every execution provider that
    there is (``parity``).

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
        _check(differences)
        if megabytes > LARGEST_MB:
            raise ParityError(f"The file has {megabytes:.1f} MB, over {LARGEST_MB:g}.")
        draft.replace(path)
    return {provider: max(found.values()) for provider, found in differences.items()}


def _check(differences: Mapping[str, Mapping[str, float]]) -> None:
    """Raise ParityError where an output differs too much on any provider."""
    for provider, found in differences.items():
        for output, difference in found.items():
            tolerance = TOLERANCES[output]
            allowed = tolerance.on_cpu if provider == ON_A_CPU else tolerance.on_gpu
            if difference > allowed:
                raise ParityError(
                    f"ONNX and PyTorch differ by {difference:.2g} in {output} on {provider}, "
                    f"over {allowed:g}."
                )


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
