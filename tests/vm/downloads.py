"""What the steps download, served by the tests: stand-ins for what is not to be had everywhere.

A small HTTPS server on this computer's loopback address. The machines reach it by the names of the
real sites: their list of hosts sends those to an address that QEMU forwards, one process of this
file for each connection, and their list of authorities has the server's certificate.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.server
import io
import shlex
import socket
import ssl
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from owlab import versions

FOLDER = Path(__file__).parent
HELM_VERSION = versions.HELM_ARCHIVE
HELM = """\
#!/bin/sh
# A stand-in for Helm: it knows its version only.
[ "$*" = "version --short" ] || { echo "the stand-in for helm does not know: $*" >&2; exit 1; }
echo v4.1.4+stand-in
"""


@dataclass
class Downloads:
    """The server as the tests see it.

    :param asked: every request, as ``host/path``, in order.
    :param failing: the status of the answer to a request, by what stands in its address; 0 hangs
        up without an answer.
    """

    port: int
    asked: list[str] = field(default_factory=list)
    failing: dict[str, int] = field(default_factory=dict)

    @property
    def relay(self) -> str:
        """The command with which QEMU forwards a connection."""
        return shlex.join([sys.executable, str(Path(__file__).absolute()), str(self.port)])

    @contextlib.contextmanager
    def broken(self, part: str, status: int) -> Iterator[None]:
        """For a while, an address with ``part`` in it is not to be had."""
        self.failing[part] = status
        try:
            yield
        finally:
            del self.failing[part]


def helm_archive() -> bytes:
    """As Helm's own: the program in a folder of its platform. The same bytes each time."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo("linux-amd64/helm")
        entry.size, entry.mode = len(HELM), 0o755
        archive.addfile(entry, io.BytesIO(HELM.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)


def content_of(address: str) -> bytes | None:
    """What stands at ``host/path``."""
    path = address.partition("/")[2]
    if address in ("get.k3s.io/", "rancher-mirror.rancher.cn/k3s/k3s-install.sh"):
        return (FOLDER / "standin_k3s_install.sh").read_bytes()
    if address == f"get.helm.sh/helm-{HELM_VERSION}-linux-amd64.tar.gz":
        return helm_archive()
    folder, _, file = path.rpartition("/")
    version = unquote(folder.rpartition("/")[2])
    program = (FOLDER / "standin_k3s.py").read_text()
    program = program.replace('VERSION = "unset"', f'VERSION = "{version.replace("-", "+")}"')
    if file == "k3s":
        return program.encode()
    if file == "sha256sum-amd64.txt":
        return f"{hashlib.sha256(program.encode()).hexdigest()}  k3s\n".encode()
    return None


@contextlib.contextmanager
def served(certificate: Path) -> Iterator[Downloads]:
    """The server for the length of a ``with``."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = f"{self.headers['Host']}{urlsplit(self.path).path}"
            downloads.asked.append(address)
            wrong = [s for part, s in downloads.failing.items() if part in address]
            content = content_of(address)
            if wrong == [0]:
                return
            if wrong or content is None:
                self.send_error(wrong[0] if wrong else 404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """The requests are kept in ``asked``."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    downloads = Downloads(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield downloads
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _relay(port: int) -> None:
    """Between standard input, which is QEMU's end of a connection, and the server."""
    guest = socket.socket(fileno=0)
    with socket.create_connection(("127.0.0.1", port)) as server:
        threading.Thread(target=_copy, args=(guest, server), daemon=True).start()
        _copy(server, guest)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    _relay(int(sys.argv[1]))
