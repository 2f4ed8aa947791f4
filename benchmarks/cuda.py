"""The network on a GPU: films a batch, input and output bound to its memory, half precision.

    python -m benchmarks.cuda

Without a GPU that ONNX Runtime can use it says so and measures nothing. ``parity``: how far the
zones, extent and opacity of a drawn film move, in points, beside single precision on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from benchmarks.film import film
from benchmarks.stopwatch import interleave, table, write_results
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.model.scoring.scorer import BUNDLED, OUTPUTS

GPU = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
SCORES = ["zones", "scales"]
ALONE = "1 film"
Square = NDArray[np.float32]


@click.command()
@click.option("--rounds", default=30, show_default=True, help="Rounds; each runs every contender.")
@click.option("--batch", "batches", multiple=True, default=(1, 4, 16, 64), show_default=True)
@click.option("--model", type=click.Path(path_type=Path), default=BUNDLED, help="ONNX file.")
@click.option("--provider", default=GPU, show_default=True, help="ONNX Runtime's, to try it out.")
def main(rounds: int, batches: tuple[int, ...], model: Path, provider: str) -> None:
    """Time the network on a GPU and write benchmarks/results/cuda.json."""
    if provider not in ort.get_available_providers():
        raise click.ClickException(
            f"ONNX Runtime has no {provider} here, so nothing was measured. On a machine with an "
            "NVIDIA GPU install requirements/cuda.txt."
        )
    square = prepare(film().pixels, Preprocessing())[0][None, None]
    single = _session(model.read_bytes(), provider)
    sessions = {"": single}
    if provider == GPU:
        sessions[", half precision"] = _session(_in_half_precision(model), provider)
    contenders: dict[str, Callable[[], object]] = {}
    for suffix, session in sessions.items():
        for count in sorted({1, *batches}):
            films = np.repeat(square, count, axis=0)
            name = f"{count} film{'s' * (count > 1)}{suffix}"
            contenders[name] = partial(session.run, OUTPUTS, {"image": films})
            contenders[f"{name}, bound"] = partial(_run_bound, session, films, provider)
    samples = interleave(contenders, rounds)
    what = {"provider": provider, "parity": _parity(model, sessions, square)}
    path = write_results("cuda", what, samples, ALONE)
    click.echo(f"{table(samples, ALONE)}\n\n{what['parity']}\n{path}")


def _session(model: bytes, provider: str) -> ort.InferenceSession:
    if provider == GPU and hasattr(ort, "preload_dlls"):
        ort.preload_dlls()
    session = ort.InferenceSession(model, providers=[provider])
    if session.get_providers()[0] != provider:
        raise click.ClickException(f"{provider} does not work here, so nothing was measured.")
    return session


def _in_half_precision(model: Path) -> bytes:
    """Return the model with weights and sums in 16 bits; input and output stay as they are."""
    convert = import_module("onnxruntime.transformers.float16").convert_float_to_float16
    converted: onnx.ModelProto = convert(onnx.load(model), keep_io_types=True)
    return bytes(converted.SerializeToString())


def _run_bound(session: ort.InferenceSession, films: Square, provider: str) -> object:
    """Return the outputs, which stay on the device until the last of them is there."""
    device = "cuda" if provider == GPU else "cpu"
    binding = session.io_binding()
    binding.bind_ortvalue_input("image", ort.OrtValue.ortvalue_from_numpy(films, device, 0))
    for name in OUTPUTS:
        binding.bind_output(name, device)
    session.run_with_iobinding(binding)
    return binding.copy_outputs_to_cpu()


def _parity(
    model: Path, sessions: dict[str, ort.InferenceSession], square: Square
) -> dict[str, float]:
    """Return the largest difference of a score from the CPU's, by session."""
    expected = _scores(_session(model.read_bytes(), CPU), square)
    return {
        suffix.strip(", ") or "single precision": round(
            float(np.abs(_scores(session, square) - expected).max()), 5
        )
        for suffix, session in sessions.items()
    }


def _scores(session: ort.InferenceSession, square: Square) -> NDArray[np.float32]:
    return np.concatenate([part[0] for part in session.run(SCORES, {"image": square})])


if __name__ == "__main__":
    main()
