"""HTTP to the lab's own service, in forty lines: ``http.client`` takes 50 ms to import."""

from __future__ import annotations

import socket

PROTOCOL = 1
"""Of the control API. A service of another one, left by an older owlab, is started again."""


class Gone(Exception):
    """No service answers for this lab."""


class Answer:
    """A response: its status, and its body as it comes."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")
        line = self._file.readline().split()
        if len(line) < 2:
            raise Gone("the service closed the connection")
        self.status = int(line[1])
        self._chunked = False
        self._left = 0  # bytes until the end of the body, or of this chunk of it
        self._ended = False
        while (header := self._file.readline().strip().lower()) != b"":
            name, _, value = header.partition(b":")
            if name == b"transfer-encoding":
                self._chunked = value.strip() == b"chunked"
            elif name == b"content-length":
                self._left = int(value)

    def read(self, amount: int = -1, /) -> bytes:
        """At most so many bytes of the body, or all of it; none at the end."""
        if amount < 0:
            return b"".join(iter(lambda: self.read(65536), b""))
        if self._left == 0:
            if not self._chunked or self._ended:
                return b""
            size = self._file.readline()
            if not size:
                raise ConnectionError("the connection to the pocket lab broke off")
            self._left = int(size, 16)
            self._ended = self._left == 0
            if self._ended:
                return b""
        data = self._file.read1(min(amount, self._left))
        if not data:
            raise ConnectionError("the connection to the pocket lab broke off")
        self._left -= len(data)
        if self._left == 0 and self._chunked:
            self._file.readline()
        return data

    def close(self) -> None:
        """Hang up; a command whose output this was is ended by its service."""
        self._file.close()
        self._connection.close()


def request(port: int, token: str, method: str, path: str, body: bytes | None) -> Answer:
    """Ask the service on loopback; the answer's body is still to be read."""
    try:
        connection = socket.create_connection(("127.0.0.1", port))
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(body or b'')}\r\n\r\n"
        )
        connection.sendall(head.encode() + (body or b""))
        return Answer(connection)
    except (OSError, ValueError) as error:
        raise Gone(str(error)) from None
