"""What a page of a PDF says, read back out of its bytes; enough for pages of reportlab."""

from __future__ import annotations

import re
import zlib

_FACE = re.compile(rb"/BaseFont /(\S+) .*?/Name /(F\d+)", re.DOTALL)
_STREAM = re.compile(rb"/FlateDecode \].*?stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+) (\S+) Tf|\(((?:\\.|[^\\)])*)\) Tj|(\bET\b)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def page_count(pdf: bytes) -> int:
    """Return how many pages there are."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def lines(pdf: bytes) -> list[str]:
    """Return the lines of text in the order in which they were written.

    Helvetica is read as cp1252, CID fonts as UTF-16; embedded typefaces are not read.
    """
    faces = {name: face for face, name in _FACE.findall(pdf)}
    found, line, face = [], "", b""
    for name, _, shown, end in _SHOWN.findall(_content(pdf)):
        if name:
            face = faces[name]
        elif end:
            found.append(line)
            line = ""
        else:
            encoding = "cp1252" if face.startswith(b"Helvetica") else "utf-16-be"
            line += _ESCAPED.sub(_unescape, shown).decode(encoding)
    return found


def outside_streams(pdf: bytes) -> bytes:
    """Return the file without its drawing and pictures: objects, and what is said of the file."""
    return re.sub(rb"stream\r?\n.*?endstream", b"", pdf, flags=re.DOTALL)


def _content(pdf: bytes) -> bytes:
    """Return the page's drawing operators."""
    for encoded in _STREAM.findall(pdf):
        content = zlib.decompressobj().decompress(encoded)
        if b" Tf" in content:
            return content
    raise AssertionError("the page has no text")


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code.isdigit():
        return bytes([int(code, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(code, code)
