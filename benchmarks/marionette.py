"""Firefox driven by Marionette, its own remote protocol: WebDriver's actions with fingers.

A message is its length, a colon and a JSON list: 0, a number, a command and its parameters. The
answer is 1, the number, an error and a result. Playwright has no fingers in Debian's Firefox.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from benchmarks.browsers import FIREFOX_PREFERENCES

START_S = 90.0
PRESS_MS = 60
TOUCH = {"dom.w3c_touch_events.enabled": 1}
QUIET = {
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
}
"""Nothing is sent home, not even tried."""


class Firefox:
    """A Firefox that is driven; positions are CSS pixels of the page."""

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._count = 0
        self._read()  # it names itself first
        self.version: str = self.ask("WebDriver:NewSession")["capabilities"]["browserVersion"]

    def ask(self, command: str, **parameters: Any) -> Any:
        """Return the result of a command. Raises ClickException where Firefox refuses it."""
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        self._stream.write(b"%d:%s" % (len(message), message))
        self._stream.flush()
        _, _, error, result = self._read()
        if error is not None:
            raise click.ClickException(f"{command}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while (letter := self._stream.read(1)) != b":":
            length += letter
        return json.loads(self._stream.read(int(length)))

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a function's body returns in the page."""
        answer = self.ask(
            "WebDriver:ExecuteScript", script=script, args=list(arguments), newSandbox=False
        )
        return answer["value"]

    def tap(self, x: float, y: float) -> None:
        """Touch the page with a finger."""
        self.touch([[(x, y)]])

    def touch(self, paths: list[list[tuple[float, float]]]) -> None:
        """Put fingers down where their paths begin, move them along, and lift them."""
        fingers = [
            {
                "type": "pointer",
                "id": f"finger {number}",
                "parameters": {"pointerType": "touch"},
                "actions": [
                    _moved(path[0]),
                    {"type": "pointerDown", "button": 0},
                    {"type": "pause", "duration": PRESS_MS},
                    *(_moved(place) for place in path[1:]),
                    {"type": "pointerUp", "button": 0},
                ],
            }
            for number, path in enumerate(paths)
        ]
        self.ask("WebDriver:PerformActions", actions=fingers)


def _moved(place: tuple[float, float]) -> dict[str, Any]:
    x, y = (round(value) for value in place)
    return {"type": "pointerMove", "x": x, "y": y, "duration": 16, "origin": "viewport"}


@contextmanager
def driven_firefox(width: int, height: int) -> Iterator[Firefox]:
    """Run Firefox on a screen with a window of a size, within the ``with`` block."""
    program = shutil.which("firefox-esr")
    if program is None:
        raise click.ClickException("firefox-esr is not installed.")
    with tempfile.TemporaryDirectory() as name:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        _write_preferences(
            Path(name), FIREFOX_PREFERENCES | TOUCH | QUIET | {"marionette.port": port}
        )
        size = ("-width", str(width), "-height", str(height))
        options = ("--marionette", "--no-remote", "--profile", name, *size)
        running = subprocess.Popen([program, *options])
        try:
            with closing(_connected(port)) as connection:
                firefox = Firefox(connection)
                yield firefox
                firefox.ask("Marionette:Quit", flags=["eForceQuit"])
                running.wait(START_S)
        finally:
            running.terminate()
            running.wait()


def _write_preferences(profile: Path, preferences: Mapping[str, Any]) -> None:
    lines = (f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in preferences.items())
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")


def _connected(port: int) -> socket.socket:
    end = time.monotonic() + START_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=START_S)
        except OSError:
            if time.monotonic() > end:
                raise click.ClickException("Firefox did not start.") from None
            time.sleep(0.2)
