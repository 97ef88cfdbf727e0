"""Lines of the combined log format."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.ground.clock import utc_now


def combined(request: Request, response: Response) -> str:
    """Who asked for what, and got what."""
    now = utc_now().strftime("%d/%b/%Y:%H:%M:%S +0000")
    client = request.client.host if request.client else "-"
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    version = request.scope.get("http_version", "1.1")
    size = "0" if request.method == "HEAD" else str(len(bytes(response.body)))
    referer = request.headers.get("referer", "-")
    agent = request.headers.get("user-agent", "-")
    line = f'"{request.method} {target} HTTP/{version}" {response.status_code} {size}'
    return f'{client} - - [{now}] {line} "{referer}" "{agent}"'
