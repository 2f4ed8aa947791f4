"""``radiograde adapt``: the file that it writes, and the films that it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnx.reference
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper

from radiograde.command import main
from radiograde.data.manifest import Manifest, load
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.metadata import KEY
from radiograde.model.scoring.scales import EXTENT
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.training.adaptation.adaptation_run import Adaptation
from radiograde.training.adaptation.graph_curves import adapted_model
from radiograde.training.adaptation.local_curve import IDENTITY, LocalCurve
from radiograde.training.adaptation.local_scale import LocalScale
from radiograde.training.adaptation.network_scores import network_scores
from radiograde.training.errors import ParityError, UnfitDataError

FILMS = 6
ZONES, OPACITY = LocalCurve(1.2, -0.3), LocalCurve(0.9, 0.5)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("films")
    write_dataset(folder, count=FILMS, seed=3)
    return load(folder)


def adaptation(manifest: Manifest) -> Adaptation:
    base = Scorer(threads=1)
    scales = {
        "brixia": LocalScale("brixia", 60, 60, ZONES, 1.5),
        "geographic_extent": LocalScale("geographic_extent", 60, 60, reason="too few"),
        "opacity": LocalScale("opacity", 60, 60, OPACITY, 0.8),
    }
    return Adaptation(base, manifest, scales)


@pytest.fixture(scope="module")
def written(manifest: Manifest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local") / "local.onnx"
    adaptation(manifest).write(BUNDLED, out)
    return out


def test_the_file_grades_along_its_curves_and_says_what_it_is(
    manifest: Manifest, written: Path
) -> None:
    base, local = Scorer(threads=1), Scorer(written, threads=1)
    before, after = (network_scores(model, manifest.films) for model in (base, local))
    zones = before["brixia"].parts
    assert after["brixia"].parts == pytest.approx(ZONES.apply(zones, 3.0), abs=1e-3)
    opacity = OPACITY.apply(before["opacity"].parts, 8.0)
    assert after["opacity"].parts == pytest.approx(opacity, abs=1e-3)
    extent = before["geographic_extent"].parts
    assert after["geographic_extent"].parts == pytest.approx(extent, abs=2e-3)
    assert after["brixia"].spread == pytest.approx(before["brixia"].spread, abs=1e-4)
    widths, old = local.metadata.intervals, base.metadata.intervals
    assert widths.brixia.base == pytest.approx(1.5 * old.brixia.base)
    assert widths.zones.middle == pytest.approx(1.5 * old.zones.middle)
    assert widths.opacity.spread == pytest.approx(0.8 * old.opacity.spread)
    assert widths.geographic_extent == old.geographic_extent
    adapted = local.metadata.raw["adapted"]
    assert adapted["base"]["sha256"] == base.facts.sha256
    assert adapted["films_sha256"] == manifest.digest
    assert local.facts.version.startswith(f"{base.facts.version}+local.")


def test_a_reference_is_left_without_the_scores_that_are_others(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = adaptation(manifest)
    numbers = {name: [1.0] for name in ("brixia", "geographic_extent", "opacity", "bright")}
    reference = {"films": 1, "numbers": numbers, "counts": {}}
    monkeypatch.setitem(local.base.metadata.raw, "reference", reference)
    left = {"geographic_extent": [1.0], "bright": [1.0]}
    assert local.metadata()["reference"] == reference | {"numbers": left}


def test_weights_keep_their_names(written: Path) -> None:
    names = [{one.name for one in onnx.load(path).graph.initializer} for path in (BUNDLED, written)]
    assert names[0] < names[1]
    assert all(name.startswith("adapted.") for name in names[1] - names[0])


def test_the_card_names_base_films_and_what_was_left(written: Path) -> None:
    card = written.with_suffix(".md").read_text()
    assert Scorer(threads=1).facts.sha256 in card
    assert "extent is as in the base model: too few" in card
    assert "PHANTOM" not in card


def test_a_graph_that_does_not_follow_its_curves_is_not_written(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = dict.fromkeys(("brixia", "geographic_extent", "opacity"), LocalCurve(1.0, 2.0))
    monkeypatch.setattr(
        "radiograde.training.adaptation.adaptation_run.adapted_model",
        lambda path, _, metadata: adapted_model(path, wrong, metadata),
    )
    out = tmp_path / "local.onnx"
    with pytest.raises(ParityError, match="brixia"):
        adaptation(manifest).write(BUNDLED, out)
    assert list(tmp_path.iterdir()) == []


def test_an_adapted_model_is_not_adapted_again(manifest: Manifest, written: Path) -> None:
    with pytest.raises(UnfitDataError, match="adapted already"):
        Adaptation.of(Scorer(written, threads=1), manifest)


def test_few_films_are_refused_in_words(manifest: Manifest, tmp_path: Path) -> None:
    out = tmp_path / "local.onnx"
    done = CliRunner().invoke(
        main, ["adapt", "--data", str(manifest.path.parent), "--out", str(out)]
    )
    assert done.exit_code == 1
    assert "do not carry an adaptation" in done.output
    assert "too few: 6 graded films" in done.output
    assert not out.exists()


def test_each_lung_keeps_its_share_of_the_film(tmp_path: Path) -> None:
    """A graph that sums its lungs, as networks of later versions do."""
    shapes: dict[str, list[str | int | None]] = {
        "lung_scales": ["n", 2, 2],
        "scales": ["n", 2],
        "zones": ["n", 6],
    }
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    ]
    inputs = [
        helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 2, 2]),
        helper.make_tensor_value_info("six", TensorProto.FLOAT, ["n", 6]),
    ]
    nodes = [
        helper.make_node("Identity", ["image"], ["lung_scales"]),
        helper.make_node("ReduceSum", ["lung_scales", "axis"], ["scales"], keepdims=0),
        helper.make_node("Identity", ["six"], ["zones"]),
    ]
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [2])
    graph = helper.make_graph(nodes, "lungs", inputs, values, [axis])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path = tmp_path / "lungs.onnx"
    onnx.save(model, path)
    curves = {"brixia": IDENTITY, "geographic_extent": ZONES, "opacity": IDENTITY}
    adapted = onnx.load_from_string(adapted_model(path, curves, {"name": "lungs"}))
    evaluator = onnx.reference.ReferenceEvaluator(adapted)
    lungs = np.array([[[1, 3], [2, 2]]], np.float32)
    found = dict(
        zip(
            ["lung_scales", "scales"],
            evaluator.run(
                ["lung_scales", "scales"], {"image": lungs, "six": np.zeros((1, 6), np.float32)}
            ),
            strict=True,
        )
    )
    extent = float(ZONES.apply(np.array([4.0]), EXTENT.high)[0])
    assert found["scales"] == pytest.approx(np.array([[extent, 4]]), abs=1e-3)
    assert found["lung_scales"][0, 0] == pytest.approx(
        np.array([extent / 4, 3 * extent / 4]), abs=1e-3
    )
    assert found["lung_scales"][0, 1] == pytest.approx(np.array([2, 2]), abs=1e-3)
    assert json.loads(adapted.metadata_props[0].value) == {"name": "lungs"}
    assert adapted.metadata_props[0].key == KEY
