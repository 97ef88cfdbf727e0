"""Leases of nodes: how a kubelet says that it lives, as ``kubectl describe node`` shows it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission import admit
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.controllers.nodes import kubelet_runs
from owlab.pocket.kube.store import Key

SPACE = "kube-node-lease"
_DURATION = 40
_RENEWAL = 10.0
"""Seconds, both as kubelets have them."""


class NodeLeases(Controller):
    """Renews the lease of every node whose kubelet runs. One whose node is gone goes with it."""

    def watches(self) -> Mapping[str, Leads]:
        return {"Node": itself}

    def machines_changed(self) -> None:
        self.look_at_all("Node")

    def reconcile(self, key: Key) -> None:
        node = self.store.at(key)
        if node is None or not kubelet_runs(self.plane.fleet.get(key.name)):
            return
        now = utc_now()
        lease = self.store.find("Lease", key.name, SPACE)
        if lease is None:
            if self.store.find("Namespace", SPACE) is not None:
                admit(self.store, _lease(node, now))
        else:
            age = (now - _moment(lease["spec"].get("renewTime"))).total_seconds()
            if 0 <= age < _RENEWAL:
                self.look(key, _RENEWAL - age)
                return
            spec = {**lease["spec"], "renewTime": _text(now), "holderIdentity": key.name}
            self.store.update({**lease, "spec": spec})
        self.look(key, _RENEWAL)


def _lease(node: Object, now: datetime.datetime) -> Object:
    meta = node["metadata"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": meta["name"], "uid": meta["uid"]}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": meta["name"], "namespace": SPACE, "ownerReferences": [owner]},
        "spec": {
            "holderIdentity": meta["name"],
            "leaseDurationSeconds": _DURATION,
            "renewTime": _text(now),
        },
    }


def _text(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str | None) -> datetime.datetime:
    """When a lease was renewed; long ago if nobody says."""
    try:
        return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
