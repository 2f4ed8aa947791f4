"""Curves written into the graph of a model file, behind its own calibration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from radiograde.model.scoring.metadata import KEY
from radiograde.model.scoring.scales import EXTENT, OPACITY, ZONE
from radiograde.training.adaptation.local_curve import EPSILON, LocalCurve

PREFIX = "adapted."
LEAST_TOTAL = 1e-4
"""A film's score under which no lung has a share of it."""


def adapted_model(
    path: Path, curves: Mapping[str, LocalCurve], metadata: Mapping[str, Any]
) -> bytes:
    """Return a model file with curves on its scores and with other metadata.

    ``curves``: by ``brixia`` (on each zone), ``geographic_extent`` and ``opacity``. Each lung keeps
    its share of the film's score. Names of weights stay.
    """
    model = onnx.load(path)
    graph = _Graph(model.graph)
    zones = curves["brixia"]
    if not zones.is_identity:
        graph.add_curve("zones", [zones], [ZONE.high])
    whole = [curves["geographic_extent"], curves["opacity"]]
    if not all(curve.is_identity for curve in whole):
        before = graph.add_curve("scales", whole, [EXTENT.high, OPACITY.high])
        if "lung_scales" in {output.name for output in model.graph.output}:
            graph.add_shares("lung_scales", "scales", before)
    helper.set_model_props(model, {KEY: json.dumps(dict(metadata))})
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


class _Graph:
    """A graph to which nodes are added behind its outputs."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph

    def add_curve(self, output: str, curves: Sequence[LocalCurve], tops: Sequence[float]) -> str:
        """Put a curve a column behind an output; return the name of what it was before."""
        before = self._renamed(output)
        name = f"{PREFIX}{output}."
        self._constant(name + "top", tops)
        self._constant(name + "gain", [curve.gain for curve in curves])
        self._constant(name + "offset", [curve.offset for curve in curves])
        self._constant(name + "one", [1.0])
        self._constant(name + "least", EPSILON)
        self._constant(name + "most", 1 - EPSILON)
        share = self._node("Div", [before, name + "top"], name + "raw_share")
        share = self._node("Clip", [share, name + "least", name + "most"], name + "share")
        rest = self._node("Sub", [name + "one", share], name + "rest")
        odds = self._node("Div", [share, rest], name + "odds")
        logit = self._node("Log", [odds], name + "logit")
        bent = self._node("Mul", [logit, name + "gain"], name + "bent")
        moved = self._node("Add", [bent, name + "offset"], name + "moved")
        bounded = self._node("Sigmoid", [moved], name + "bounded")
        self._node("Mul", [bounded, name + "top"], output)
        return before

    def add_shares(self, output: str, after: str, before: str) -> None:
        """Have the parts of a score (N, S, L) keep their shares of its total (N, S)."""
        parts = self._renamed(output)
        name = f"{PREFIX}{output}."
        self._constant(name + "least", LEAST_TOTAL)
        self._graph.initializer.append(
            numpy_helper.from_array(np.array([2], np.int64), name + "axis")
        )
        total = self._node("Max", [before, name + "least"], name + "total")
        ratio = self._node("Div", [after, total], name + "ratio")
        column = self._node("Unsqueeze", [ratio, name + "axis"], name + "column")
        self._node("Mul", [parts, column], output)

    def _renamed(self, output: str) -> str:
        """Free an output's name; whoever read it in the graph reads what it was before."""
        before = PREFIX + output + ".before"
        for node in self._graph.node:
            for names in (node.input, node.output):
                for place, name in enumerate(names):
                    if name == output:
                        names[place] = before
        return before

    def _constant(self, name: str, values: float | Sequence[float]) -> None:
        array = np.array(values, np.float32)
        self._graph.initializer.append(numpy_helper.from_array(array, name))

    def _node(self, kind: str, inputs: Sequence[str], output: str) -> str:
        self._graph.node.append(helper.make_node(kind, inputs, [output], f"{output}/{kind}"))
        return output
