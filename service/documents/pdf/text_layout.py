"""Lines of text for a PDF: which typeface draws which letter, how wide it is, where it breaks.

Helvetica and the Asian typefaces are those that every PDF reader brings or finds (PDF 32000-1,
9.6.2.2 and 9.7.5.2); Vera is embedded. Scripts that none of them holds, such as Arabic or Thai,
are shown as question marks.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

_KOREAN, _JAPANESE, _CHINESE = "HYGothic-Medium", "HeiseiKakuGo-W5", "STSong-Light"
_REPERTOIRES = {_KOREAN: "cp949", _JAPANESE: "cp932", _CHINESE: "gbk"}
"""Python's encodings of nearly the letters that these typefaces' character maps hold."""

_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_KANA = re.compile("[\u3040-\u30ff\uff66-\uff9f]")
_UNSPACED = "\u3041-\u3096\u30a1-\u30ff\u3400-\u9fff"
_STOPS = "\u3001\u3002\u30fb\uff09\u300d\uff0c\uff1a"
_BREAKABLE = re.compile(f"\\s*(?:[{_UNSPACED}]|[^\\s{_UNSPACED}]+)[{_STOPS}]*")
"""What stays on one line: a word, or a letter of a script without spaces, and stops behind it."""

_UNKNOWN = "?"

_LOCK = Lock()
_EMBEDDED: dict[str, frozenset[int]] = {}
"""The letters of the embedded typefaces, once they are registered."""

Piece = tuple[str, str]
"""Letters, and the typeface that draws them."""


def runs(text: str, *, bold: bool = False) -> list[Piece]:
    """Return the text as pieces, each with the name of the typeface that draws it.

    A letter that no typeface holds loses its accents, or becomes a question mark.
    """
    faces = _faces(text, bold)
    drawn = [_drawn(letter, faces) for letter in unicodedata.normalize("NFC", text)]
    return [
        ("".join(letter for letter, _ in piece), face)
        for face, piece in groupby(drawn, key=lambda pair: pair[1])
    ]


def width(pieces: Sequence[Piece], size: float) -> float:
    """Return how wide a line is, in points."""
    return sum(pdfmetrics.stringWidth(piece, face, size) for piece, face in pieces)


def fitting(text: str, size: float, room: float) -> float:
    """Return the size, at most ``size``, at which the whole text is no wider than ``room``."""
    return min(size, size * room / max(width(runs(text), size), 1))


def fitted(text: str, size: float, room: float) -> str:
    """Return the text, its end cut off where it is wider than ``room``."""
    if width(runs(text), size) <= room:
        return text
    too_long = bisect_right(
        range(len(text)), room, key=lambda length: width(runs(f"{text[:length]}..."), size)
    )
    return f"{text[: max(too_long - 1, 0)].rstrip()}..."


def wrapped(text: str, size: float, room: float) -> list[str]:
    """Return the text in lines that are no wider than ``room``.

    Lines break at spaces, and in Japanese and Chinese after any letter but not before a stop.
    """
    lines: list[str] = []
    for piece in _BREAKABLE.findall(text.strip()):
        if lines and width(runs(lines[-1] + piece), size) <= room:
            lines[-1] += piece
        else:
            lines.append(fitted(piece.strip(), size, room))
    return lines


def _faces(text: str, bold: bool) -> tuple[str, ...]:
    """Return the typefaces to try in turn: Han letters look different in each language."""
    _register()
    latin = ("Helvetica-Bold", "VeraBd") if bold else ("Helvetica", "Vera")
    if _HANGUL.search(text):
        return (*latin, _KOREAN, _JAPANESE, _CHINESE)
    if _KANA.search(text):
        return (*latin, _JAPANESE, _CHINESE, _KOREAN)
    return (*latin, _CHINESE, _JAPANESE, _KOREAN)


def _drawn(letter: str, faces: Sequence[str]) -> Piece:
    bare = unicodedata.normalize("NFKD", letter)[0]
    for candidate in (letter, bare, bare.casefold()):
        for face in faces:
            if _holds(face, candidate):
                return candidate, face
    return _UNKNOWN, faces[0]


def _holds(face: str, letter: str) -> bool:
    if face in _EMBEDDED:
        return ord(letter[0]) in _EMBEDDED[face]
    try:
        letter.encode(_REPERTOIRES.get(face, "cp1252"))
    except UnicodeEncodeError:
        return False
    return letter.isprintable()


def _register() -> None:
    """Make the typefaces known to reportlab, once."""
    with _LOCK:
        if _EMBEDDED:
            return
        for name in _REPERTOIRES:
            pdfmetrics.registerFont(UnicodeCIDFont(name))
        for name in ("Vera", "VeraBd"):
            font = TTFont(name, f"{name}.ttf")
            pdfmetrics.registerFont(font)
            _EMBEDDED[name] = frozenset(font.face.charToGlyph)
