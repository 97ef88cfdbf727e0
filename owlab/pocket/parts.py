"""Makes the lab's large parts: the cluster, and OpenWhisk on it.

They are imported when a lab first needs them, so that the service of a new lab starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp

if TYPE_CHECKING:
    from owlab.pocket.lab import Lab


def new_cluster(lab: Lab) -> Any:
    """The cluster whose objects are in the lab's database."""
    module = import_module("owlab.pocket.kube.cluster")
    return module.Cluster(lab.db, lab.clock, lab.fleet)


def erase_cluster(lab: Lab) -> None:
    """Remove a cluster's objects from the database."""
    for (name,) in lab.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if str(name).startswith("kube_"):
            lab.db.run(f'DELETE FROM "{name}"')


def kube_app(cluster: Any, tokens: dict[str, str], version: str) -> ASGIApp:
    """The API server."""
    module = import_module("owlab.pocket.kube.api")
    app: ASGIApp = module.kube_app(
        cluster.store, tokens=tokens, version=version, kubelet=cluster.kubelet
    )
    return app


def new_openwhisk(lab: Lab, cluster: Any, endpoint: Any, apihost: str) -> Any:
    """OpenWhisk behind an endpoint of the cluster."""
    module = import_module("owlab.pocket.openwhisk.service")
    return module.Service(
        lab.db,
        lab.clock,
        cluster.action_pods,
        guest_key=endpoint.guest_key,
        system_key=endpoint.system_key,
        limits=endpoint.limits,
        apihost=apihost,
    )


def openwhisk_app(service: Any) -> ASGIApp:
    """OpenWhisk's REST API."""
    module = import_module("owlab.pocket.openwhisk.app")
    app: ASGIApp = module.openwhisk_app(service)
    return app


async def stop_openwhisk(service: Any) -> None:
    """End the processes of warm action containers."""
    await service.stop()
