"""What is asked of a server of workitems: UPS-RS, PS3.18 section 11."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from radiograde.service.config.archives import UpsConfig
from radiograde.service.delivery.destinations.destination import Finding, run_steps
from radiograde.service.delivery.destinations.http_answer import Answer, is_final, raise_for_status
from radiograde.service.delivery.destinations.http_client import HttpClient
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.pacs.identifiers import JsonAttributes
from radiograde.service.ups.workitem import State, Workitem, progress, state_change, workitem_of

_JSON = "application/dicom+json"
_STATE, _STATION = "00741000", "00404025.00080100"
_INCLUDED = ("00404018", "00404025", "00404041")
_PAGE, _MOST_PAGES = 100, 50
_GONE = (404, 410)


class UpsClient:
    """Talks to one server; safe to share among threads.

    Every method raises UnreachableError where it does not answer, and RefusedError where it will
    not do as asked.
    """

    def __init__(self, server: UpsConfig) -> None:
        """Take the secrets from their variables.

        Raises:
            SiteError: such a variable is empty, or holds what no token is.
        """
        self._server = server
        self._http = HttpClient(server)
        self._where = str(self._http.where)

    def scheduled(self) -> Iterator[Workitem]:
        """Yield the workitems that may be claimed: of this installation, and ready."""
        stations, procedures = self._server.stations, self._server.procedures
        for station in stations or (None,):
            for workitem in self._search(station):
                ours = workitem.is_of(stations, procedures)
                if ours and workitem.is_ready and workitem.state in ("SCHEDULED", ""):
                    yield workitem

    def find(self, uid: str) -> Workitem | None:
        """Return a workitem; None where there is none (any more)."""
        answer = self._http.get(_path(uid), _JSON)
        if answer.status in _GONE:
            return None
        found = self._documents(answer)
        return workitem_of(found[0]) if found else None

    def claim(self, uid: str, transaction_uid: str) -> bool:
        """Have a workitem IN PROGRESS under a transaction; False where another was first.

        A claim whose answer was lost holds: it is asked for again under the same transaction.
        """
        answer = self._put_state(uid, transaction_uid, "IN PROGRESS")
        if answer.status // 100 == 2:
            return True
        if not is_final(answer.status) and answer.status not in _GONE:
            self._check(answer)
        workitem = self.find(uid)
        if workitem is None or workitem.state in ("COMPLETED", "CANCELED"):
            return False
        if workitem.state == "SCHEDULED":
            self._check(answer)
        return self._update(uid, transaction_uid, progress(transaction_uid)).status // 100 == 2

    def update(self, uid: str, transaction_uid: str, content: bytes) -> None:
        """Change attributes of a workitem that was claimed."""
        self._check(self._update(uid, transaction_uid, content))

    def end(self, uid: str, transaction_uid: str, state: State) -> None:
        """Have a workitem that was claimed COMPLETED or CANCELED."""
        self._check(self._put_state(uid, transaction_uid, state))

    def check(self) -> list[Finding]:
        """Return what address, sign-in and a search came to; nothing is claimed."""
        return run_steps([*self._http.reachable_steps(), ("answers UPS-RS", self._look)])

    def _look(self) -> None:
        next(self.scheduled(), None)

    def _search(self, station: str | None) -> Iterator[Workitem]:
        keys = [(_STATE, "SCHEDULED"), *([] if station is None else [(_STATION, station)])]
        keys += [("includefield", tag) for tag in _INCLUDED]
        known: set[str] = set()
        for page in range(_MOST_PAGES):
            paged = [*keys, ("limit", str(_PAGE)), ("offset", str(page * _PAGE))]
            answer = self._http.get(f"/workitems?{urlencode(paged)}", _JSON)
            found = [one for one in map(workitem_of, self._documents(answer)) if one is not None]
            new = [one for one in found if one.uid not in known]
            yield from new
            known |= {one.uid for one in new}
            if not new or len(found) < _PAGE:
                return

    def _documents(self, answer: Answer) -> list[JsonAttributes]:
        if answer.status == 204:
            return []
        self._check(answer)
        listed = answer.json if isinstance(answer.json, list) else [answer.json]
        if not all(isinstance(one, dict) for one in listed):
            raise UnreachableError(
                f"{self._where} does not answer UPS-RS in {_JSON}. Check that `url` is its "
                "DICOMweb root."
            )
        return [JsonAttributes(one) for one in listed]

    def _put_state(self, uid: str, transaction_uid: str, state: State) -> Answer:
        return self._http.put(
            f"{_path(uid)}/state", state_change(transaction_uid, state), _JSON, None
        )

    def _update(self, uid: str, transaction_uid: str, content: bytes) -> Answer:
        path = f"{_path(uid)}?{urlencode({'transaction-uid': transaction_uid})}"
        return self._http.post(path, content, _JSON, _JSON)

    def _check(self, answer: Answer) -> None:
        with answer.obeyed():
            if answer.status == 404:
                raise RefusedError(f"{self._where} does not know the workitem, or no UPS-RS.")
            raise_for_status(self._where, answer.status)


def _path(uid: str) -> str:
    return f"/workitems/{quote(uid)}"
