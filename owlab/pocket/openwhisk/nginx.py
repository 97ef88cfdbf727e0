"""What OpenWhisk's nginx does itself: namespaces as subdomains, and files that are elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

GITHUB = "https://github.com"
_CLI = f"{GITHUB}/apache/openwhisk-cli/releases"
PLACES = {
    "/blackbox.tar.gz": (
        f"{GITHUB}/apache/openwhisk-runtime-docker/releases/download/sdk%400.1.0/"
        "blackbox-0.1.0.tar.gz"
    ),
    "/blackbox-0.1.0.tar.gz": "/blackbox.tar.gz",
    "/OpenWhiskIOSStarterApp.zip": (
        f"{GITHUB}/openwhisk/openwhisk-client-swift/releases/download/0.2.3/starterapp-0.2.3.zip"
    ),
    **{
        f"/cli/go/download/{system}/{machine}": (
            f"{_CLI}/download/latest/OpenWhisk_CLI-latest-{system}-{machine}.{suffix}"
        )
        for system, suffix in (("linux", "tgz"), ("mac", "zip"), ("windows", "zip"))
        for machine in ("amd64", "386")
    },
    "/cli/go/download": f"{_CLI}/latest",
}
"""Where nginx sends those who ask for these files."""
SERVER = "nginx/1.21.1"
_SIGNED = (b"server", SERVER.encode())


async def elsewhere(request: Request) -> Response:
    """A file of the above."""
    answer = _page("301 Moved Permanently")
    answer.headers["Location"] = PLACES[request.url.path]
    return answer


def bad_gateway() -> Response:
    """Nobody is behind it."""
    return _page("502 Bad Gateway")


def _page(title: str) -> Response:
    text = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>{SERVER}</center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Response(text, int(title.split()[0]), headers={"Content-Type": "text/html"})


def vanity(scope: Scope, host: str, apihost: str) -> bool:
    """``NAMESPACE.APIHOST/PACKAGE/ACTION`` is a web action's short address: make it the long one.

    Returns whether the host is such a one. nginx does it for all but the APIs below ``/api`` and
    the gateway's; a namespace with letters that no name of a host may have has no short address.
    """
    name = apihost.partition(":")[0]
    found = re.fullmatch(rf"([0-9a-zA-Z-]+)\.{re.escape(name)}(:\d+)?", host) if name else None
    if found is None:
        return False
    path = scope["path"]
    if path.startswith("/api/v1/web") or not path.startswith(("/api", "/v2", "/v1/health-check")):
        prefix = f"/api/v1/web/{found[1]}"
        scope["path"] = prefix + path
        if scope.get("raw_path") is not None:
            scope["raw_path"] = prefix.encode() + scope["raw_path"]
    return True


def signed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer as nginx lets them through: with its own ``Server``, no other."""
    return [_SIGNED, *(pair for pair in headers if pair[0].lower() != b"server")]
