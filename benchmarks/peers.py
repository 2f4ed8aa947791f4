"""What others grade films with: DenseNet-121, alone and at the end of their script.

The architecture is that of torchxrayvision's classifiers, which Cohen et al. (arXiv 2005.11856)
grade severity with: one input channel, 18 outputs, 224 x 224. Weights are random: they do not
change the time.
"""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pydicom
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from benchmarks.plain_script import SIDE

LIBRARY = "torchxrayvision"


def eager(network: nn.Module, picture: Tensor) -> Tensor:
    """Return the output for (1, 1, 224, 224), computed by PyTorch."""
    with torch.inference_mode():
        result: Tensor = network(picture)
        return result


def in_onnx_runtime(network: nn.Module, picture: Tensor, threads: int) -> Callable[[], object]:
    """Return the same work, done by ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "densenet.onnx"
        torch.onnx.export(
            network, (picture,), path, input_names=["image"], dynamo=True, verbose=False
        )
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"image": picture.numpy()}
    return lambda: session.run(None, feed)


def script_name() -> str:
    """Return whose steps :func:`script` takes: the library where it is installed, or its like."""
    if importlib.util.find_spec(LIBRARY) is None:
        return "its steps, resized by Pillow"
    return f"{LIBRARY} {version(LIBRARY)}"


def script(network: nn.Module) -> Callable[[bytes], Tensor]:
    """Return the script that torchxrayvision shows: pydicom, its transforms, DenseNet-121.

    Without the library the same steps are taken, and the film is resized by Pillow's box filter,
    which is faster than its own.
    """
    transforms = _of_library() if importlib.util.find_spec(LIBRARY) else (_cropped, _resized)

    def grade(content: bytes) -> Tensor:
        ds = pydicom.dcmread(BytesIO(content))
        highest = 2**ds.BitsStored - 1
        pixels = ds.pixel_array
        if ds.PhotometricInterpretation == "MONOCHROME1":
            pixels = highest - pixels
        picture = ((2 * (pixels.astype(np.float32) / highest) - 1) * 1024)[None]
        for transform in transforms:
            picture = transform(picture)
        return eager(network, torch.from_numpy(picture)[None])

    return grade


def _of_library() -> tuple[Callable[[Any], Any], ...]:
    datasets = importlib.import_module(LIBRARY).datasets
    return datasets.XRayCenterCrop(), datasets.XRayResizer(SIDE)


def _cropped(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    rows, columns = picture.shape[1:]
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    return picture[:, top : top + side, left : left + side]


def _resized(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    image = Image.fromarray(np.ascontiguousarray(picture[0]))
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))[None]
