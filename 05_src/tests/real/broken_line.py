"""A line to a real server on which answers get lost: the server does what it is told, and nobody hears of it."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

__all__ = ["BrokenLine", "broken_line"]


class BrokenLine(ThreadingHTTPServer):
    """A proxy. ``loses(path)`` is asked when the server has answered, and may wait; if it is true, nobody hears."""

    daemon_threads = True

    def __init__(self, server: str):
        super().__init__(("127.0.0.1", 0), _Request)
        self.behind = urlsplit(server).netloc
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.loses: Callable[[str], bool] = lambda path: False
        self.asked: list[str] = []


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = http.client.HTTPConnection(self.server.behind, timeout=60)
        server.request(self.command, self.path, body or None, dict(self.headers))
        answer = server.getresponse()
        data = answer.read()
        server.close()
        self.server.asked.append(self.path)
        if self.server.loses(self.path):
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextmanager
def broken_line(server: str) -> Iterator[BrokenLine]:
    """Such a line for as long as the block lasts."""
    line = BrokenLine(server)
    thread = Thread(target=line.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield line
    finally:
        line.shutdown()
        line.server_close()
        thread.join()
