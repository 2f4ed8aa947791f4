"""A film as the product sees it: grey pixels with their polarity settled, and a few facts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from radiograde.model.errors import UnknownFormatError, UnreadableError
from radiograde.model.limits import Limits
from radiograde.model.reading.damage import told_as_damage
from radiograde.model.reading.dicom_facts import age_years, body_part, name, pixel_spacing_mm, uid
from radiograde.model.reading.dicom_file import looks_like_dicom, parse
from radiograde.model.reading.dicom_frame import frame_count, read_frame
from radiograde.model.reading.dicom_orientation import orientation_of
from radiograde.model.reading.dicom_view import view_of
from radiograde.model.reading.greyscale import to_grey
from radiograde.model.reading.polarity import settle_polarity
from radiograde.model.reading.raster import picture_format, read_picture
from radiograde.model.scoring.result import Reason

Source = Literal["dicom", "png", "jpeg"]
View = Literal["PA", "AP", "LATERAL", "OTHER", "UNKNOWN"]

DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, eq=False)
class Radiograph:
    """One image, ready to be graded; nothing in it names the patient.

    ``pixels``: (H, W) float32 in [0, 1], 0 = air (black), 1 = dense (white), head up, the
    patient's right on the left.
    ``flipped``: whether the order of rows, and of columns, differs from the stored object's;
    what is drawn onto that object must be flipped back.
    ``notes``: what reading noticed and corrected, for the gate to repeat.
    ``colourful``: the picture was plainly in colour before it became grey.
    """

    pixels: NDArray[np.float32]
    source: Source
    sha256: str
    view: View = "UNKNOWN"
    modality: str | None = None
    body_part: str | None = None
    age_years: float | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    frames: int = 1
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    notes: tuple[Reason, ...] = ()
    colourful: bool = False
    flipped: tuple[bool, bool] = (False, False)


def read(
    source: bytes | bytearray | memoryview | Path | str, *, limits: Limits = DEFAULT_LIMITS
) -> Radiograph:
    """Return the film in a file, given as its bytes or its path: DICOM, PNG or JPEG.

    Polarity is settled here, once: by photometric interpretation, and against it where the
    content plainly says so (a note ``inverted`` tells). A film that PatientOrientation calls
    mirrored or upside down is flipped (notes ``mirrored``, ``upside_down``). Of several frames
    the first is read.

    Raises:
        UnknownFormatError: neither DICOM nor PNG nor JPEG.
        TooLargeError: more than ``limits`` allow; seen before anything is decoded.
        UnsupportedSyntaxError: a transfer syntax without a decoder.
        TruncatedError, MissingPixelsError, MalformedImageError, UnreadableError: damaged.
    """
    data = _load(source, limits)
    with told_as_damage():
        film = _read(data, limits)
        pixels, notes = settle_polarity(film.pixels)
        return replace(film, pixels=pixels, notes=(*film.notes, *notes))


def _load(source: bytes | bytearray | memoryview | Path | str, limits: Limits) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        limits.check_bytes(memoryview(source).nbytes)
        return bytes(source)
    path = Path(source)
    try:
        limits.check_bytes(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(
            "The file cannot be opened. Check that it exists and may be read."
        ) from error


def _read(data: bytes, limits: Limits) -> Radiograph:
    picture = picture_format(data)
    if picture is not None:
        return _read_picture(data, picture, limits)
    if looks_like_dicom(data):
        return _read_dicom(data, limits)
    raise UnknownFormatError("This is neither DICOM nor PNG nor JPEG. Send one of these.")


def _read_picture(data: bytes, source: Literal["png", "jpeg"], limits: Limits) -> Radiograph:
    picture = read_picture(data, limits)
    digest = hashlib.sha256(data).hexdigest()
    return Radiograph(picture.grey, source, digest, colourful=picture.colourful)


def _read_dicom(data: bytes, limits: Limits) -> Radiograph:
    file = parse(data, limits)
    frame = read_frame(file, limits)
    header = file.header
    orientation = orientation_of(header)
    return Radiograph(
        pixels=orientation.upright(to_grey(frame, header)),
        source="dicom",
        sha256=hashlib.sha256(data).hexdigest(),
        view=view_of(header),
        modality=name(header, "Modality"),
        body_part=body_part(header),
        age_years=age_years(header),
        pixel_spacing_mm=pixel_spacing_mm(header),
        frames=frame_count(header),
        sop_class_uid=uid(header, "SOPClassUID"),
        sop_instance_uid=uid(header, "SOPInstanceUID"),
        study_instance_uid=uid(header, "StudyInstanceUID"),
        notes=orientation.notes,
        colourful=frame.colourful,
        flipped=orientation.flipped,
    )
