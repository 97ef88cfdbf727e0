"""Makes the lab's large parts: the cluster, and OpenWhisk on it.

They are imported when a lab first needs them, so that the service of a new lab starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.types import ASGIApp

if TYPE_CHECKING:
    from owlab.pocket.ground.views import FleetView
    from owlab.pocket.kube.cluster import Cluster
    from owlab.pocket.kube.software import Software
    from owlab.pocket.openwhisk.deployment import Deployment
    from owlab.pocket.openwhisk.deployment.endpoint import OpenWhiskEndpoint
    from owlab.pocket.openwhisk.service import Service
    from owlab.pocket.service.lab import PocketLab


def new_deployment() -> Deployment:
    """OpenWhisk as the cluster meets it, before there is any."""
    from owlab.pocket.openwhisk.deployment import Deployment

    return Deployment()


def new_cluster(lab: PocketLab, software: Software) -> Cluster:
    """The cluster whose objects are in the lab's database, and what will live in it."""
    from owlab.pocket.kube.cluster import Cluster

    # A list of Machine is no list[MachineView] to mypy, since lists can be added to.
    fleet = cast("FleetView", lab.fleet)
    authority = lab.authority.pem.decode()
    return Cluster(lab.db, lab.clock, fleet, authority=authority, software=[software])


def erase_cluster(lab: PocketLab) -> None:
    """Remove a cluster's objects from the database, and those of the OpenWhisk on it."""
    for (name,) in lab.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if str(name).startswith(("kube_", "whisk_")):
            lab.db.run(f'DELETE FROM "{name}"')


def kube_app(cluster: Cluster, tokens: dict[str, str], version: str) -> ASGIApp:
    """The API server."""
    from owlab.pocket.kube.apiserver.app import kube_app as app

    return app(cluster.store, tokens=tokens, version=version, kubelet=cluster.kubelet)


def new_openwhisk(
    lab: PocketLab, deployment: Deployment, endpoint: OpenWhiskEndpoint, apihost: str
) -> Service:
    """OpenWhisk behind an endpoint of the cluster."""
    from owlab.pocket.openwhisk.service import Service

    return Service(
        lab.db,
        lab.clock,
        deployment.action_pods,
        guest_key=endpoint.guest_key,
        system_key=endpoint.system_key,
        limits=endpoint.limits,
        apihost=apihost,
        release=endpoint.release,
        # The job init-couchdb writes the keys.
        seed=False,
    )


def openwhisk_app(service: Service) -> ASGIApp:
    """OpenWhisk's REST API."""
    from owlab.pocket.openwhisk.app import openwhisk_app as app

    return app(service)


async def stop_openwhisk(service: Service) -> None:
    """End the processes of warm action containers."""
    await service.stop()
