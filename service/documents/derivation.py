"""What an image that was derived from a film says of that film."""

from __future__ import annotations

from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from radiograde.service.documents.clean_elements import clean
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.source_reference import header_of

METHODS: dict[str, str] = {
    uid.JPEGBaseline8Bit: "ISO_10918_1",
    uid.JPEGExtended12Bit: "ISO_10918_1",
    uid.JPEGLSNearLossless: "ISO_14495_1",
}
"""Transfer syntaxes that always lose detail, and their LossyImageCompressionMethod."""


def copy_lossiness(graded: GradedFilm, ds: Dataset) -> None:
    """Set whether lossy compression ever touched the film, PS3.3 C.7.6.1.1.5.

    Once lost, detail stays lost: the film's header says so, or its transfer syntax. Ratio and
    method are written where they are known.

    Raises:
        UndocumentedError: the film is a picture without a header.
    """
    header = header_of(graded)
    method = METHODS.get(graded.transfer_syntax or "")
    if method is None and header.decoded("LossyImageCompression") != "01":
        ds.LossyImageCompression = "00"
        return
    ds.LossyImageCompression = "01"
    ratios = _all_clean("DS", header.decoded("LossyImageCompressionRatio"))
    if ratios:
        ds.LossyImageCompressionRatio = ratios
    methods = _all_clean("CS", header.decoded("LossyImageCompressionMethod"))
    if methods or method:
        ds.LossyImageCompressionMethod = methods or method


def refer_to_source(source: Dataset, ds: Dataset) -> None:
    """Name the film in the General Image (PS3.3 C.7.6.1) and Common Instance Reference modules."""
    image = Dataset()
    image.ReferencedSOPClassUID = source.SOPClassUID
    image.ReferencedSOPInstanceUID = source.SOPInstanceUID
    ds.SourceImageSequence = Sequence([image])
    series = Dataset()
    series.SeriesInstanceUID = source.SeriesInstanceUID
    series.ReferencedInstanceSequence = Sequence([image])
    ds.ReferencedSeriesSequence = Sequence([series])


def _all_clean(vr: str, text: str) -> list[str]:
    values = [clean(vr, part) for part in text.split("\\")]
    return values if all(values) else []
