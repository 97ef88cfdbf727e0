"""When and where the cluster and OpenWhisk answer, with stand-ins for both."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.types import Receive, Scope, Send

from owlab.pocket.ground.clock import Clock
from owlab.pocket.machines.machine import Machine, Spec
from owlab.pocket.machines.state import Unit
from owlab.pocket.openwhisk.deployment import Deployment
from owlab.pocket.openwhisk.deployment.components_ready import Components
from owlab.pocket.openwhisk.deployment.endpoint import OpenWhiskEndpoint
from owlab.pocket.openwhisk.health import Health
from owlab.pocket.service import components as parts
from owlab.pocket.service import hosting
from owlab.pocket.service.lab import PocketLab
from tests.waiting import PATIENCE

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the ports of all labs are on one address"
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says hello."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@dataclass
class Cluster:
    """Remembers what it was told."""

    joined: list[str] = field(default_factory=list)
    running: bool = False
    pokes: int = 0

    def give_command(self, image: str, name: str, command: Any) -> None:
        self.command = command

    async def start(self) -> None:
        self.running = True

    async def stop(self) -> None:
        self.running = False

    def join(self, machine: str, *, role: str, version: str, args: list[str]) -> None:
        self.joined.append(f"{machine} {role}")

    def machines_changed(self) -> None:
        self.pokes += 1


class Stream:
    """Keeps what is written to it."""

    def __init__(self) -> None:
        self.text = b""

    async def write(self, data: bytes) -> None:
        self.text += data


@dataclass
class ToolContext:
    """Where OpenWhisk's tool for its operators is called."""

    argv: tuple[str, ...]
    stdout: Stream = field(default_factory=Stream)
    stderr: Stream = field(default_factory=Stream)


class NoPorts:
    """Opens nothing."""

    def look(self) -> None:
        """Nothing to look at."""

    async def close(self) -> None:
        """Nothing to close."""


@dataclass
class OpenWhisk:
    """Counts catalogs."""

    apihost: str
    catalogs: int = 0
    wipes: int = 0
    health: Health = field(default_factory=lambda: Health(Clock()))

    def start(self) -> None:
        """Nothing runs by itself."""

    def install_catalog(self) -> None:
        self.catalogs += 1

    def wipe(self) -> None:
        self.wipes += 1


def endpoint(port: int, certificate: bytes, key: bytes) -> OpenWhiskEndpoint:
    """OpenWhisk's front end."""
    keys = ("guest:key", "system:key")
    return OpenWhiskEndpoint("owdev", "openwhisk", port, certificate, key, *keys)


def told(lab: PocketLab) -> Cluster:
    """The fake that the lab has for a cluster."""
    found: Any = lab.hosting.cluster
    assert isinstance(found, Cluster)
    return found


def made(lab: PocketLab) -> OpenWhisk:
    """The fake that the lab has for OpenWhisk."""
    found: Any = lab.hosting.openwhisk
    assert isinstance(found, OpenWhisk)
    return found


def deployment(lab: PocketLab) -> Deployment:
    found = lab.hosting.deployment
    assert found is not None
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PocketLab]:
    """A lab with ``master`` and ``worker1``, on ports of its own."""
    monkeypatch.setattr(hosting, "API_PORT", free_port())
    monkeypatch.setattr(parts, "new_cluster", lambda lab, software: Cluster())
    monkeypatch.setattr(parts, "opened_ports", lambda *_: NoPorts())
    monkeypatch.setattr(parts, "kube_app", lambda *_: app)
    monkeypatch.setattr(parts, "openwhisk_app", lambda _: app)
    monkeypatch.setattr(parts, "new_openwhisk", lambda _, __, ___, host: OpenWhisk(host))

    async def stop(_: Any) -> None:
        return None

    monkeypatch.setattr(parts, "stop_openwhisk", stop)
    made = PocketLab(tmp_path)
    for name in ("master", "worker1"):
        made.fleet.reserve(name)
        await made.fleet.launch(name, Spec())
    yield made
    await made.stop()


def unit(machine: Machine, name: str) -> None:
    machine.state.units[name] = Unit(active=True, enabled=True)
    machine.save()


async def cluster(lab: PocketLab) -> Machine:
    """Start the cluster as the K3s installer does."""
    master = lab.fleet.machines["master"]
    unit(master, "k3s")
    await lab.hosting.start_cluster("master", "v1.29.4+k3s1", [])
    return master


