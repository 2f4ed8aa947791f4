"""One film from its bytes to its scores on two CPU cores, beside what others grade films with.

An 8-megapixel film is read, checked and graded: uncompressed, and in JPEG 2000. Beside it run its
network alone, the DenseNet-121 that others serve, in PyTorch and in ONNX Runtime, and the script
that torchxrayvision shows, end to end from the same bytes (:mod:`benchmarks.peers`).

    python -m benchmarks.latency
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path

import click
import numpy as np
import torch
from pydicom import uid

from benchmarks import peers, plain_script
from benchmarks.film import COLUMNS, ROWS, film
from benchmarks.stopwatch import Samples, interleave, ratios, table, write_results
from radiograde.data.phantom import Phantom
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer

THREADS = 2
RADIOGRADE = "Radiograde, bytes to scores"
JPEG_2000 = "Radiograde, bytes in JPEG 2000 to scores"
NETWORK = "Radiograde, network alone"
EAGER = "DenseNet-121, PyTorch eager"
SCRIPT = "torchxrayvision script, bytes to scores"


@click.command()
@click.option("--rounds", default=30, show_default=True, help="Rounds; each runs every contender.")
@click.option("--model", type=click.Path(path_type=Path), help="ONNX file; default the bundled.")
def main(rounds: int, model: Path | None) -> None:
    """Time grading beside what others do and write benchmarks/results/latency.json."""
    torch.set_num_threads(THREADS)
    scorer = Scorer(model, threads=THREADS)
    phantom = film()
    plain = _file(phantom, uid.ExplicitVRLittleEndian)
    for_jpeg_2000 = _file(phantom, uid.JPEG2000Lossless)
    for content in (plain, for_jpeg_2000):
        if (status := _graded(content, scorer).status) != "scored":
            raise click.ClickException(f"the phantom was {status}: nothing would be timed")
    network = plain_script.network()
    picture = torch.rand(1, 1, plain_script.SIDE, plain_script.SIDE)
    contenders: dict[str, Callable[[], object]] = {
        RADIOGRADE: partial(_graded, plain, scorer),
        JPEG_2000: partial(_graded, for_jpeg_2000, scorer),
        NETWORK: _network_of(scorer),
        EAGER: partial(peers.eager, network, picture),
        "DenseNet-121, ONNX Runtime": peers.in_onnx_runtime(network, picture, THREADS),
        SCRIPT: partial(peers.script(network), plain),
    }
    samples = interleave(contenders, rounds)
    what = {
        "threads": THREADS,
        "film": [ROWS, COLUMNS],
        "peer_side": plain_script.SIDE,
        "script": peers.script_name(),
        "measures": _measures(samples),
    }
    path = write_results("latency", what, samples, RADIOGRADE)
    click.echo(f"{table(samples, RADIOGRADE)}\n\n{_measures(samples)}\n{path}")


def _measures(samples: Samples) -> dict[str, float]:
    """Return what is asked of grading, as medians of the rounds' ratios."""
    beside_film = ratios(samples, RADIOGRADE)
    return {
        "bytes_to_scores_beside_densenet": ratios(samples, EAGER)[RADIOGRADE].median,
        "share_outside_the_network": round(1 - beside_film[NETWORK].median, 3),
        "script_beside_bytes_to_scores": beside_film[SCRIPT].median,
        "jpeg_2000_beside_uncompressed": beside_film[JPEG_2000].median,
    }


def _graded(content: bytes, scorer: Scorer) -> SeverityResult:
    return grade(FilmFile(content, Limits()), scorer)


def _file(phantom: Phantom, syntax: str) -> bytes:
    file = BytesIO()
    to_dicom(phantom, Storage(transfer_syntax=syntax)).save_as(file, enforce_file_format=True)
    return file.getvalue()


def _network_of(scorer: Scorer) -> Callable[[], object]:
    side = scorer.metadata.preprocessing.size
    feed = {"image": np.random.default_rng(0).random((1, 1, side, side), dtype=np.float32)}
    return lambda: scorer.session.run(None, feed)


if __name__ == "__main__":
    main()
