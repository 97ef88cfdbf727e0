"""What whoever serves a part of the API answers with: JSON, and warnings beside it."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response


def respond(data: object, status: int = 200) -> Response:
    """JSON, which every client accepts."""
    return Response(json.dumps(data, separators=(",", ":")), status, media_type="application/json")


def warn(request: Request, said: list[str]) -> None:
    """Send warnings with the answer."""
    request.state.warnings = [*getattr(request.state, "warnings", []), *said]
