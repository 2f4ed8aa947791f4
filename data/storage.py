"""Grey values as stored samples, and those as the bytes of one frame in a transfer syntax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.pixels.encoders.base import RLELosslessEncoder

Photometric = Literal["MONOCHROME1", "MONOCHROME2"]

NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
JPEG2000 = (uid.JPEG2000Lossless, uid.JPEG2000)
HTJ2K = (uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K)
PREDICTOR = {uid.JPEGLosslessSV1: 1, uid.JPEGLossless: 6}
LOSSY = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)


@dataclass(frozen=True, slots=True)
class Storage:
    """How a film is stored.

    ``bits``: 8 to 16. ``signed``: two's complement around the middle, with a rescale intercept.
    ``windowed``: with the window that shows the full range, without any otherwise.
    """

    bits: int = 12
    photometric: Photometric = "MONOCHROME2"
    transfer_syntax: str = uid.ExplicitVRLittleEndian
    signed: bool = False
    windowed: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be stored."""
        if not 8 <= self.bits <= 16:
            raise ValueError(f"{self.bits} bits: films have 8 to 16")
        if self.transfer_syntax in LOSSY and (self.signed or self.bits > 12):
            raise ValueError("lossy JPEG holds unsigned samples of 8 to 12 bits")

    @property
    def middle(self) -> int:
        """The stored zero of a signed film."""
        return 1 << (self.bits - 1)


def samples_of(pixels: NDArray[np.float32], storage: Storage) -> NDArray[Any]:
    """Return grey (H, W) in [0, 1] as the samples that are stored: 8 or 16-bit integers."""
    top = 2**storage.bits - 1
    values = np.rint(pixels.astype(np.float64) * top).astype(np.int32)
    if storage.photometric == "MONOCHROME1":
        values = top - values
    if storage.signed:
        values -= storage.middle
    dtype = f"{'i' if storage.signed else 'u'}{1 if storage.bits == 8 else 2}"
    samples: NDArray[Any] = values.astype(dtype)
    return samples


def encode(samples: NDArray[Any], storage: Storage) -> bytes:
    """Return the frame's bytes; lossless unless the syntax has only lossy forms.

    Raises ValueError for a transfer syntax without an encoder.
    """
    syntax, bits = uid.UID(storage.transfer_syntax), storage.bits
    if syntax in NATIVE:
        big_endian = syntax == uid.ExplicitVRBigEndian
        return (samples.byteswap() if big_endian else samples).tobytes()
    if syntax == uid.RLELossless:
        return _encode_rle(samples, storage)
    if syntax in HTJ2K:
        return bytes(imagecodecs.htj2k_encode(samples, reversible=True))
    if syntax in JPEG2000:
        return bytes(
            imagecodecs.jpeg2k_encode(
                samples, level=0, codecformat="j2k", reversible=True, bitspersample=bits
            )
        )
    # JPEG and JPEG-LS have no sign: the bits of two's complement are stored as they are.
    words = samples.view(f"u{samples.dtype.itemsize}") & (2**bits - 1)
    if syntax in uid.JPEGLSTransferSyntaxes:
        return bytes(imagecodecs.jpegls_encode(words, level=0, out=2 * words.nbytes + 1024))
    if syntax in PREDICTOR:
        return bytes(
            imagecodecs.jpeg8_encode(
                words, lossless=True, predictor=PREDICTOR[syntax], bitspersample=bits
            )
        )
    if syntax in LOSSY:
        return bytes(
            imagecodecs.jpeg8_encode(words, level=95, bitspersample=8 if bits == 8 else 12)
        )
    raise ValueError(f"no encoder for {syntax.name}")


def _encode_rle(samples: NDArray[Any], storage: Storage) -> bytes:
    rows, columns = samples.shape
    return RLELosslessEncoder.encode(
        samples.tobytes(),
        encoding_plugin="pydicom",
        rows=rows,
        columns=columns,
        samples_per_pixel=1,
        number_of_frames=1,
        bits_allocated=8 * samples.dtype.itemsize,
        bits_stored=storage.bits,
        pixel_representation=int(storage.signed),
        photometric_interpretation=storage.photometric,
    )
