"""The real kubectl from inside a machine against the lab's API server."""

from __future__ import annotations

import asyncio

import psutil
import pytest

from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.kube.store import Store
from owlab.pocket.service.servers import Listener

CONFIG_MAP = """\
kubectl create namespace openwhisk --dry-run=client -o yaml | kubectl apply -f -
cat > cm.yaml <<'EOF'
apiVersion: v1
kind: ConfigMap
metadata: {name: one, labels: {a: b}}
data: {k: v}
EOF
kubectl apply -f cm.yaml
"""


class NoKubelet:
    """There are no pods here."""

    def unreached(self, pod):
        return None

    def logs(self, pod, container, *, previous=False):
        return []

    async def exec(self, pod, container, argv, streams):
        return 1

    async def attach(self, pod, container, streams):
        pass


@pytest.fixture
async def store(lab, on, master):
    """The API server on the master, where K3s is installed."""
    store = Store(lab.db, lab.clock)
    app = kube_app(store, tokens={"secret": "admin"}, version="v1.36.4+k3s1", kubelet=NoKubelet())
    certificate = lab.authority.issue("k3s", [master.address])
    listener = Listener(app, 6443, certificate)
    await on("master", "curl -sfL https://get.k3s.io | sh -")
    await listener.listen([master.address])
    for name in ("default", "openwhisk-x"):
        store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield store
    await listener.close()


async def test_files_and_pipes_reach_the_cluster(on, store):
    typed = await on("master", f"sudo bash <<'SCRIPT'\n{CONFIG_MAP}SCRIPT")
    assert typed.status == 0, str(typed)
    assert typed.out == "namespace/openwhisk created\nconfigmap/one created\n"
    assert store.get("ConfigMap", "one", "default")["data"] == {"k": "v"}


async def test_output_goes_through_pipes(on, store):
    typed = await on("master", "sudo kubectl get namespaces | grep openwhisk | awk '{print $1}'")
    assert typed.out == "openwhisk-x\n"
    assert (await on("master", "sudo k3s kubectl get ns openwhisk-x -o name")).status == 0
    missing = await on("master", "sudo kubectl get ns nosuch")
    assert missing.status == 1
    assert missing.err == 'Error from server (NotFound): namespaces "nosuch" not found\n'


async def test_watching_streams_until_it_is_stopped(lab, store):
    seen, lines = asyncio.Event(), bytearray()

    async def out(data: bytes) -> None:
        lines.extend(data)
        if b"second" in lines:
            seen.set()

    session = lab.fleet.machines["master"].session()
    script = "sudo kubectl get configmaps --watch --no-headers"
    task = asyncio.ensure_future(session.run(script, out, out))

    async def first_lines() -> None:
        for name in ("first", "second"):
            body = {"apiVersion": "v1", "kind": "ConfigMap"}
            store.create({**body, "metadata": {"name": name, "namespace": "default"}})
            while name.encode() not in lines:
                await asyncio.sleep(0.02)

    await asyncio.wait_for(asyncio.gather(first_lines(), seen.wait()), 30)
    children = [p for p in psutil.Process().children() if "kubectl" in p.name()]
    assert children
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    _, left = await asyncio.to_thread(psutil.wait_procs, children, 10)
    assert not left


async def test_nothing_answers_without_credentials(on, store, master):
    typed = await on("worker1", f"curl -k https://{master.address}:6443/version")
    assert typed.status == 0
    assert "Unauthorized" in typed.out
