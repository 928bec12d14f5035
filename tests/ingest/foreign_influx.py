"""A stand-in for servers of strangers: says what it is told, and remembers what it was asked.

For the dialects of InfluxDB that cannot be installed here (2.x, 3.x), and for faults that a real
server does not show on command.
"""

import gzip
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

Script = tuple[int, dict[str, str], bytes]


class Asked(NamedTuple):
    """One request as it came in, its body unpacked; header names in lower case."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else head and body of each answer wait for each other
    server: "_Server"

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, params, headers, body.decode())
        status, told, text = self.server.answer(asked)
        self.send_response(status)
        for name, value in told.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if status != 204:
            self.wfile.write(text)

    do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - the library's names

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, version: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.version = version
        self.asked: list[Asked] = []
        self.script: deque[Script] = deque()
        self.refuses = ""

    def answer(self, asked: Asked) -> Script:
        self.asked.append(asked)
        if asked.path == "/ping" and self.version:
            return 204, {"X-Influxdb-Version": self.version}, b""
        if self.script:
            return self.script.popleft()
        if self.refuses and self.refuses in asked.body:
            return 400, {}, b'{"code":"invalid","message":"unable to parse"}'
        return 204, {}, b""


class ForeignInflux:
    """The server as a context manager.

    ``script`` holds the next answers but for /ping; when it is empty, a body that contains
    ``refuses`` is answered 400 and all others 204.
    """

    def __init__(self, version: str = "v2.7.1") -> None:
        self._server = _Server(version)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.asked = self._server.asked
        self.script = self._server.script

    def refuse(self, text: str) -> None:
        """From now on a body that contains ``text`` is a bad one."""
        self._server.refuses = text

    def become(self, version: str) -> None:
        """Answer /ping with another version from now on."""
        self._server.version = version

    def writes(self) -> list[Asked]:
        """The write requests so far."""
        return [one for one in self.asked if one.path.endswith("/write")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
