"""A machine's K3s has started: its node is made, or made to say what is true now."""

from __future__ import annotations

import json

from owlab.pocket.ground.views import MachineView, Object
from owlab.pocket.kube.controllers.service_lb import NODE_ARGS
from owlab.pocket.kube.node_object import node_object
from owlab.pocket.kube.store import Store


def register(
    store: Store, name: str, machine: MachineView, *, role: str, version: str, args: list[str]
) -> None:
    """Make or refresh the node of a machine whose K3s has these arguments.

    :param name: of the node; K3s may have been told another one than the machine's.
    """
    node = node_object(
        name.lower(),
        machine.address,
        role=role,
        version=version,
        labels=dict(item.partition("=")[::2] for item in options(args, "--node-label")),
        cpus=machine.spec.cpus,
        memory=machine.spec.memory,
        network=_free_network(store),
    )
    node["metadata"]["annotations"][NODE_ARGS] = json.dumps([role, *_without_secrets(args)])
    taints = [_taint(item) for item in options(args, "--node-taint")]
    if taints:
        node["spec"]["taints"] = taints
    if role == "server":
        _announce(store, machine.address)
    old = store.find("Node", node["metadata"]["name"])
    if old is None:
        store.create(node)
        return
    labels = {**old["metadata"]["labels"], **node["metadata"]["labels"]}
    annotations = {
        **(old["metadata"].get("annotations") or {}),
        **node["metadata"]["annotations"],
    }
    meta = {**old["metadata"], "labels": labels, "annotations": annotations}
    old = store.update({**old, "metadata": meta})
    conditions = old["status"].get("conditions", [])
    store.set_status(old, {**node["status"], "conditions": conditions})


def _announce(store: Store, address: str) -> None:
    """Where the API server answers: what stands behind the Service ``kubernetes``."""
    port = {"name": "https", "port": 6443, "protocol": "TCP"}
    meta = {"name": "kubernetes", "namespace": "default"}
    labels = {"kubernetes.io/service-name": "kubernetes"}
    for wanted in (
        {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {
                **meta,
                "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
            },
            "subsets": [{"addresses": [{"ip": address}], "ports": [port]}],
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**meta, "labels": labels},
            "addressType": "IPv4",
            "ports": [port],
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        },
    ):
        old = store.find(str(wanted["kind"]), "kubernetes", "default")
        if old is None:
            store.create(wanted)
        else:
            store.update({**old, **wanted, "metadata": old["metadata"]})


def options(args: list[str], name: str) -> list[str]:
    """Values of ``--name VALUE`` and ``--name=VALUE``."""
    found = []
    for index, word in enumerate(args):
        if word == name and index + 1 < len(args):
            found.append(args[index + 1])
        elif word.startswith(f"{name}="):
            found.append(word.partition("=")[2])
    return found


def _free_network(store: Store) -> str | None:
    """The first /24 of 10.42.0.0/16 that no node has, as K3s gives them out."""
    taken = {node["spec"].get("podCIDR") for node in store.list("Node")}
    networks = (f"10.42.{number}.0/24" for number in range(256))
    return next((network for network in networks if network not in taken), None)


def _without_secrets(args: list[str]) -> list[str]:
    """The arguments as K3s shows them: tokens are left out."""
    shown: list[str] = []
    hide = False
    for word in args:
        flag, equals, _ = word.partition("=")
        if hide:
            shown.append("********")
            hide = False
        elif flag in ("--token", "-t", "--agent-token", "--datastore-endpoint"):
            shown.append(f"{flag}=********" if equals else flag)
            hide = not equals
        else:
            shown.append(word)
    return shown


def _taint(text: str) -> Object:
    pair, _, effect = text.partition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "effect": effect, **({"value": value} if value else {})}
