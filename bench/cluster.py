"""What the cluster's engine costs, and how that grows: `python bench/cluster.py`.

CPU time of the whole process, in which the cluster and its API run; requests come over HTTPS.
`kmock` (PyPI), where it is installed, is asked the same in the same run: it has no controllers.
"""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.tls import Authority
from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.kube.cluster import Cluster
from owlab.pocket.kube.node_object import node_object
from owlab.pocket.machines.tree import Tree
from owlab.pocket.openwhisk.deployment import Deployment
from owlab.pocket.service.servers import Listener

TOKEN = "bench"
VERSION = "v1.36.4+k3s1"
MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


@dataclass
class Spec:
    """A machine's size."""

    cpus: int = 64
    memory: int = 256 * 2**30


@dataclass
class Machine:
    """A machine that is always up, and has every image."""

    name: str
    address: str
    running: bool = True
    spec: Spec = field(default_factory=Spec)
    pulled: set[str] = field(default_factory=set)
    tree: Tree = field(default_factory=Tree)

    def service_active(self, unit: str) -> bool:
        return True

    def images(self) -> set[str]:
        return self.pulled

    def add_image(self, image: str) -> None:
        self.pulled.add(image)


class Fleet:
    """Machines by name."""

    def __init__(self, count: int) -> None:
        numbers = range(1, count + 1)
        self.machines = {
            f"node{n}": Machine(f"node{n}", f"127.8.{n >> 8}.{n & 255}") for n in numbers
        }

    def get(self, name: str) -> Any:
        return self.machines.get(name)

    def all(self) -> list[Any]:
        return list(self.machines.values())

    def nfs_server(self, address: str) -> Any:
        return None

    def nfs_mounted(self, *_: Any) -> None:
        return None

    def nfs_error(self, client: str, server: str, path: str) -> str | None:
        return None


class Bench:
    """A cluster with its API."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self.fleet = Fleet(nodes)
        self.openwhisk = Deployment()
        database = Database(folder / "lab.sqlite")
        self.cluster = Cluster(database, Clock(), self.fleet, software=[self.openwhisk])
        app = kube_app(
            self.cluster.store,
            tokens={TOKEN: "system:admin"},
            version=VERSION,
            kubelet=self.cluster.kubelet,
        )
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.listener = Listener(app, self.port, Authority(folder).issue("k3s", ["127.0.0.1"]))
        self.client = httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            verify=False,
            timeout=120,
        )

    async def start(self) -> None:
        await self.cluster.start()
        for number, (name, machine) in enumerate(self.fleet.machines.items()):
            if not number:
                self.cluster.join(name, role="server", version=VERSION, args=[])
                continue
            # More nodes than K3s' own network of pods has room for.
            node = node_object(
                name,
                machine.address,
                role="agent",
                version=VERSION,
                labels={},
                cpus=machine.spec.cpus,
                memory=machine.spec.memory,
                network=f"10.{100 + (number >> 8)}.{number & 255}.0/24",
            )
            self.cluster.store.create(node)
        await self.rest()
        await self.listener.listen(["127.0.0.1"])

    async def rest(self) -> None:
        """Until nothing is left to do."""
        await asyncio.sleep(0.05)
        assert await self.cluster.settled(600)

    async def stop(self) -> None:
        await self.client.aclose()
        await self.listener.close()
        await self.cluster.stop()

    async def deploy(self, name: str, replicas: int) -> None:
        labels = {"app": name}
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]},
            },
        }
        path = "/apis/apps/v1/namespaces/default/deployments"
        made = await self.client.post(path, json={"metadata": {"name": name}, "spec": spec})
        made.raise_for_status()


async def config_map(bench: Bench, count: int = 30) -> float:
    """CPU milliseconds of one ConfigMap, all that follows from it included."""
    prefix = f"m{time.time_ns()}"
    for number in range(3):
        await bench.client.post(MAPS, json={"metadata": {"name": f"{prefix}-w{number}"}})
    started = time.process_time()
    for number in range(count):
        body = {"metadata": {"name": f"{prefix}-{number}"}, "data": {"key": "value"}}
        (await bench.client.post(MAPS, json=body)).raise_for_status()
        await bench.cluster.settled(60)
    return (time.process_time() - started) / count * 1000


async def rollout(bench: Bench, replicas: int) -> tuple[float, float]:
    """CPU seconds until all pods are ready; the longest answer to a list of them meanwhile."""
    slowest = 0.0
    done = asyncio.Event()

    async def ask() -> None:
        nonlocal slowest
        while not done.is_set():
            began = time.perf_counter()
            (await bench.client.get(f"{PODS}?limit=500")).raise_for_status()
            slowest = max(slowest, time.perf_counter() - began)
            await asyncio.sleep(0.1)

    asking = asyncio.create_task(ask())
    started = time.process_time()
    await bench.deploy("web", replicas)
    await bench.rest()
    cpu = time.process_time() - started
    done.set()
    await asking
    found = (await bench.client.get("/apis/apps/v1/namespaces/default/deployments/web")).json()
    assert found["status"]["readyReplicas"] == replicas, found["status"]
    return cpu, slowest


async def cold_function(bench: Bench, count: int = 20) -> float:
    """CPU milliseconds of the cluster for the pod of one cold function, from request to ready."""
    for name in bench.fleet.machines:
        node = bench.cluster.store.draft("Node", name)
        node["metadata"]["labels"]["openwhisk-role"] = "invoker"
        bench.cluster.store.update(node)
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "openwhisk"}}
    bench.cluster.store.create(space)
    await bench.rest()
    spent = 0.0
    for number in range(count + 3):
        started = time.process_time()
        pod = await bench.openwhisk.action_pods.start(
            f"guest-{number}", "openwhisk/action-python-v3.11:nightly", 256, {"user": "guest"}
        )
        spent += time.process_time() - started if number >= 3 else 0.0
        await bench.openwhisk.action_pods.remove(pod.name)
        await bench.rest()
    return spent / count * 1000


async def watchers(bench: Bench, count: int, writes: int) -> int:
    """Events that arrive at so many watchers of so many writes."""
    version = (await bench.client.get(MAPS)).json()["metadata"]["resourceVersion"]
    prefix = f"w{time.time_ns()}"

    async def watch() -> int:
        seen = 0
        query = f"{MAPS}?watch=true&resourceVersion={version}&timeoutSeconds=60"
        async with bench.client.stream("GET", query) as stream:
            async for line in stream.aiter_lines():
                seen += prefix in line
                if seen == writes:
                    return seen
        return seen

    limits = httpx.Limits(max_connections=count + 10)
    bench.client = httpx.AsyncClient(
        base_url=bench.client.base_url,
        headers=bench.client.headers,
        verify=False,
        timeout=120,
        limits=limits,
    )
    watching = [asyncio.create_task(watch()) for _ in range(count)]
    for number in range(writes):
        await bench.client.post(MAPS, json={"metadata": {"name": f"{prefix}-{number}"}})
    return sum(await asyncio.gather(*watching))


async def small() -> None:
    """Three nodes: the cost of a write by the number of pods, a roll-out, and watchers."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), 3)
        await bench.start()
        first = await config_map(bench)
        print(f"one ConfigMap, no pods           {first:8.2f} ms CPU")
        cpu, slowest = await rollout(bench, 300)
        print(
            f"a Deployment of 300              {cpu:8.2f} s CPU;"
            f" pods listed within {slowest:.2f} s meanwhile"
        )
        many = await config_map(bench)
        print(f"one ConfigMap beside 300 pods    {many:8.2f} ms CPU, {many / first:.2f} x")
        cold = await cold_function(bench)
        print(f"the pod of a cold function       {cold:8.2f} ms CPU")
        seen = await watchers(bench, 50, 40)
        print(f"50 watchers of 40 writes         {seen:8d} events of {50 * 40}")
        await bench.stop()


