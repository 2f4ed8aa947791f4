"""How much a file may claim before anything is decoded: a bomb must cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

from radiograde.model.errors import MalformedImageError, TooLargeError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds checked against the header, before memory is allocated.

    The largest detectors give about 20 megapixels; scanned film stays below 50. A colour pixel
    is three samples.
    """

    max_bytes: int = 256 * 2**20
    max_samples: int = 50_000_000
    max_elements: int = 100_000

    def check_bytes(self, size: int) -> None:
        """Raise TooLargeError for a file, or an inflated data set, of more than ``max_bytes``."""
        if size > self.max_bytes:
            raise TooLargeError(
                f"The file is larger than the {self.max_bytes // 2**20} MiB allowed. "
                "Send the single film instead of a whole study."
            )

    def check_shape(self, rows: int, columns: int, samples: int = 1) -> None:
        """Raise for a picture without area (MalformedImageError) or too many samples."""
        if rows < 1 or columns < 1:
            raise MalformedImageError(
                "The header declares an image without rows or columns. Export the film again."
            )
        if rows * columns * samples > self.max_samples:
            raise TooLargeError(
                f"The header declares {rows} x {columns} x {samples} samples, more than the "
                f"{self.max_samples // 1_000_000} million allowed. "
                "Send the film in grey, at its own size."
            )