async def answers(lab: PocketLab, address: str, port: int) -> bool:
    """A client that trusts the lab's authority gets an answer."""
    context = ssl.create_default_context(cadata=lab.authority.pem.decode())
    try:
        async with httpx.AsyncClient(verify=context) as client:
            return (await client.get(f"https://{address}:{port}/")).text == "hello"
    except httpx.TransportError:  # refused, or closed while it was asked
        return False


async def until(lab: PocketLab, address: str, port: int, expected: bool) -> None:
    async with asyncio.timeout(PATIENCE):
        while await answers(lab, address, port) != expected:
            await asyncio.sleep(0.02)


async def test_the_api_answers_with_the_server_machine(lab: PocketLab) -> None:
    assert lab.kubeconfig() is None
    master = await cluster(lab)
    assert await answers(lab, master.address, hosting.API_PORT)
    assert told(lab).joined == ["master server"]
    await lab.fleet.stop(master)
    await until(lab, master.address, hosting.API_PORT, False)
    await lab.fleet.start(master)
    await until(lab, master.address, hosting.API_PORT, True)
    assert told(lab).pokes > 0


async def test_a_kubeconfig_verifies_the_server(lab: PocketLab) -> None:
    master = await cluster(lab)
    config = yaml.safe_load(lab.kubeconfig() or "")
    server = config["clusters"][0]["cluster"]["server"]
    assert server == f"https://{master.address}:{hosting.API_PORT}"
    assert len(config["users"][0]["user"]["token"]) > 20


async def test_the_cluster_comes_back_with_the_next_process(lab: PocketLab) -> None:
    master = await cluster(lab)
    config = lab.kubeconfig()
    lab.network.release()
    await lab.hosting.stop()
    again = PocketLab(lab.directory)
    await again.start()
    assert told(again).running
    assert again.kubeconfig() == config
    assert await answers(again, master.address, hosting.API_PORT)
    await again.stop()


async def test_with_the_server_machine_goes_the_cluster(lab: PocketLab) -> None:
    master = await cluster(lab)
    await lab.fleet.delete(master)
    await until(lab, master.address, hosting.API_PORT, False)
    await lab.fleet.purge(master)
    async with asyncio.timeout(PATIENCE):
        while lab.hosting.cluster is not None:
            await asyncio.sleep(0.01)
    assert lab.kubeconfig() is None


async def test_openwhisk_answers_on_every_node_that_is_up(lab: PocketLab) -> None:
    master = await cluster(lab)
    worker = lab.fleet.machines["worker1"]
    port = free_port()
    pem = lab.authority.issue("owdev-nginx", [master.address, worker.address])
    deployment(lab).on_endpoint(endpoint(port, *pem))
    await until(lab, master.address, port, True)
    assert not await answers(lab, worker.address, port)
    assert made(lab).apihost == f"{master.address}:{port}"
    unit(worker, "k3s-agent")
    lab.fleet.changed(worker)
    await until(lab, worker.address, port, True)
    props = lab.wskprops() or ""
    assert f"APIHOST=https://{master.address}:{port}\nAUTH=guest:key\n" in props
    deployment(lab).on_install_packages("owdev")
    assert made(lab).catalogs == 1
    deployment(lab).on_endpoint(None)
    await until(lab, master.address, port, False)
    assert lab.wskprops() is None


async def test_the_catalog_waits_for_openwhisk(lab: PocketLab) -> None:
    master = await cluster(lab)
    port = free_port()
    deployment(lab).on_install_packages("owdev")
    pem = lab.authority.issue("nginx", [master.address])
    deployment(lab).on_endpoint(endpoint(port, *pem))
    await until(lab, master.address, port, True)
    assert made(lab).catalogs == 1


async def test_a_port_in_use_is_said_and_tried_again(
    lab: PocketLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosting, "_AGAIN_SECONDS", 0.05)
    master = lab.fleet.machines["master"]
    with socket.create_server((master.address, hosting.API_PORT)):
        await cluster(lab)
        (problem,) = lab.status()["problems"]
        assert f"port {hosting.API_PORT} on {master.address} is in use" in problem
    # Nobody does anything: the lab tries again by itself.
    await until(lab, master.address, hosting.API_PORT, True)
    assert lab.status()["problems"] == []


