"""HTTP to the lab's own service, in few lines: ``http.client`` takes 50 ms to import."""

from __future__ import annotations

import contextlib
import os
import select
import socket
from typing import Any

PROTOCOL = 4
"""Of the control API. A service of another one, left by another owlab, is started again."""
ALREADY_RUNS = 3
"""The exit status of a service that finds another one at work for its lab."""

SILENCE = float(os.environ.get("OWLAB_SILENCE", "15"))
"""Seconds without a byte after which a service does not answer any more. It sends something every
few seconds while a command runs, also when that prints nothing."""
STATUS = "/v1/status"
HEALTH = SILENCE / 3
"""Seconds in which a service that is well tells so, beside what it is at work on."""


class Gone(Exception):
    """No service answers for this lab."""


class Outdated(Gone):
    """A service answers, of another version of owlab."""


class Silent(ConnectionError):
    """The service is there, and says nothing: it hangs, or was stopped."""

    def __init__(self, pid: int, seconds: float) -> None:
        super().__init__(
            f"the lab does not answer: process {pid}, for {seconds:.0f} s; `owlab down` ends it"
        )
        self.pid, self.seconds = pid, seconds


class ServiceResponse:
    """A response: its status, and its body as it comes."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection, self._pid = connection, pid
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
        """At most so many bytes of the body, or all of it; none at the end.

        :raises Silent: nothing came for too long.
        """
        if amount < 0:
            return b"".join(iter(lambda: self.read(65536), b""))
        try:
            return self._read(amount)
        except TimeoutError:
            raise Silent(self._pid, self._connection.gettimeout() or 0) from None

    def _read(self, amount: int) -> bytes:
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

    def hang_up(self) -> None:
        """End it from another thread: whoever reads it sees that the connection broke off."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up; a command whose output this was is ended by its service."""
        self._file.close()
        self._connection.close()


def request(about: dict[str, Any], method: str, path: str, body: bytes | None) -> ServiceResponse:
    """Ask the service that announced itself so; the answer's body is still to be read.

    An answer may take its time, as when a machine boots first, while the service tells beside
    that it is well.

    :raises Gone: nobody is there.
    :raises Silent: somebody is, and does not answer in time.
    """
    connection, pid = _asked(about, method, path, body, SILENCE)
    try:
        while not _has_answered(connection, SILENCE):
            if path == STATUS or not _is_well(about):
                raise Silent(pid, SILENCE if path == STATUS else SILENCE + HEALTH)
        return ServiceResponse(connection, pid)
    except TimeoutError:
        connection.close()
        raise Silent(pid, SILENCE) from None
    except Silent:
        connection.close()
        raise
    except (OSError, ValueError) as error:
        connection.close()
        raise Gone(str(error)) from None


def _asked(
    about: dict[str, Any], method: str, path: str, body: bytes | None, seconds: float
) -> tuple[socket.socket, int]:
    """A connection on which a request was sent, and the process that it leads to."""
    try:
        port, token, pid = int(about["port"]), str(about["token"]), int(about["pid"])
        connection = socket.create_connection(("127.0.0.1", port), seconds)
    except TimeoutError:
        raise Silent(pid, seconds) from None
    except (OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise Gone(str(error)) from None
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body or b'')}\r\n\r\n"
    )
    try:
        connection.sendall(head.encode() + (body or b""))
    except TimeoutError:
        connection.close()
        raise Silent(pid, seconds) from None
    except OSError as error:
        connection.close()
        raise Gone(str(error)) from None
    return connection, pid


def _has_answered(connection: socket.socket, seconds: float) -> bool:
    """The first byte is there, or the end."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _is_well(about: dict[str, Any]) -> bool:
    try:
        connection, _ = _asked(about, "GET", STATUS, None, HEALTH)
        with connection:
            return _has_answered(connection, HEALTH)
    except (Gone, Silent):
        return False
