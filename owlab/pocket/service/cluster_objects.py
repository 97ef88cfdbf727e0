"""What `sudo kubectl get ... -o json` would print on the server, without starting kubectl.

For those who look and show nobody what they saw: a start of kubectl takes fifty times as long.
Where anything is not as K3s left it, nothing is said, and kubectl itself has to be asked.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver.versions import shown
from owlab.pocket.kube.errors import NotFound
from owlab.pocket.kube.kinds import KINDS, Kind
from owlab.pocket.machines.k3s_installation import has_kubectl
from owlab.pocket.machines.k3s_node import KUBECONFIG

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine
    from owlab.pocket.service.lab import PocketLab


def looked_up(
    lab: PocketLab, machine_name: str, kind_name: str, name: str, namespace: str
) -> tuple[Object | None, str] | None:
    """An object, or the list of all, or kubectl's error; None where only kubectl can tell.

    :param kind_name: as kubectl takes it: ``pod``, ``pods``, ``po``.
    :param name: of one object; empty for all.
    :param namespace: empty for all namespaces.
    """
    kind = _kinds().get(kind_name)
    machine, cluster = lab.fleet.get(machine_name), lab.hosting.cluster
    if kind is None or machine is None or cluster is None or not _as_k3s_left_it(lab, machine):
        return None
    place = namespace if kind.namespaced else ""
    if not name:
        items = [shown(kind, obj) for obj in cluster.store.list(kind, place)]
        about = {"resourceVersion": ""}
        return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": about}, ""
    try:
        return shown(kind, cluster.store.get(kind, name, place)), ""
    except NotFound as missing:
        # kubectl looks whether it was the namespace that is missing.
        nowhere = place and cluster.store.find("Namespace", place) is None
        said = f'namespaces "{place}" not found' if nowhere else missing.message
        return None, f"Error from server (NotFound): {said}\n"


def _as_k3s_left_it(lab: PocketLab, machine: Machine) -> bool:
    """Root's kubectl is there, and reaches the server with the rights of its administrator."""
    if machine is not lab.hosting.server or not lab.hosting.answers_on(machine):
        return False
    written = lab.hosting.kubeconfig_on(machine)
    return has_kubectl(machine) and machine.read(KUBECONFIG) == written


@cache
def _kinds() -> dict[str, Kind]:
    """By each of the names that kubectl takes, which means the first kind of that name."""
    names: dict[str, Kind] = {}
    for kind in KINDS:
        for name in (kind.plural, kind.singular, *kind.short):
            names.setdefault(name, kind)
    return names
