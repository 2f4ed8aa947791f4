"""How much a file may claim before anything is decoded: a bomb must cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

from radiograde.model.errors import MalformedImageError, TooLargeError


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds checked against the header, before memory is allocated.

    The largest detectors give about 20 megapixels; scanned film stays below 50. A pixel counts
    once, in colour too.
    """

    max_bytes: int = 256 * 2**20
    max_pixels: int = 50_000_000
    max_elements: int = 100_000

    def check_bytes(self, size: int) -> None:
        """Raise TooLargeError for a file, or an inflated data set, of more than ``max_bytes``."""
        if size > self.max_bytes:
            raise TooLargeError(
                f"The file is larger than the {self.max_bytes // 2**20} MiB allowed. "
                "Send the single film instead of a whole study."
            )

    def check_shape(self, rows: int, columns: int) -> None:
        """Raise for a picture without area (MalformedImageError) or with too many pixels."""
        if rows < 1 or columns < 1:
            raise MalformedImageError(
                "The header declares an image without rows or columns. Export the film again."
            )
        if rows * columns > self.max_pixels:
            raise TooLargeError(
                f"The header declares {rows} x {columns} pixels, more than the "
                f"{self.max_pixels // 1_000_000} million allowed. "
                "Send the film at its own size."
            )
