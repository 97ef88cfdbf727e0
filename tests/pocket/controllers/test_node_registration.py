"""What a node says of the K3s that has started on its machine."""

from __future__ import annotations

import json

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.node_registration import register
from owlab.pocket.kube.store import Store

from .at_rest import edit
from .conftest import FakeMachine
from .plain_store import store_of

MACHINE = FakeMachine("Big", "127.9.0.5")


def joined(*args: str, store: Store | None = None, name: str = "Big", role: str = "agent") -> Store:
    store = store or store_of()
    register(store, name, MACHINE, role=role, version="v1.33.1+k3s1", args=list(args))
    return store


def node(store: Store, name: str = "big") -> Object:
    return store.get("Node", name)


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        ([], []),
        (["--disable", "traefik"], ["--disable", "traefik"]),
        (["--token", "hush", "--x"], ["--token", "********", "--x"]),
        (["--token=hush", "--x"], ["--token=********", "--x"]),
        (["-t", "hush"], ["-t", "********"]),
        (["--agent-token", "hush", "y"], ["--agent-token", "********", "y"]),
        (["--datastore-endpoint=hush"], ["--datastore-endpoint=********"]),
        (["--token-file", "path"], ["--token-file", "path"]),
    ],
)
def test_its_arguments_are_shown_without_secrets(args: list[str], shown: list[str]) -> None:
    for role in ("agent", "server"):
        told = node(joined(*args, role=role))["metadata"]["annotations"]["k3s.io/node-args"]
        assert json.loads(told) == [role, *shown]


def test_labels_and_taints_that_it_was_told() -> None:
    args = ("--node-label", "disk=fast", "--node-label=zone=a", "--node-taint", "k=v:NoSchedule",
            "--node-taint=only:NoExecute", "--node-label")  # fmt: skip
    made = node(joined(*args))
    labels = made["metadata"]["labels"]
    assert (labels["disk"], labels["zone"]) == ("fast", "a")
    assert labels["kubernetes.io/hostname"] == "big"
    assert "node-role.kubernetes.io/control-plane" not in labels
    assert made["spec"]["taints"] == [
        {"key": "k", "effect": "NoSchedule", "value": "v"},
        {"key": "only", "effect": "NoExecute"},
    ]
    server = node(joined(role="server"))
    assert server["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] == "true"
    assert "taints" not in server["spec"]


def test_what_its_machine_has() -> None:
    made = node(joined())
    resources = {"cpu": "2", "memory": "4194304Ki", "pods": "110", "ephemeral-storage": "20Gi"}
    assert made["status"]["capacity"] == made["status"]["allocatable"] == resources
    assert made["status"]["addresses"] == [
        {"type": "InternalIP", "address": "127.9.0.5"},
        {"type": "Hostname", "address": "big"},
    ]
    info = made["status"]["nodeInfo"]
    assert info["kubeletVersion"] == info["kubeProxyVersion"] == "v1.33.1+k3s1"
    assert made["spec"]["providerID"] == "k3s://big"


def test_each_has_a_network_of_its_own() -> None:
    store = joined(name="a")
    joined(name="b", store=store)
    joined(name="c", store=store)
    store.delete("Node", "b")
    joined(name="d", store=store)
    networks = [node(store, name)["spec"]["podCIDR"] for name in ("a", "c", "d")]
    assert networks == ["10.42.0.0/24", "10.42.2.0/24", "10.42.1.0/24"]
    assert node(store, "a")["spec"]["podCIDRs"] == ["10.42.0.0/24"]


def test_one_that_starts_again_keeps_what_it_was_given() -> None:
    store = joined("--node-label", "disk=slow")
    known = {"conditions": [{"type": "Ready", "status": "True"}]}
    edit(store, "Node", "big", "", status=known, spec={"unschedulable": True})
    before = node(store)
    labels = {**before["metadata"]["labels"], "mine": "kept"}
    edit(store, "Node", "big", "", metadata={"labels": labels, "annotations": {"note": "kept"}})
    joined("--node-label", "disk=fast", store=store)
    after = node(store)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert (after["metadata"]["labels"]["disk"], after["metadata"]["labels"]["mine"]) == (
        *("fast", "kept"),
    )
    assert after["metadata"]["annotations"]["note"] == "kept"
    assert json.loads(after["metadata"]["annotations"]["k3s.io/node-args"])[2] == "disk=fast"
    assert after["spec"] == before["spec"]
    assert after["status"]["conditions"] == known["conditions"]


def test_a_server_says_where_the_api_is() -> None:
    assert joined().find("Endpoints", "kubernetes", "default") is None
    store = joined(role="server")
    for _ in range(2):
        found = store.get("Endpoints", "kubernetes", "default")
        port = {"name": "https", "port": 6443, "protocol": "TCP"}
        assert found["subsets"] == [{"addresses": [{"ip": "127.9.0.5"}], "ports": [port]}]
        made = store.get("EndpointSlice", "kubernetes", "default")
        assert made["endpoints"] == [{"addresses": ["127.9.0.5"], "conditions": {"ready": True}}]
        assert made["ports"] == [port]
        joined(role="server", store=store)
