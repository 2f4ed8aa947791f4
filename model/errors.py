"""One family of errors. Each class carries its code, and its status in HTTP and DIMSE.

DIMSE statuses are those of the Storage service class, DICOM PS3.4 section B.2.3.

    RadiogradeError
    ├── UnreadableError            400  the bytes are no usable image
    │   ├── UnknownFormatError     415  neither DICOM nor PNG nor JPEG
    │   ├── TruncatedError         400  fewer bytes than the header promises
    │   ├── MissingPixelsError     400  a DICOM object without an image
    │   └── MalformedImageError    400  the header contradicts itself or the pixels
    ├── UnsupportedSyntaxError     415  a transfer syntax without a decoder
    ├── TooLargeError              413  more pixels or bytes than allowed
    ├── OverloadedError            503  the queue is full
    ├── NotFoundError              404  no such result
    └── ModelFileError             500  the ONNX file does not keep the contract
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class RadiogradeError(Exception):
    """Root of every error that a user may see; its message names no patient."""

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    http_status: ClassVar[int] = 500
    dimse_status: ClassVar[int] = 0x0110

    @property
    def message(self) -> str:
        """What went wrong and what to do next, in one or two sentences."""
        return str(self)


class UnreadableError(RadiogradeError):
    """The bytes cannot be turned into an image."""

    code = "unreadable"
    title = "The file cannot be read"
    http_status = 400
    dimse_status = 0xC000


class UnknownFormatError(UnreadableError):
    """The bytes are neither DICOM nor PNG nor JPEG."""

    code = "unknown_format"
    title = "Not a DICOM, PNG or JPEG file"
    http_status = 415


class TruncatedError(UnreadableError):
    """The file ends before its pixels do."""

    code = "truncated"
    title = "The file is cut short"


class MissingPixelsError(UnreadableError):
    """A DICOM object that holds no image, or lacks what describes one."""

    code = "no_pixels"
    title = "The file holds no image"


class MalformedImageError(UnreadableError):
    """Header and pixels contradict each other."""

    code = "malformed_image"
    title = "The image is malformed"


class UnsupportedSyntaxError(RadiogradeError):
    """A transfer syntax that this installation cannot decode."""

    code = "unsupported_transfer_syntax"
    title = "The compression is not supported"
    http_status = 415
    dimse_status = 0x0122


class TooLargeError(RadiogradeError):
    """More bytes or pixels than the limits allow."""

    code = "too_large"
    title = "The file is too large"
    http_status = 413
    dimse_status = 0xA700


class OverloadedError(RadiogradeError):
    """The queue is full; try again shortly."""

    code = "overloaded"
    title = "Too many films at once"
    http_status = 503
    dimse_status = 0xA700


class NotFoundError(RadiogradeError):
    """No result carries this id."""

    code = "not_found"
    title = "No such result"
    http_status = 404


class ModelFileError(RadiogradeError):
    """The ONNX file is absent, damaged or without its metadata."""

    code = "model_file"
    title = "The model file cannot be used"


def error_class(code: str) -> type[RadiogradeError]:
    """Return the class that carries ``code``; the root for a code that no class carries."""
    waiting: list[type[RadiogradeError]] = [RadiogradeError]
    while waiting:
        candidate = waiting.pop()
        if candidate.code == code:
            return candidate
        waiting.extend(candidate.__subclasses__())
    return RadiogradeError


@contextmanager
def damage_as_error() -> Iterator[None]:
    """Turn what a parser raises on broken bytes, within the ``with`` block, into such an error.

    Raises:
        RadiogradeError: as it was raised.
        MalformedImageError: anything else. Its cause is dropped: it may quote the header, and so
            the patient.
    """
    try:
        yield
    except RadiogradeError:
        raise
    except Exception:  # noqa: BLE001 - on broken bytes parsers raise anything
        raise MalformedImageError("The file is damaged. Export the film again.") from None
