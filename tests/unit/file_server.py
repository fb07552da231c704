"""A server of files that can be as difficult as real ones."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server(ThreadingHTTPServer):
    """Serves `files` with or without ranges, but only after `busy` refusals.

    It drops the connection after `cut` bytes of a body if that is set, and tells its length only if it is `measured`.
    """

    files: dict[str, bytes]
    ranges = measured = True
    busy = 0
    cut: int | None = None
    asked: list[tuple[str, str | None]]

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.asked.append((self.path, wanted))
        body = self.server.files.get(self.path.removeprefix("/"))
        if body is None:
            self.send_error(404)
            return
        if self.server.busy:
            self.server.busy -= 1
            self.send_error(503)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.server.ranges else 0
        if start and start >= len(body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if self.server.measured:
            self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:][: self.server.cut])

    def log_message(self, *_: Any) -> None:
        pass
