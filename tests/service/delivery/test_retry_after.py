"""A server that says when it wants to be asked again is not asked before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from radiograde.service.config.site import DicomWebDestinationConfig, FhirDestinationConfig
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.destinations.destination import Destination
from radiograde.service.delivery.destinations.dicomweb_destination import DicomWebDestination
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.delivery.destinations.retry_after import retry_after_s
from radiograde.service.errors import DeliveryError, RefusedError, UnreachableError
from tests.service.delivery.objects import RESULT_ID, dicom_document
from tests.service.delivery.web import Reply, running_web

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("Wed, 04 Mar 2026 05:08:07 GMT", 120),
        ("Wednesday, 04-Mar-26 05:08:07 GMT", 120),
        ("Wed Mar  4 05:08:07 2026", 120),
        ("Wed, 04 Mar 2026 05:08:07 -0000", 120),
        ("Wed, 04 Mar 2026 04:00:00 GMT", 0),
        ("86400", 3600),
        ("9" * 5000, 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("٣", 0),
        ("soon", 0),
        ("Wed, 99 Mar 2026 05:08:07 GMT", 0),
        ("Wed, 04 Mar 2026 05:08:07 +999999999999", 0),
    ],
)
def test_seconds_and_dates_are_read_within_an_hour(value: str, seconds: float) -> None:
    assert retry_after_s({"Retry-After": value}, NOW) == seconds


def test_a_date_counts_by_the_servers_own_clock() -> None:
    headers = {
        "Date": "Mon, 01 Jan 2001 00:00:00 GMT",
        "Retry-After": "Mon, 01 Jan 2001 00:01:30 GMT",
    }
    assert retry_after_s(headers, NOW) == 90


def test_who_does_not_ask_is_not_waited_for() -> None:
    assert retry_after_s({}, NOW) == 0


def destination(kind: str, url: str) -> Destination:
    if kind == "dicomweb":
        web = DicomWebDestinationConfig(type="dicomweb", name="web", url=url)
        return DicomWebDestination(web)
    return FhirDestination(FhirDestinationConfig(type="fhir", name="fhir", url=url))


def raised(reply: Reply, kind: str) -> DeliveryError:
    with running_web(reply) as web:
        there = destination(kind, web.url)
        with pytest.raises(DeliveryError) as caught:
            there.send([dicom_document(2)], RESULT_ID)
    return caught.value


@pytest.mark.parametrize("kind", ["dicomweb", "fhir"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_left_alone_for_as_long_as_it_says(kind: str, status: int) -> None:
    error = raised(Reply(status, headers={"Retry-After": "120"}), kind)
    assert isinstance(error, UnreachableError)
    assert error.retry_after_s == 120
    silent = raised(Reply(status), kind)
    assert isinstance(silent, UnreachableError)
    assert silent.retry_after_s == 0


def test_a_refusal_stays_one() -> None:
    error = raised(Reply(413, headers={"Retry-After": "120"}), "dicomweb")
    assert isinstance(error, RefusedError)


def test_nobody_asks_a_destination_before_its_time() -> None:
    now = [0.0]
    breakers = Breakers(clock=lambda: now[0])
    breakers.failed("pacs", 120)
    assert (breakers.down(), breakers.may_try("pacs")) == ({"pacs"}, False)
    assert breakers.due_in_s("pacs") == 120
    now[0] = 119.9
    assert not breakers.may_try("pacs")
    now[0] = 120
    assert [breakers.may_try("pacs"), breakers.may_try("pacs")] == [True, False]
    breakers.answered("pacs")
    assert (breakers.down(), breakers.came_back()) == (set(), True)


def test_a_short_pause_does_not_shorten_a_longer_one() -> None:
    now = [0.0]
    breakers = Breakers(clock=lambda: now[0])
    for _ in range(6):
        breakers.failed("pacs")
    breakers.failed("pacs", 1)
    assert breakers.due_in_s("pacs") == 60