async def test_without_openwhisk_its_test_fails_and_its_tool_is_refused(lab: PocketLab) -> None:
    await cluster(lab)
    assert await deployment(lab).on_test("basic") == (False, "FAILED! OpenWhisk does not answer")

    context = ToolContext(("user", "list", "guest"))
    assert await told(lab).command(context) == 1
    assert (context.stdout.text, context.stderr.text) == (
        *(b"", b"Exception:  [Errno 111] Connection refused\n"),
    )


@pytest.mark.parametrize(
    ("ready", "status", "out", "err"),
    [
        ({"couchdb"}, 3, b"user list guest\n", b"odd\n"),
        ({"controller"}, 1, b"", b"Exception:  [Errno 111] Connection refused\n"),
    ],
)
async def test_its_tool_needs_the_database(
    lab: PocketLab,
    monkeypatch: pytest.MonkeyPatch,
    ready: set[str],
    status: int,
    out: bytes,
    err: bytes,
) -> None:
    master = await cluster(lab)
    port = free_port()
    pem = lab.authority.issue("nginx", [master.address])
    deployment(lab).on_endpoint(endpoint(port, *pem))
    await until(lab, master.address, port, True)
    deployment(lab).components = Components(frozenset(ready))
    monkeypatch.setattr(
        "owlab.pocket.openwhisk.wskadmin.run",
        lambda openwhisk, words: (3, " ".join(words) + "\n", "odd\n"),
    )
    context = ToolContext(("user", "list", "guest"))
    assert await told(lab).command(context) == status
    assert (context.stdout.text, context.stderr.text) == (out, err)


async def test_a_database_is_made_anew_now_or_later(lab: PocketLab) -> None:
    master = await cluster(lab)
    port = free_port()
    pem = lab.authority.issue("nginx", [master.address])
    deployment(lab).on_wipe()
    deployment(lab).on_endpoint(endpoint(port, *pem))
    await until(lab, master.address, port, True)
    assert (made(lab).wipes, made(lab).catalogs) == (1, 0)
    deployment(lab).on_wipe()
    assert made(lab).wipes == 2
    # What was due is done once: another front end finds nothing to do.
    first = made(lab)
    other = free_port()
    deployment(lab).on_endpoint(endpoint(other, *pem))
    await until(lab, master.address, other, True)
    assert made(lab) is not first
    assert (made(lab).wipes, made(lab).catalogs) == (0, 0)
    assert not await answers(lab, master.address, port)


async def test_whose_port_it_is(lab: PocketLab) -> None:
    master = lab.fleet.machines["master"]
    assert not lab.hosting.api_port_taken(master.address)
    with socket.create_server((master.address, hosting.API_PORT)):
        assert lab.hosting.api_port_taken(master.address)
    await cluster(lab)
    assert not lab.hosting.api_port_taken(master.address), "it is the lab's own"
    assert lab.hosting.answers_on(master)
    assert not lab.hosting.answers_on(lab.fleet.machines["worker1"])


async def test_where_the_cluster_answers_on_its_server(lab: PocketLab) -> None:
    master = await cluster(lab)
    inside = yaml.safe_load(lab.hosting.kubeconfig_on(master))
    assert inside["clusters"][0]["cluster"]["server"] == f"https://127.0.0.1:{hosting.API_PORT}"
    outside = yaml.safe_load(lab.kubeconfig() or "")
    assert inside["users"] == outside["users"] and inside != outside


async def test_nodes_come_and_go(lab: PocketLab) -> None:
    worker = lab.fleet.machines["worker1"]
    assert lab.hosting.nodes() == []
    await lab.hosting.join("worker1", "agent", "v1", [])  # there is no cluster yet
    master = await cluster(lab)
    assert lab.hosting.nodes() == [master]
    unit(worker, "k3s-agent")
    await lab.hosting.join("worker1", "agent", "v1", [])
    assert told(lab).joined == ["master server", "worker1 agent"]
    assert lab.hosting.nodes() == [master, worker]
    before = lab.hosting.token
    await lab.hosting.leave("master")
    assert lab.hosting.cluster is None and lab.kubeconfig() is None
    assert lab.hosting.token != before, "another cluster has another administrator"


async def test_many_changes_at_once_are_one_look(
    lab: PocketLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    settled = lab.hosting.settle

    async def settle() -> None:
        looks.append(True)
        await settled()

    monkeypatch.setattr(lab.hosting, "settle", settle)
    for number in (1, 2):
        lab.hosting.poke()
        lab.hosting.poke()
        await asyncio.sleep(0)
        await settled()  # behind the one that was asked for
        assert len(looks) == number, "and the next change is looked at again"
