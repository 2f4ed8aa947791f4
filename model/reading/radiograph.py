"""A film as the product sees it: its grey with the polarity settled, and a few facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from radiograde.model.beside import Beside
from radiograde.model.errors import damage_as_error
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import DicomFile
from radiograde.model.reading.dicom_frame import Frame, read_frame
from radiograde.model.reading.digest import Digest
from radiograde.model.reading.film_attributes import (
    age_years,
    body_part,
    is_cross_section,
    may_show_chest,
    name,
    pixel_aspect,
    pixel_spacing_mm,
    uid,
)
from radiograde.model.reading.grey import Grey, Shades
from radiograde.model.reading.greyscale import graded_shades
from radiograde.model.reading.orientation import orientation_of
from radiograde.model.reading.picture import read_picture
from radiograde.model.reading.small_frame import read_small_frame
from radiograde.model.reading.view_position import View, view_of
from radiograde.model.reasons import INVERTED, Reason

Format = Literal["dicom", "png", "jpeg"]


@dataclass(frozen=True, slots=True, eq=False)
class Radiograph:
    """One image, ready to be graded; nothing in it names the patient.

    ``grey``: head up, the patient's right on the left. ``digest``: of the whole file.
    ``flipped``: whether the order of rows, and of columns, differs from the stored object's;
    what is drawn onto that object must be flipped back.
    ``notes``: what reading noticed and corrected, for the input check to repeat.
    ``pixel_aspect``: how much higher than wide its pixels are, 1 for square ones.
    ``cross_section``: the header has the elements of a slice.
    ``sides_known``: the header says where head and sides are.
    ``colourful``: the picture was plainly in colour before it became grey.
    ``code_check``: where damage of its code is still looked for, see :meth:`assure_whole`.
    """

    grey: Grey
    source: Format
    digest: Digest
    view: View = "UNKNOWN"
    modality: str | None = None
    body_part: str | None = None
    age_years: float | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    pixel_aspect: float = 1.0
    frames: int = 1
    cross_section: bool = False
    sides_known: bool = False
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    study_instance_uid: str | None = None
    notes: tuple[Reason, ...] = ()
    colourful: bool = False
    flipped: tuple[bool, bool] = (False, False)
    code_check: Beside[None] | None = None

    def assure_whole(self) -> None:
        """Wait until no damage of its code is looked for any more.

        Raises:
            MalformedImageError: some was found.
        """
        if self.code_check is not None:
            with damage_as_error():
                self.code_check.result()

    @property
    def pixels(self) -> NDArray[np.float32]:
        """(H, W) in [0, 1], 0 = air (black), 1 = dense (white), worked out when first asked for."""
        return self.grey.pixels

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.grey.shape

    @property
    def sha256(self) -> str:
        """The SHA-256 of the whole file, in hexadecimal digits."""
        return self.digest.hex

    def as_stored(self) -> Radiograph:
        """Return it as its file has it: what is no chest has no polarity to settle.

        That it was inverted is no longer among its notes.
        """
        if INVERTED not in self.notes:
            return self
        notes = tuple(note for note in self.notes if note != INVERTED)
        return replace(self, grey=self.grey.negative(), notes=notes)


def dicom_film(file: DicomFile, digest: Digest, limits: Limits) -> Radiograph:
    """Return the film of a DICOM object, its polarity settled where it may be a chest.

    ``digest``: of the whole file.

    Raises:
        TooLargeError, UnsupportedSyntaxError, TruncatedError, MissingPixelsError,
        MalformedImageError: as :func:`radiograde.model.reading.dicom_frame.read_frame`.
    """
    return _dicom_film(file, read_frame(file, limits), digest)


def small_dicom_film(
    file: DicomFile, digest: Digest, limits: Limits, least: int
) -> Radiograph | None:
    """Return the film of a DICOM object decoded at a fraction of its size.

    None where there is none, see :func:`radiograde.model.reading.small_frame.read_small_frame`,
    which says what is raised, too.
    """
    frame = read_small_frame(file, limits, least)
    return None if frame is None else _dicom_film(file, frame, digest)


def _dicom_film(file: DicomFile, frame: Frame, digest: Digest) -> Radiograph:
    header = file.header
    orientation = orientation_of(header)
    film = Radiograph(
        grey=Shades(orientation.upright(frame.codes), graded_shades(frame, header), frame.shape),
        source="dicom",
        digest=digest,
        view=view_of(header),
        modality=name(header, "Modality"),
        body_part=body_part(header),
        age_years=age_years(header),
        pixel_spacing_mm=pixel_spacing_mm(header),
        pixel_aspect=pixel_aspect(header),
        frames=frame.frames,
        cross_section=is_cross_section(header),
        sides_known=orientation.known,
        sop_class_uid=uid(header, "SOPClassUID"),
        sop_instance_uid=uid(header, "SOPInstanceUID"),
        study_instance_uid=uid(header, "StudyInstanceUID"),
        notes=orientation.notes,
        colourful=frame.colourful,
        flipped=orientation.flipped,
        code_check=frame.code_check,
    )
    # What is no chest has no polarity that a chest film could tell.
    return _settled(film) if may_show_chest(header) else film


def picture_film(
    data: bytes, picture_format: Literal["png", "jpeg"], digest: Digest, limits: Limits
) -> Radiograph:
    """Return the film of a PNG or JPEG file, its polarity settled.

    Raises:
        TooLargeError, TruncatedError, MalformedImageError: as
            :func:`radiograde.model.reading.picture.read_picture`.
    """
    picture = read_picture(data, limits)
    return _settled(Radiograph(picture.grey, picture_format, digest, colourful=picture.colourful))


def _settled(film: Radiograph) -> Radiograph:
    """Return the film with 0 = air by its content, and what was noticed about that."""
    noticed = film.grey.resemblance.polarity
    if noticed is None:
        return film
    grey = film.grey.negative() if noticed == INVERTED else film.grey
    return replace(film, grey=grey, notes=(*film.notes, noticed))
