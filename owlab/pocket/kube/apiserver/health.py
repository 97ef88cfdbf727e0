"""``/healthz``, ``/livez`` and ``/readyz``: whole, check by check, and one check alone."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from owlab.pocket.kube.errors import NoSuchResource

_CHECKS = (
    "ping",
    "log",
    "etcd",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/bootstrap-controller",
    "poststarthook/apiservice-openapi-controller",
)
_READY = ("informer-sync", "shutdown")
"""Only of ``/readyz``."""


def health(request: Request) -> Response:
    """What answers at all is healthy: the lab's store is a part of its API server."""
    words = request.url.path.strip("/").split("/", 1)
    checks = [*_CHECKS, *(_READY if words[0] == "readyz" else ())]
    if len(words) > 1:
        if words[1] not in checks:
            raise NoSuchResource()
        checks = [words[1]]
    if "verbose" not in request.query_params:
        return PlainTextResponse("ok")
    left_out = request.query_params.getlist("exclude")
    lines = [f"[+]{name} {'excluded: ok' if name in left_out else 'ok'}" for name in checks]
    for name in left_out:
        if name not in checks:
            lines.append(f'warn: some health checks cannot be excluded: no matches for "{name}"')
    return PlainTextResponse("\n".join([*lines, f"{words[0]} check passed"]) + "\n")
