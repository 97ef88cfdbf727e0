"""Which components of a release of OpenWhisk could do their work, as the cluster's objects say."""

from __future__ import annotations

from dataclasses import dataclass, field

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.object_state import is_ready, workload_name
from owlab.pocket.kube.store import Store

NAMES = (
    "nginx", "controller", "couchdb", "kafka", "zookeeper", "redis", "apigateway",
    "alarmprovider", "kafkaprovider",
)  # fmt: skip
# A variable of the controller tells where these are; elsewhere than in the release, perhaps.
HOSTS = {"couchdb": "CONFIG_whisk_couchdb_host", "kafka": "KAFKA_HOSTS"}


@dataclass(frozen=True)
class Components:
    """What answers, and the pods of invokers with whether they can start containers."""

    ready: frozenset[str] = frozenset()
    invokers: tuple[tuple[str, bool], ...] = field(default=())

    @property
    def healthy_invokers(self) -> int:
        """How many the controller counts as healthy: pings reach it, and test actions run."""
        if not {"controller", "kafka"} <= self.ready:
            return 0
        return sum(able for _, able in self.invokers)


def find_components(store: Store, release: str, namespace: str) -> Components:
    """The components of a release."""
    pods = [pod for pod in store.list("Pod", namespace) if is_ready(pod)]
    names = {workload_name(pod) for pod in pods}
    ready = {name for name in NAMES if f"{release}-{name}" in names}
    for name, variable in HOSTS.items():
        host = environment(store, f"{release}-controller", namespace).get(variable)
        if host is not None:
            ready.discard(name)
            if any(_answers(store, one, namespace) for one in host.split(",")):
                ready.add(name)
    invokers = tuple(
        (str(pod["metadata"]["name"]), starts_containers(pod))
        for pod in pods
        if workload_name(pod) == f"{release}-invoker"
    )
    return Components(frozenset(ready), invokers)


def starts_containers(invoker: Object) -> bool:
    """The Kubernetes container factory asks the API; Docker's needs a daemon, which no node has."""
    return not any(
        "DockerContainerFactoryProvider" in str(variable.get("value", ""))
        for container in invoker["spec"]["containers"]
        for variable in container.get("env") or []
    )


def _answers(store: Store, host: str, namespace: str) -> bool:
    """A host name is that of a Service (or of a pod of one) with ready endpoints."""
    words = host.strip().rpartition(":")[0] or host.strip()
    labels = words.split(".")
    for at in range(min(2, len(labels))):
        own = labels[at + 1] if len(labels) > at + 1 and labels[at + 1] != "svc" else namespace
        endpoints = store.find("Endpoints", labels[at], own) or {}
        if any(subset.get("addresses") for subset in endpoints.get("subsets") or []):
            return True
    return False


def environment(store: Store, name: str, namespace: str) -> dict[str, str]:
    """The plain variables of a StatefulSet's containers."""
    found = store.find("StatefulSet", name, namespace)
    if found is None:
        return {}
    return {
        variable["name"]: str(variable["value"])
        for container in found["spec"]["template"]["spec"]["containers"]
        for variable in container.get("env") or []
        if "value" in variable
    }
