"""A destination that takes documents by STOW-RS, and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Literal

from pydicom import dcmread

Mood = Literal["takes", "hangs", "refuses", "resets"]
HANGS_S = 8.0


class Sink:
    """Counts what it took by SOP Instance UID, within a ``with`` block."""

    def __init__(self) -> None:
        self.mood: Mood = "takes"
        self.taken: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/dicom-web"

    def __enter__(self) -> Sink:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def site_file(self) -> str:
        """Return a site file by which every result goes here."""
        return (
            f'[[destination]]\nname = "sink"\ntype = "dicomweb"\nurl = "{self.url}"\n'
            'timeout_s = 5\nsend = ["sr"]\nsources = ["dicom", "dicomweb", "folder", "http"]\n'
        )

    def take(self, body: bytes, kind: str) -> list[str]:
        boundary = b"--" + kind.split("boundary=")[1].split(";")[0].strip('"').encode()
        uids = []
        for part in body.split(boundary)[1:-1]:
            content = part.split(b"\r\n\r\n", 1)[1]
            uids.append(
                str(dcmread(BytesIO(content), specific_tags=["SOPInstanceUID"]).SOPInstanceUID)
            )
        with self._lock:
            self.taken.update(uids)
        return uids

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                mood = sink.mood
                if mood == "resets":
                    self.rfile.read(100)
                    self.connection.close()
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if mood == "hangs":
                    time.sleep(HANGS_S)
                    self.connection.close()
                    return
                if mood == "refuses":
                    self._answer(503, {})
                    return
                uids = sink.take(body, self.headers["Content-Type"])
                stored = [
                    {
                        "00081150": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.88.33"]},
                        "00081155": {"vr": "UI", "Value": [uid]},
                    }
                    for uid in uids
                ]
                self._answer(200, {"00081199": {"vr": "SQ", "Value": stored}})

            def _answer(self, status: int, document: object) -> None:
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/dicom+json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
