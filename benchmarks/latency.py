"""Grading one film on two CPU cores, beside the DenseNet-121 that others serve.

The peer is the architecture of torchxrayvision's classifiers, which Cohen et al. (arXiv
2005.11856) grade severity with: torchvision's DenseNet-121 with one input channel and 18
outputs at 224 x 224, in PyTorch eager mode and in ONNX Runtime. Its weights are random, since
weights do not change the time. Radiograde's first row grades an 8-megapixel film that has been
read already: gate, preprocessing, network, scores and maps. All other rows are a network alone.

    python -m benchmarks.latency
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn
from torchvision.models import DenseNet, densenet121

from benchmarks.film import COLUMNS, ROWS, film
from benchmarks.stopwatch import interleave, table, write_results
from radiograde.model.reading.digest import Digest
from radiograde.model.reading.grey import Pixels
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.scorer import Scorer

THREADS = 2
SIDE = 224
RADIOGRADE = "Radiograde, film to scores"


@click.command()
@click.option("--rounds", default=30, show_default=True, help="Rounds; each runs every contender.")
@click.option("--model", type=click.Path(path_type=Path), help="ONNX file; default the bundled.")
def main(rounds: int, model: Path | None) -> None:
    """Time grading beside DenseNet-121 and write benchmarks/results/latency.json."""
    torch.set_num_threads(THREADS)
    scorer = Scorer(model, threads=THREADS)
    radiograph = Radiograph(
        Pixels(film().pixels), "dicom", Digest("0" * 64), view="PA", age_years=60.0
    )
    if (status := scorer.score(radiograph).status) != "scored":
        raise click.ClickException(f"the phantom was {status}: nothing would be timed")
    network = _densenet()
    picture = torch.rand(1, 1, SIDE, SIDE)
    contenders: dict[str, Callable[[], object]] = {
        RADIOGRADE: lambda: scorer.score(radiograph),
        "Radiograde, network alone": _network_of(scorer),
        "DenseNet-121, PyTorch eager": lambda: _eager(network, picture),
        "DenseNet-121, ONNX Runtime": _in_onnx_runtime(network, picture),
    }
    samples = interleave(contenders, rounds)
    what = {"threads": THREADS, "film": [ROWS, COLUMNS], "peer_side": SIDE}
    path = write_results("latency", what, samples, RADIOGRADE)
    click.echo(f"{table(samples, RADIOGRADE)}\n\n{path}")


def _network_of(scorer: Scorer) -> Callable[[], object]:
    side = scorer.metadata.preprocessing.size
    feed = {"image": np.random.default_rng(0).random((1, 1, side, side), dtype=np.float32)}
    return lambda: scorer.session.run(None, feed)


def _densenet() -> DenseNet:
    network = densenet121(weights=None, num_classes=18)
    network.features.conv0 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    return network.eval()


def _eager(network: nn.Module, picture: Tensor) -> Tensor:
    with torch.inference_mode():
        result: Tensor = network(picture)
        return result


def _in_onnx_runtime(network: nn.Module, picture: Tensor) -> Callable[[], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "densenet.onnx"
        torch.onnx.export(
            network, (picture,), path, input_names=["image"], dynamo=True, verbose=False
        )
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"image": picture.numpy()}
    return lambda: session.run(None, feed)


if __name__ == "__main__":
    main()
