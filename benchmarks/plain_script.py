"""What is written in an hour: pydicom, a resize and DenseNet-121 in PyTorch, film by film.

The transforms are torchxrayvision's (Cohen et al., MIDL 2022): values to [-1024, 1024], the middle
square, 224 x 224. The weights are random, since weights do not change the time.

    python -m benchmarks.plain_script FOLDER
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import torch
from pydicom import dcmread
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torchvision.models import DenseNet, densenet121

SIDE = 224


def network() -> DenseNet:
    """Return the DenseNet-121 of torchxrayvision's classifiers: one channel in, 18 outputs."""
    made = densenet121(weights=None, num_classes=18)
    made.features.conv0 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    return made.eval()


def picture(path: Path) -> Tensor:
    """Return a film as the network takes it: (1, 1, 224, 224) float32."""
    ds = dcmread(path)
    pixels = ds.pixel_array.astype(np.float32)
    pixels = (2 * pixels / (2**ds.BitsStored - 1) - 1) * 1024
    rows, columns = pixels.shape
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    square = torch.from_numpy(pixels[top : top + side, left : left + side])
    return interpolate(square[None, None], (SIDE, SIDE), mode="bilinear", antialias=True)


def main(folder: Path) -> None:
    """Write a row for each film of a folder to standard output."""
    densenet, writer = network(), csv.writer(sys.stdout)
    with torch.inference_mode():
        for path in sorted(folder.glob("*.dcm")):
            writer.writerow([path, *densenet(picture(path))[0].tolist()])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
