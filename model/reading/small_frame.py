"""A frame decoded at a fraction of its size, where grading needs no more.

Of a picture of eight megapixels the two highest resolutions of JPEG 2000 are nine tenths of the
work, and the network sees little of what they add.
"""

from __future__ import annotations

from radiograde.model.limits import Limits
from radiograde.model.reading.codecs import JPEG_2000, decode_small
from radiograde.model.reading.dicom_file import DicomFile
from radiograde.model.reading.dicom_frame import Frame, frame_count, shape_of
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.pixel_data import first_frame, pages_in
from radiograde.model.reading.stored_bits import stored_bits

TABLES = ("ModalityLUTSequence", "VOILUTSequence")


def read_small_frame(file: DicomFile, limits: Limits, least: int) -> Frame | None:
    """Return the first frame at 1/2, 1/4, ... of its size, the longer side not below ``least``.

    None is what is no grey JPEG 2000 of some size, and any film of which the mean of some codes is
    not shown as the mean of what each shows: with a table, a sigmoid, padding, or bits that are no
    pixel.

    Raises:
        RadiogradeError: as :func:`radiograde.model.reading.dicom_frame.read_frame`.
    """
    header, pixels = file.header, file.pixels
    bits = header.short("BitsStored")
    if file.transfer_syntax not in JPEG_2000 or pixels is None or pixels.declared is not None:
        return None
    shape = shape_of(header, limits)
    if shape.samples != 1 or bits is None or not _is_straight(header):
        return None
    frames = frame_count(header)
    frame = first_frame(pixels.value, frames)
    small = decode_small(frame, file.transfer_syntax, shape, bits, least)
    if small is None:
        return None
    codes = small.codes
    highest = int(codes.max())
    if stored_bits(codes, header, highest, in_cells=False) != (bits, 0, False):
        return None
    frames = max(frames, pages_in(pixels, file.transfer_syntax, shape))
    size = shape.rows, shape.columns
    return Frame(codes, bits, 0, False, False, frames, highest, size, small.code_check)


def _is_straight(header: Header) -> bool:
    """Return whether grey is a line of the stored values, as far as the header says."""
    return (
        not any(header.items(sequence) for sequence in TABLES)
        and header.text("VOILUTFunction") != "SIGMOID"
        and header.short("PixelPaddingValue") is None
    )
