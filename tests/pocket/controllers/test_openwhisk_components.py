"""Which parts of OpenWhisk answer, as the objects say."""

from __future__ import annotations

from typing import Any

from owlab.pocket.openwhisk.deployment.components_ready import find_components
from tests.pocket.controllers.conftest import Bench
from tests.pocket.controllers.test_openwhisk import part


def with_env(obj: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    obj["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": name, "value": value}]
    return obj


async def test_parts_are_ready_pods(bench: Bench) -> None:
    for kind, name in (("StatefulSet", "controller"), ("StatefulSet", "kafka")):
        await bench.make(part(kind, name, "nginx:1"))
    await bench.make(part("StatefulSet", "invoker", "openwhisk/invoker:ef725a6"))
    found = find_components(bench.store, "owdev", "default")
    assert found.ready == {"controller", "kafka"}
    assert found.invokers == (("owdev-invoker-0", True),) and found.healthy_invokers == 1


async def test_no_node_has_a_docker_daemon(bench: Bench) -> None:
    factory = "-Dwhisk.spi.ContainerFactoryProvider=org.x.docker.DockerContainerFactoryProvider"
    for kind, name in (("StatefulSet", "controller"), ("StatefulSet", "kafka")):
        await bench.make(part(kind, name, "nginx:1"))
    invoker = part("StatefulSet", "invoker", "openwhisk/invoker:ef725a6")
    await bench.make(with_env(invoker, "INVOKER_OPTS", factory))
    found = find_components(bench.store, "owdev", "default")
    assert found.invokers == (("owdev-invoker-0", False),) and found.healthy_invokers == 0


async def test_a_database_elsewhere_must_exist(bench: Bench) -> None:
    await bench.make(part("Deployment", "couchdb", "apache/couchdb:2.3"))
    controller = part("StatefulSet", "controller", "openwhisk/controller:ef725a6")
    await bench.make(with_env(controller, "CONFIG_whisk_couchdb_host", "db.example.com"))
    assert "couchdb" not in find_components(bench.store, "owdev", "default").ready


async def test_who_waits_for_a_service_hears_of_its_endpoints(bench: Bench) -> None:
    """They come after the pods, and after the Service: by themselves, and last."""
    host = "db.default.svc.cluster.local"
    controller = part("StatefulSet", "controller", "openwhisk/controller:ef725a6")
    await bench.make(with_env(controller, "CONFIG_whisk_couchdb_host", host))
    await bench.make(part("Deployment", "couchdb", "apache/couchdb:2.3"))
    await bench.make(part("Job", "init-couchdb", "openwhisk/ow-utils:ef725a6"))
    wiped: list[str] = []
    bench.openwhisk.on_wipe = lambda: wiped.append("wiped")
    spec = {"selector": {"name": "owdev-couchdb"}, "ports": [{"port": 5984}]}
    meta = {"name": "db", "namespace": "default"}
    bench.store.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    assert await bench.cluster.settled(10)
    assert wiped == ["wiped"]
