"""Which pods are behind a Service, at which ports: Endpoints, EndpointSlices, K3s' balancer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.controllers.service_lb import NODE_ARGS, ServiceLB
from owlab.pocket.kube.controllers.services import Services
from owlab.pocket.kube.store import Change, Key, Store
from owlab.pocket.kube.store.entry import Entry

from .at_rest import AtRest, edit
from .plain_store import obj, pod

READY: Object = {"conditions": [{"type": "Ready", "status": "True"}]}


def web(name: str, address: str, *, ready: bool = True, phase: str = "Running",
        **spec: Any) -> Object:  # fmt: skip
    made = pod(name, address, labels={"app": "web"}, **spec)
    made["metadata"]["uid"] = f"uid-{name}"
    made["status"] |= {"phase": phase, **(READY if ready else {})}
    return made


def service(*ports: Object, **spec: Any) -> Object:
    made = obj("Service", "web", {"selector": {"app": "web"}, "ports": list(ports), **spec})
    made["metadata"]["uid"] = "12345678"
    return made


def plane_of(*objects: Object, ends: tuple[str, ...] = ()) -> AtRest:
    plane = AtRest(*objects)
    for name in ends:
        plane.store.delete("Pod", name, "default")
    Services(plane).reconcile(plane.store.key("Service", "web", "default"))
    return plane


def behind(plane: AtRest) -> tuple[list[str], list[str]]:
    """Addresses of those that are ready, and of those that are not."""
    subsets = plane.store.get("Endpoints", "web", "default")["subsets"]
    fields = ("addresses", "notReadyAddresses")
    ready, waiting = ([a["ip"] for s in subsets for a in s.get(f, ())] for f in fields)
    return ready, waiting


def slice_of(plane: AtRest) -> Object:
    return plane.store.get("EndpointSlice", "web-12345", "default")


def conditions(plane: AtRest) -> dict[str, str]:
    """By pod: the conditions that are true, by their first letters."""
    return {
        one["targetRef"]["name"]: "".join(k[0] for k, v in one["conditions"].items() if v)
        for one in slice_of(plane)["endpoints"]
    }


PODS = (
    web("a", "10.42.0.3"),
    web("b", "10.42.0.1", ready=False),
    web("c", "10.42.0.2", nodeName="worker2"),
    web("going", "10.42.0.4"),
    web("starts", "10.42.0.5", ready=False, phase="Pending"),
    web("new", "", ready=False, phase="Pending"),
    web("done", "10.42.0.6", ready=False, phase="Succeeded"),
    web("broke", "10.42.0.7", ready=False, phase="Failed"),
    pod("other", "10.42.0.8"),
)


@pytest.mark.parametrize(
    ("early", "ready", "waiting", "states"),
    [
        (
            False,
            ["10.42.0.2", "10.42.0.3"],
            ["10.42.0.1", "10.42.0.5"],
            {"a": "rs", "b": "", "c": "rs", "going": "st", "starts": ""},
        ),
        (
            True,
            [f"10.42.0.{n}" for n in range(1, 6)],
            [],
            {"a": "rs", "b": "r", "c": "rs", "going": "rst", "starts": "r"},
        ),
    ],
)
def test_which_pods_are_behind_a_service(
    early: bool, ready: list[str], waiting: list[str], states: dict[str, str]
) -> None:
    made = service({"port": 80}, publishNotReadyAddresses=early)
    plane = plane_of(made, *PODS, ends=("going",))
    assert behind(plane) == (ready, waiting)
    assert conditions(plane) == states


def test_what_is_written_of_one() -> None:
    plane = plane_of(service({"port": 80, "name": "http"}), PODS[2])
    reference = {"kind": "Pod", "name": "c", "namespace": "default", "uid": "uid-c"}
    ports = [{"name": "http", "port": 80, "protocol": "TCP"}]
    [subset] = plane.store.get("Endpoints", "web", "default")["subsets"]
    one = {"ip": "10.42.0.2", "nodeName": "worker2", "targetRef": reference}
    assert subset == {"ports": ports, "addresses": [one]}
    made = slice_of(plane)
    assert made["ports"] == ports
    [end] = made["endpoints"]
    assert end["addresses"] == ["10.42.0.2"]
    assert (end["nodeName"], end["targetRef"]) == ("worker2", reference)
    assert made["metadata"]["labels"] == {
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert made["metadata"]["ownerReferences"][0]["uid"] == "12345678"
    assert "labels" not in plane.store.get("Endpoints", "web", "default")["metadata"]


def test_a_headless_service_is_marked() -> None:
    plane = plane_of(service({"port": 80}, clusterIP="None"))
    mark = "service.kubernetes.io/headless"
    for found in (plane.store.get("Endpoints", "web", "default"), slice_of(plane)):
        assert found["metadata"]["labels"][mark] == ""
    assert plane.store.get("Endpoints", "web", "default")["subsets"] == []


NAMED = [{"containerPort": 8080, "name": "http"}, {"containerPort": 53, "name": "dns",
                                                   "protocol": "UDP"}]  # fmt: skip


@pytest.mark.parametrize(
    ("ports", "numbers"),
    [
        ([{"port": 80}], [80]),
        ([{"port": 80, "targetPort": 9000}], [9000]),
        ([{"port": 80, "targetPort": "http"}], [8080]),
        ([{"port": 53, "targetPort": "dns", "protocol": "UDP"}], [53]),
        ([{"port": 53, "targetPort": "dns"}], []),
        ([{"port": 80, "targetPort": "htpp"}], []),
        ([{"port": 80, "targetPort": "htpp", "name": "a"}, {"port": 81, "name": "b"}], [81]),
    ],
)
def test_the_ports_of_pods(ports: list[Object], numbers: list[int]) -> None:
    containers = [{"name": "first"}, {"name": "main", "ports": NAMED}]
    plane = plane_of(service(*ports), web("a", "10.42.0.1", containers=containers))
    subsets = plane.store.get("Endpoints", "web", "default")["subsets"]
    assert [port["port"] for subset in subsets for port in subset["ports"]] == numbers
    assert [port["port"] for port in slice_of(plane)["ports"]] == numbers
    # Without a port nothing of it can be reached, so none is behind the Service.
    assert behind(plane)[0] == (["10.42.0.1"] if numbers else [])


def test_a_service_without_ports_or_pods_or_selector() -> None:
    assert behind(plane_of(service(), PODS[0]))[0] == ["10.42.0.3"]
    assert slice_of(plane_of(service({"port": 80, "targetPort": "http"})))["ports"] == [
        {"name": "", "port": 80, "protocol": "TCP"}
    ]
    plane = plane_of(service({"port": 80}, selector={}), PODS[0])
    assert plane.store.find("Endpoints", "web", "default") is None


def test_endpoints_follow_and_go_with_their_service() -> None:
    plane = plane_of(service({"port": 80}), PODS[0])
    before = plane.store.get("Endpoints", "web", "default")["metadata"]
    edit(plane.store, "Endpoints", "web", metadata={"annotations": {"mine": "kept"}})
    plane.store.create(PODS[2])
    controller, key = Services(plane), plane.store.key("Service", "web", "default")
    controller.reconcile(key)
    after = plane.store.get("Endpoints", "web", "default")["metadata"]
    assert (after["uid"], after["annotations"]) == (before["uid"], {"mine": "kept"})
    assert behind(plane)[0] == ["10.42.0.2", "10.42.0.3"]
    version = after["resourceVersion"]
    controller.reconcile(key)
    assert plane.store.get("Endpoints", "web", "default")["metadata"]["resourceVersion"] == version
    plane.store.delete("Service", "web", "default")
    controller.reconcile(key)
    assert plane.store.find("Endpoints", "web", "default") is None


def changed(store: Store, old: Object | None, new: Object, event: str = "MODIFIED") -> Change:
    before = None if old is None else Entry.of(old)
    key = Key("", new["kind"], new["metadata"].get("namespace", ""), new["metadata"]["name"])
    return Change(1, event, key, Entry.of(new), before)


BASE = web("x", "10.42.0.9")


@pytest.mark.parametrize(
    ("old", "new", "services"),
    [
        (None, BASE, ["web"]),
        (BASE, BASE, []),
        (BASE, {**BASE, "status": {**BASE["status"], "podIP": "10.42.0.10"}}, ["web"]),
        (BASE, {**BASE, "status": {**BASE["status"], "phase": "Failed"}}, ["web"]),
        (BASE, {**BASE, "status": {**BASE["status"], "conditions": []}}, ["web"]),
        (BASE, {**BASE, "metadata": {**BASE["metadata"], "labels": {}}}, ["web"]),
        (BASE, {**BASE, "metadata": {**BASE["metadata"], "deletionTimestamp": "x"}}, ["web"]),
        (BASE, {**BASE, "metadata": {**BASE["metadata"], "annotations": {"a": "b"}}}, []),
        (None, pod("other"), []),
    ],
)
def test_which_changes_of_a_pod_count(old: Object | None, new: Object, services: list[str]) -> None:
    plane = AtRest(service({"port": 80}), obj("Service", "bare", {}))
    leads = Services(plane).watches()["Pod"]
    event = "ADDED" if old is None else "MODIFIED"
    assert [key.name for key in leads(changed(plane.store, old, new, event))] == services
    assert [k.name for k in leads(changed(plane.store, BASE, BASE, "DELETED"))] == ["web"]


# -- the balancer of K3s --------------------------------------------------------------------


def node(name: str, address: str, **annotations: str) -> Object:
    addresses = [{"type": "Hostname", "address": name}, {"type": "InternalIP", "address": address}]
    meta = {"name": name, "annotations": annotations}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": meta,
        "spec": {},
        "status": {"addresses": addresses},
    }


SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system"}}
LABELS = {
    "svccontroller.k3s.cattle.io/svcname": "web",
    "svccontroller.k3s.cattle.io/svcnamespace": "default",
}


def opener(
    name: str, on: str, *, ready: bool = True, labels: dict[str, str] | None = None
) -> Object:
    made = pod(name, nodeName=on, labels=LABELS | (labels or {}), namespace="kube-system")
    made["status"] |= READY if ready else {}
    return made


def balanced(*objects: Object, ports: tuple[Object, ...] = ({"port": 80},), **spec: Any) -> AtRest:
    wanted = {"type": "LoadBalancer", **spec}
    plane = AtRest(SPACE, service(*ports, **wanted), *objects)
    ServiceLB(plane).reconcile(plane.store.key("Service", "web", "default"))
    return plane


def daemon(plane: AtRest) -> Object | None:
    return plane.store.find("DaemonSet", "svclb-web-12345678", "kube-system")


def test_its_pods_open_the_ports_on_nodes() -> None:
    plane = balanced(ports=({"port": 80}, {"port": 53, "protocol": "UDP"}))
    made = daemon(plane)
    assert made is not None
    assert made["metadata"]["labels"] == {
        **LABELS,
        "app": "svclb-web-12345678",
        "objectset.rio.cattle.io/hash": "12345678",
    }
    template = made["spec"]["template"]
    assert template["metadata"]["labels"] == {**LABELS, "app": "svclb-web-12345678"}
    assert template["spec"]["automountServiceAccountToken"] is False
    assert [t["key"] for t in template["spec"]["tolerations"]] == [
        "node-role.kubernetes.io/control-plane",
        "CriticalAddonsOnly",
    ]
    opened = [(c["name"], c["ports"][0]) for c in template["spec"]["containers"]]
    assert [name for name, _ in opened] == ["lb-tcp-80", "lb-udp-53"]
    assert [(p["containerPort"], p["hostPort"], p["protocol"]) for _, p in opened] == [
        (80, 80, "TCP"),
        (53, 53, "UDP"),
    ]


def test_other_ports_are_opened_when_the_service_has_others() -> None:
    plane = balanced()
    key = plane.store.key("Service", "web", "default")
    before = daemon(plane)
    ServiceLB(plane).reconcile(key)
    assert daemon(plane) == before
    edit(plane.store, "Service", "web", spec={"ports": [{"port": 81}]})
    ServiceLB(plane).reconcile(key)
    after = daemon(plane)
    assert after is not None and before is not None
    [container] = after["spec"]["template"]["spec"]["containers"]
    assert container["ports"][0]["hostPort"] == 81
    assert after["metadata"]["uid"] == before["metadata"]["uid"]


def args(*words: str) -> dict[str, str]:
    return {NODE_ARGS: json.dumps(words)}


@pytest.mark.parametrize(
    ("spec", "words", "serves"),
    [
        ({}, (), True),
        ({"type": "NodePort"}, (), False),
        ({"loadBalancerClass": "io.cattle.kube-system.servicelb"}, (), True),
        ({"loadBalancerClass": "example.com/other"}, (), False),
        ({}, ("server", "--disable", "traefik"), True),
        ({}, ("server", "--disable", "servicelb"), False),
        ({}, ("server", "--disable=traefik,servicelb", "--x"), False),
        ({}, ("server", "--disable", "traefik", "--disable", "servicelb"), False),
        ({}, ("server", "--enable", "servicelb"), True),
        ({}, ("server", "--disable"), True),
    ],
)
def test_which_services_are_balanced(spec: Object, words: tuple[str, ...], serves: bool) -> None:
    plane = balanced(node("worker1", "10.0.0.1", **args(*words)), **spec)
    assert (daemon(plane) is not None) is serves


def test_what_no_longer_is_one_leaves_nothing() -> None:
    plane = balanced()
    elsewhere = obj("DaemonSet", "svclb-web-2", {}, "apps/v1")
    elsewhere["metadata"] |= {
        "namespace": "kube-system",
        "labels": LABELS | {"svccontroller.k3s.cattle.io/svcnamespace": "other"},
    }
    plane.store.create(elsewhere)
    plane.store.delete("Service", "web", "default")
    ServiceLB(plane).reconcile(plane.store.key("Service", "web", "default"))
    left = plane.store.list("DaemonSet", "kube-system")
    assert [one["metadata"]["name"] for one in left] == ["svclb-web-2"]


def test_its_addresses_are_those_of_nodes_that_listen() -> None:
    nodes = [node(f"worker{n}", f"10.0.0.{n}") for n in range(1, 6)]
    other = {"svccontroller.k3s.cattle.io/svcname": "other"}
    abroad = {"svccontroller.k3s.cattle.io/svcnamespace": "other"}
    plane = balanced(
        *nodes,
        opener("a", "worker2"),
        opener("b", "worker1"),
        opener("c", "worker3", ready=False),
        opener("d", "worker4", labels=other),
        opener("e", "worker5", labels=abroad),
    )
    status = plane.store.get("Service", "web", "default")["status"]
    assert status["loadBalancer"] == {
        "ingress": [
            {"ip": "10.0.0.1", "ipMode": "VIP"},
            {"ip": "10.0.0.2", "ipMode": "VIP"},
        ]
    }
    assert balanced().store.get("Service", "web", "default")["status"]["loadBalancer"] == {}


def test_what_leads_to_a_balanced_service() -> None:
    plane = balanced()
    leads = ServiceLB(plane).watches()
    plane.store.create(obj("Service", "plain", {"type": "ClusterIP"}))
    own, far = opener("a", "worker1"), opener("b", "worker1")
    far["metadata"]["namespace"] = "default"
    bare = pod("c", namespace="kube-system")
    found = [[key.name for key in leads["Pod"](changed(plane.store, None, one))]
             for one in (own, far, bare)]  # fmt: skip
    assert found == [["web"], [], []]
    old, new = node("n", "10.0.0.1"), node("n", "10.0.0.2")
    for before, names in ((None, ["web"]), (old, ["web"]), (new, [])):
        assert [k.name for k in leads["Node"](changed(plane.store, before, new))] == names
