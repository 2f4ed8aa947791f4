"""Answers that a browser keeps and asks about each time: the same is not sent twice.

RFC 9110 sections 8.8.3 and 13.1.2. Who asks must still be allowed to read, and what is gone is
gone: the browser shows nothing that it was not told to show just now.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

KEPT = "private, no-cache"


def is_known(request: Request, tag: str) -> bool:
    """Return whether the caller has what the tag stands for."""
    asked = request.headers.get("if-none-match", "")
    known = {one.strip().removeprefix("W/") for one in asked.split(",")}
    return tag in known


def tagged(answer: Response, tag: str) -> Response:
    """Return an answer with its tag, for its caller alone to keep."""
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = KEPT
    return answer
