"""``metrics.k8s.io``: what ``kubectl top`` asks, served while metrics-server runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from owlab.pocket.ground.clock import timestamp
from owlab.pocket.ground.views import Object
from owlab.pocket.kube import selectors
from owlab.pocket.kube.answers import respond, warn
from owlab.pocket.kube.errors import MethodNotAllowed, NoSuchResource, ServiceUnavailable
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.metrics.use import of_node, of_pod
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.store.objects import missing

GROUP, VERSION = "metrics.k8s.io", "v1beta1"
_READ = ("get", "list")
KINDS = (
    Kind("NodeMetrics", "nodes", GROUP, VERSION, namespaced=False, subresources=(), verbs=_READ),
    Kind("PodMetrics", "pods", GROUP, VERSION, subresources=(), verbs=_READ),
)
_SIMULATED = "what pods and nodes use is simulated by the pocket lab"
_NAME, _NAMESPACE = "metrics-server", "kube-system"


def installed(store: Store) -> bool:
    """There is a metrics-server in the cluster, whether or not it runs."""
    return store.find("Deployment", _NAME, _NAMESPACE) is not None


def ready(store: Store) -> bool:
    """One of its pods is ready."""
    deployment = store.find("Deployment", _NAME, _NAMESPACE)
    if deployment is None:
        return False
    selector = selectors.from_object(deployment["spec"].get("selector"))
    return any(
        is_ready(pod) and selector(pod["metadata"].get("labels") or {})
        for pod in store.list("Pod", _NAMESPACE)
    )


def kinds(store: Store) -> tuple[Kind, ...]:
    """What is served beside the API server's own kinds."""
    return KINDS if installed(store) else ()


class MetricsServer:
    """Answers requests below ``/apis/metrics.k8s.io/v1beta1``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def serve(self, request: Request, namespace: str, words: list[str]) -> Response:
        """One object or a list; raises ApiError."""
        kind = next((k for k in kinds(self._store) if k.plural == words[0]), None)
        if kind is None or request.path_params.get("version") != VERSION or len(words) > 2:
            raise NoSuchResource()
        if not ready(self._store):
            raise ServiceUnavailable("the server is currently unable to handle the request")
        if request.method != "GET" or request.query_params.get("watch") in ("true", "1"):
            raise MethodNotAllowed(
                "the server does not allow this method on the requested resource"
            )
        warn(request, [_SIMULATED])
        if len(words) > 1:
            return respond(self._one(kind, words[1], namespace))
        query = request.query_params
        objects = self._store.list(
            "Node" if kind is KINDS[0] else "Pod",
            namespace,
            query.get("labelSelector", ""),
            query.get("fieldSelector", ""),
        )
        items = [found for obj in objects if (found := self._measured(kind, obj)) is not None]
        return respond(
            {
                "kind": f"{kind.kind}List",
                "apiVersion": kind.api_version,
                "metadata": {},
                "items": items,
            }
        )

    def _one(self, kind: Kind, name: str, namespace: str) -> Object:
        source = "Node" if kind is KINDS[0] else "Pod"
        obj = self._store.find(source, name, namespace)
        found = self._measured(kind, obj) if obj is not None else None
        if found is None:
            raise missing(kind, f"{namespace}/{name}" if namespace else name)
        return found

    def _measured(self, kind: Kind, obj: Object) -> Object | None:
        meta = obj["metadata"]
        now = timestamp()
        common: Object = {
            "kind": kind.kind,
            "apiVersion": kind.api_version,
            "metadata": {
                "name": meta["name"],
                **({"namespace": meta["namespace"]} if kind.namespaced else {}),
                "creationTimestamp": now,
                **({"labels": meta["labels"]} if meta.get("labels") else {}),
            },
            "timestamp": now,
            "window": "15.0s",
        }
        if kind is KINDS[0]:
            return {**common, "usage": of_node(self._store, obj).written()}
        used = of_pod(self._store, obj)
        if used is None:
            return None
        containers = [{"name": name, "usage": use.written()} for name, use in used.items()]
        return {**common, "containers": containers}
