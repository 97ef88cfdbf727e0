"""What K3s brings beside Kubernetes: node passwords, and load balancers on the nodes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator

import pytest

from owlab.pocket.ground.views import Object
from tests.pocket.controllers.conftest import VERSION, Bench
from tests.pocket.controllers.objects import workload


def balancer(port: int = 80) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "type": "LoadBalancer",
            "selector": {"app": "web"},
            "ports": [{"port": port, "protocol": "TCP"}],
        },
    }


def ingress(bench: Bench) -> list[str]:
    status = bench.store.get("Service", "web", "default").get("status") or {}
    return [one["ip"] for one in (status.get("loadBalancer") or {}).get("ingress", [])]


@pytest.fixture
async def plain() -> AsyncIterator[Bench]:
    """A server that was told to leave traefik and ServiceLB out."""
    made = Bench()
    await made.cluster.start()
    args = ["--disable", "traefik", "--disable=servicelb", "--token", "hush"]
    made.cluster.join("master", role="server", version=VERSION, args=args)
    await made.settle()
    yield made
    await made.cluster.stop()


async def test_a_load_balancer_gets_the_nodes_that_listen_for_it(bench: Bench) -> None:
    for obj in (workload("Deployment"), balancer(8080)):
        await bench.make(obj)
    assert ingress(bench) == ["127.9.0.1", "127.9.0.2", "127.9.0.3"]
    pods = [p["metadata"]["name"] for p in bench.pods("kube-system")]
    assert sum(name.startswith("svclb-web-") for name in pods) == 3
    bench.store.delete("Service", "web", "default")
    await bench.settle()
    pods = [p["metadata"]["name"] for p in bench.pods("kube-system")]
    assert not any(name.startswith("svclb-web-") for name in pods)


async def test_a_port_of_the_nodes_is_given_once(bench: Bench) -> None:
    # K3s' own traefik listens on 80.
    await bench.make(balancer(80))
    assert ingress(bench) == []
    messages = bench.messages("FailedScheduling")
    assert any("didn't have free ports for the requested pod ports" in m for m in messages)


async def test_without_service_lb_the_address_stays_pending(plain: Bench) -> None:
    await plain.make(balancer(8080))
    assert ingress(plain) == []
    assert plain.store.list("DaemonSet") == []
    node = plain.store.get("Node", "master")
    told = node["metadata"]["annotations"]["k3s.io/node-args"]
    assert "--disable=servicelb" in told and "hush" not in told


@pytest.mark.parametrize(
    ("args", "disabled"),
    [
        (["--disable", "traefik", "--disable", "servicelb"], True),
        (["--disable=traefik,servicelb"], True),
        (["--disable", "traefik"], False),
        (["--node-label", "servicelb", "--disable"], False),
        (["--disable-helm-controller=servicelb"], False),
    ],
)
async def test_service_lb_is_what_k3s_was_not_told_to_leave_out(
    args: list[str], disabled: bool
) -> None:
    made = Bench()
    await made.cluster.start()
    made.cluster.join("master", role="server", version=VERSION, args=args)
    await made.settle()
    await made.make(balancer(8080))
    names = [one["metadata"]["name"] for one in made.store.list("DaemonSet", "kube-system")]
    await made.cluster.stop()
    assert any(name.startswith("svclb-web-") for name in names) != disabled


async def test_what_traefik_is_seen_as(bench: Bench, plain: Bench) -> None:
    names = [chart["metadata"]["name"] for chart in bench.store.list("HelmChart", "kube-system")]
    assert names == ["traefik", "traefik-crd"]
    service = bench.store.get("Service", "traefik", "kube-system")
    assert service["status"]["loadBalancer"]["ingress"]
    assert plain.store.list("HelmChart") == []
    assert plain.store.find("Service", "traefik", "kube-system") is None


async def test_a_node_name_belongs_to_the_first_machine_until_it_is_deleted(bench: Bench) -> None:
    cluster = bench.cluster
    assert cluster.accepts_node("worker1", "one")
    assert cluster.accepts_node("worker1", "one")
    assert not cluster.accepts_node("worker1", "two")
    secret = bench.store.get("Secret", "worker1.node-password.k3s", "kube-system")
    assert "one" not in str(secret)
    bench.store.delete("Node", "worker1")
    await bench.settle()
    assert cluster.accepts_node("worker1", "two")


@pytest.mark.parametrize(
    ("cost", "change", "accepted"),
    [(8, "", True), (12, "", True), (12, "x", False), (8, "x", False), (30, "", False)],
)
async def test_a_kept_password_is_read_at_the_cost_that_it_names(
    bench: Bench, cost: int, change: str, accepted: bool
) -> None:
    """Labs of before took another cost; one that takes minutes is nobody's."""
    digest = hashlib.scrypt(b"one", salt=b"ab", n=1 << min(cost, 12), r=8, p=1, dklen=32)
    kept = f"$1:ab:{cost}:8:1:{base64.b64encode(digest).decode()}{change}"
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "other.node-password.k3s", "namespace": "kube-system"},
        "data": {"hash": base64.b64encode(kept.encode()).decode()},
    }
    bench.store.create(secret)
    assert bench.cluster.accepts_node("other", "one") is accepted
    assert not bench.cluster.accepts_node("other", "two")