async def large() -> None:
    """10,000 pods on 300 nodes: how long a list takes, and how much memory."""
    with tempfile.TemporaryDirectory() as folder:
        before = psutil.Process().memory_info().rss
        bench = Bench(Path(folder), 300)
        await bench.start()
        started = time.process_time()
        for number in range(20):
            await bench.deploy(f"web{number}", 500)
        await bench.rest()
        print(f"10,000 pods on 300 nodes         {time.process_time() - started:8.1f} s CPU")
        memory = (psutil.Process().memory_info().rss - before) / 2**20
        began = time.process_time()
        found = await bench.client.get(PODS)
        listed = time.process_time() - began
        assert len(found.json()["items"]) == 10_000
        print(
            f"listed as one                    {listed:8.2f} s CPU, client included;"
            f" {len(found.content) / 2**20:.0f} MB"
        )
        print(f"memory that they take            {memory:8.0f} MB")
        print(f"one ConfigMap beside them        {await config_map(bench):8.2f} ms CPU")
        await bench.stop()


async def peer() -> None:
    """The same write to a server of kmock's."""
    if importlib.util.find_spec("kmock") is None:
        print("kmock is not installed: pip install kmock, to compare with it")
        return
    import aiohttp
    import kmock

    async with kmock.RawHandler() as handler, kmock.Server(handler) as server:
        handler["post", MAPS] << {"metadata": {"name": "x"}}
        async with aiohttp.ClientSession(str(server.url)) as client:
            started = time.process_time()
            for number in range(100):
                async with client.post(MAPS, json={"metadata": {"name": f"m{number}"}}) as answer:
                    await answer.read()
            spent = (time.process_time() - started) / 100 * 1000
            print(f"kmock: one answer over HTTP      {spent:8.2f} ms CPU")


if __name__ == "__main__":
    asyncio.run(small())
    asyncio.run(large())
    asyncio.run(peer())
