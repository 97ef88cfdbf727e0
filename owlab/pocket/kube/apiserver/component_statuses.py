"""``componentstatuses``: an old answer to whether the control plane is well."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.answers import respond, warn
from owlab.pocket.kube.apiserver.negotiation import listing, single
from owlab.pocket.kube.errors import MethodNotAllowed, NotFound
from owlab.pocket.kube.kinds import Kind

KIND = Kind(
    "ComponentStatus",
    "componentstatuses",
    namespaced=False,
    short=("cs",),
    subresources=(),
    verbs=("get", "list"),
)
_DEPRECATED = "v1 ComponentStatus is deprecated in v1.19+"
_PARTS = ("scheduler", "controller-manager", "etcd-0")


def serve(request: Request, name: str) -> Response:
    """All of them or one; raises ApiError. They are parts of the lab's service, which answers."""
    if request.method != "GET":
        raise MethodNotAllowed("the server does not allow this method on the requested resource")
    warn(request, [_DEPRECATED])
    if not name:
        return respond(listing(request, KIND, [_part(part) for part in _PARTS], 0, {}))
    if name not in _PARTS:
        raise NotFound(f'componentstatuses "{name}" not found')
    return respond(single(request, KIND, _part(name)))


def _part(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ComponentStatus",
        "metadata": {"name": name},
        "conditions": [{"type": "Healthy", "status": "True", "message": "ok"}],
    }
