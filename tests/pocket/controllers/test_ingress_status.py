"""Where an Ingress says that it is reached."""

from __future__ import annotations

from tests.pocket.controllers.conftest import Bench


def addresses(bench: Bench) -> list[str]:
    status = bench.store.get("Ingress", "web", "default").get("status") or {}
    return [one["ip"] for one in (status.get("loadBalancer") or {}).get("ingress") or []]


async def test_an_ingress_has_the_addresses_of_traefiks_service(bench: Bench) -> None:
    await bench.make(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
            },
        }
    )
    assert addresses(bench) == ["127.9.0.1", "127.9.0.2", "127.9.0.3"]
    service = bench.store.draft("Service", "traefik", "kube-system")
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "127.9.0.1", "ipMode": "VIP"}]}}
    bench.store.set_status(service, service["status"])
    await bench.settle()
    told = bench.store.get("Service", "traefik", "kube-system")["status"]["loadBalancer"]
    assert addresses(bench) == [one["ip"] for one in told["ingress"]]


async def test_it_follows_when_a_node_goes(bench: Bench) -> None:
    await test_an_ingress_has_the_addresses_of_traefiks_service(bench)
    bench.cluster.leave("worker2")
    bench.store.delete("Node", "worker2")
    await bench.settle()
    assert "127.9.0.3" not in addresses(bench)
    assert addresses(bench)
