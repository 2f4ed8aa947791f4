"""Who is connected to the node: strangers, who are few and give way, and associations."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from dataclasses import dataclass

from radiograde.service.dicom_pdu import shut

MOST_STRANGERS = 128
"""Connections without an association: a sender's become one within milliseconds."""

MOST_STRANGERS_AN_ADDRESS = 32


@dataclass(eq=False, slots=True)
class Connection:
    """A connection from an address; ``has_place``: it was let in, and may have an association."""

    socket: socket.socket
    address: str
    has_place: bool = False


class Connections:
    """Limits how many there are; safe to share among threads.

    A stranger too many is taken in, and the one that has waited longest is hung up on: of the
    same address, or of the address that has most. So a sender always finds a place to ask from.
    """

    def __init__(self, places: int, places_an_address: int) -> None:
        self._places = places
        self._places_an_address = places_an_address
        self._all: list[Connection] = []
        self._lock = threading.Lock()

    def enter(self, connection: socket.socket, address: str) -> Connection:
        """Return what stands for a new connection."""
        new = Connection(connection, address)
        with self._lock:
            strangers = [one for one in self._all if not one.has_place]
            count = Counter(one.address for one in strangers)
            crowded = address if count[address] >= MOST_STRANGERS_AN_ADDRESS else None
            if crowded is None and len(strangers) >= MOST_STRANGERS:
                crowded = count.most_common(1)[0][0]
            if crowded is not None:
                longest = next(one for one in strangers if one.address == crowded)
                self._all.remove(longest)
                shut(longest.socket)
            self._all.append(new)
        return new

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is over; its place is free."""
        with self._lock:
            if connection in self._all:
                self._all.remove(connection)

    def take_place(self, connection: Connection) -> str | None:
        """Give a connection a place; return why there is none, None where it has got one."""
        with self._lock:
            standing = Counter(one.address for one in self._all if one.has_place)
            if standing.total() >= self._places:
                return f"all {self._places} places are taken: raise node.associations"
            if standing[connection.address] >= self._places_an_address:
                return (
                    f"this address has {self._places_an_address} associations, its share: "
                    "raise node.associations_per_address"
                )
            connection.has_place = True
        return None

    def close(self) -> None:
        """Hang up on every stranger."""
        with self._lock:
            for one in self._all:
                if not one.has_place:
                    shut(one.socket)
