"""An answer over HTTP, and what its status means for a document: RFC 9110 section 15, RFC 6585."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from radiograde.service.errors import RefusedError, UnreachableError

_FINAL = frozenset({400, 406, 409, 410, 411, 412, 413, 414, 415, 422})
_ADVICE = {
    400: "Its log may say why.",
    401: "Check `user` and `password_env`, or `token_env`.",
    403: "Give this user leave to store there.",
    404: "Check `url`: there is nothing at this path.",
    405: "Check `url`: what is there takes no documents.",
    407: "The proxy on the way asks for a sign-in.",
    413: "Raise its limit on the size of a request.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an HTTP status, and the body where it is JSON, else None.

    ``retry_after_s``: for how long the server asks not to be asked again.
    """

    status: int
    json: Any
    retry_after_s: float = 0.0

    @contextmanager
    def obeyed(self) -> Iterator[None]:
        """Have an UnreachableError of the ``with`` block say when the server may be asked again."""
        try:
            yield
        except UnreachableError as error:
            error.retry_after_s = self.retry_after_s
            raise


@dataclass(frozen=True, slots=True)
class Download:
    """What came back, as bytes."""

    status: int
    content_type: str
    content: bytes
    retry_after_s: float = 0.0

    def to_answer(self) -> Answer:
        """Return it as JSON."""
        return Answer(self.status, _json(self.content), self.retry_after_s)


def is_final(status: int) -> bool:
    """Return whether the document is to blame.

    All else can be mended without changing it: a sign-in, a path, a server that is down.
    """
    return status in _FINAL


def raise_for_status(where: str, status: int, codes: Sequence[str] = ()) -> None:
    """Return for a status of the two hundreds; ``codes`` say more of another.

    Raises:
        RefusedError: it is final.
        UnreachableError: any other.
    """
    if status // 100 == 2:
        return
    error = RefusedError if is_final(status) else UnreachableError
    answer = ": ".join([describe(status), *([", ".join(codes)] if codes else [])])
    raise error(f"{where} answers {answer}. {_advice(status)}")


def describe(status: int) -> str:
    """Return a status with its phrase, such as ``404 Not Found``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _advice(status: int) -> str:
    if is_final(status):
        return _ADVICE.get(status, "Its log may say why.")
    return _ADVICE.get(status, "It is tried again later.")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
