"""One film as a file holds it: its header is parsed once, its pixels are decoded once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from radiograde.model.errors import (
    RadiogradeError,
    UnknownFormatError,
    UnreadableError,
    damage_as_error,
)
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import DicomFile, looks_like_dicom, parse
from radiograde.model.reading.dicom_frame import read_frame
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.digest import Digest
from radiograde.model.reading.picture import picture_format
from radiograde.model.reading.radiograph import (
    Format,
    Radiograph,
    dicom_film,
    picture_film,
    small_dicom_film,
)

DEFAULT_LIMITS = Limits()

Content = bytes | bytearray | memoryview
Kept = TypeVar("Kept")


class FilmFile:
    """A DICOM, PNG or JPEG file, or anything else that was sent as one; for one job, one thread.

    ``content``: the bytes as they came, within ``limits.max_bytes``. Header, hash and pixels are
    worked out when first asked for, and kept.
    """

    def __init__(self, content: bytes, limits: Limits) -> None:
        self.content = content
        self.limits = limits

    @cached_property
    def format(self) -> Format | None:
        """The format that the first bytes show; None if it is none of the three."""
        picture = picture_format(self.content)
        if picture is not None:
            return picture
        return "dicom" if looks_like_dicom(self.content) else None

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal digits."""
        return self._digest.hex

    @property
    def header(self) -> Header | None:
        """The header of a DICOM file; None of anything else, and of one that cannot be read."""
        return self._parsed.header if isinstance(self._parsed, DicomFile) else None

    @property
    def transfer_syntax(self) -> str | None:
        """The UID of a DICOM file's transfer syntax; None where ``header`` is None."""
        return self._parsed.transfer_syntax if isinstance(self._parsed, DicomFile) else None

    def dicom(self) -> DicomFile:
        """Return the parsed data set.

        Raises:
            UnknownFormatError: this is no DICOM file.
            TruncatedError, TooLargeError, MalformedImageError: it cannot be read.
        """
        return _result(self._parsed)

    def radiograph(self) -> Radiograph:
        """Return the film, decoded at the first call.

        Raises:
            RadiogradeError: the same at each call, see :func:`read`.
        """
        return _result(self._decoded)

    def small_radiograph(self, least: int) -> Radiograph:
        """Return the film as a look with ``least`` pixels along its longer side needs it.

        A film in JPEG 2000 may be decoded at a fraction of its size. Its highest resolutions are
        then not decoded: where their packets lie is checked, not what is in them. Damage of the
        others may still be looked for: nothing that is seen of the film is given out before
        :meth:`radiograde.model.reading.radiograph.Radiograph.assure_whole`. Any other film is the
        same as by :meth:`radiograph`.

        Raises:
            RadiogradeError: as :func:`read`.
        """
        small = _result(_attempt(lambda: self._decode_small(least)))
        return self.radiograph() if small is None else small

    @cached_property
    def _digest(self) -> Digest:
        return Digest.of(self.content)

    @cached_property
    def _parsed(self) -> DicomFile | RadiogradeError:
        if self.format != "dicom":
            return _unknown_format()
        return _attempt(lambda: parse(self.content, self.limits))

    @cached_property
    def _decoded(self) -> Radiograph | RadiogradeError:
        return _attempt(self._decode)

    def _decode_small(self, least: int) -> Radiograph | None:
        if self.format != "dicom":
            return None
        digest = self._digest  # begun first, it is worked out beside all that follows
        return small_dicom_film(self.dicom(), digest, self.limits, least)

    def _decode(self) -> Radiograph:
        if self.format is None:
            raise _unknown_format()
        if self.format == "dicom":
            return dicom_film(self.dicom(), self._digest, self.limits)
        return picture_film(self.content, self.format, self._digest, self.limits)


def open_film(source: Content | Path | str, limits: Limits) -> FilmFile:
    """Return the film in a file, given as its bytes or its path; nothing is parsed yet.

    Raises:
        TooLargeError: more bytes than ``limits`` allow.
        UnreadableError: there is no file at the path, or it may not be read.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        limits.check_bytes(memoryview(source).nbytes)
        return FilmFile(bytes(source), limits)
    path = Path(source)
    try:
        limits.check_bytes(path.stat().st_size)
        return FilmFile(path.read_bytes(), limits)
    except OSError as error:
        raise UnreadableError(
            "The file cannot be opened. Check that it exists and may be read."
        ) from error


def is_same_instance(one: FilmFile, other: FilmFile) -> bool:
    """Return whether two files hold the same: all bytes, or one DICOM instance that was sent on.

    Nodes on the way write preamble and meta information anew, and values in explicit or implicit
    VR; with any other difference it is another instance, whatever its UID.
    """
    if one.content == other.content:
        return True
    try:
        first, second = one.dicom(), other.dicom()
    except RadiogradeError:
        return False
    if first.pixels is None or second.pixels is None:
        return False
    same_header = first.header.plain_values() == second.header.plain_values()
    return same_header and first.pixels.value == second.pixels.value


def shows_the_same(one: FilmFile, other: FilmFile) -> bool:
    """Return whether two DICOM files hold the same picture, whatever their headers say.

    Nodes on the way correct headers and compress without loss. Files without pixels show the
    same. Pixels that cannot be decoded are compared as they are encoded.
    """
    try:
        first, second = one.dicom(), other.dicom()
    except RadiogradeError:
        return one.content == other.content
    if first.pixels is None or second.pixels is None:
        return first.pixels is second.pixels
    if first.pixels.value == second.pixels.value:
        return True
    if first.transfer_syntax == second.transfer_syntax:
        return False
    try:
        with damage_as_error():
            frames = [read_frame(file.dicom(), file.limits) for file in (one, other)]
    except RadiogradeError:
        return False
    return np.array_equal(frames[0].codes, frames[1].codes)


def read(source: Content | Path | str, *, limits: Limits = DEFAULT_LIMITS) -> Radiograph:
    """Return the film in a DICOM, PNG or JPEG file, given as its bytes or its path.

    Polarity is settled: by photometric interpretation, and against it where the content plainly
    says so (note ``inverted``). A film that PatientOrientation calls mirrored or upside down is
    flipped (notes ``mirrored``, ``upside_down``). Of several frames the first is read.

    Raises:
        UnknownFormatError: neither DICOM nor PNG nor JPEG.
        TooLargeError: more than ``limits`` allow; seen before anything is decoded.
        UnsupportedSyntaxError: a transfer syntax without a decoder.
        TruncatedError, MissingPixelsError, MalformedImageError, UnreadableError: damaged.
    """
    return open_film(source, limits).radiograph()


def _attempt(work: Callable[[], Kept]) -> Kept | RadiogradeError:
    """Return what ``work`` does, or the error that it ends in."""
    try:
        with damage_as_error():
            return work()
    except RadiogradeError as error:
        # Its traceback would keep the file's bytes and half-made pixels alive.
        return error.with_traceback(None)


def _result(outcome: Kept | RadiogradeError) -> Kept:
    if isinstance(outcome, RadiogradeError):
        raise copy.copy(outcome)
    return outcome


def _unknown_format() -> UnknownFormatError:
    return UnknownFormatError("This is neither DICOM nor PNG nor JPEG. Send one of these.")
