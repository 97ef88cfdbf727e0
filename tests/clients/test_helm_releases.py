"""The real Helm engine against the lab's own Kubernetes API: a release's whole life."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
import yaml

from owlab.pocket.charts import git_tree
from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.database import Database
from owlab.pocket.ground.tls import Authority
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.apiserver.app import kube_app
from owlab.pocket.kube.containers.printed_lines import PrintedLine
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.store import Change, Store
from owlab.pocket.machines.machine import Machine
from owlab.pocket.machines.state import InstalledSnap
from owlab.pocket.service.lab import PocketLab
from tests.pocket.helm.conftest import Ran

TOKEN = "a-token-of-this-test"
ADDRESS = "127.0.0.1"
K3S = "sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml"
URL = "https://kubernetes-sigs.github.io/nfs-subdir-external-provisioner/"
NFS = "nfs-subdir-external-provisioner"
CHART = "./openwhisk-deploy-kube/helm/openwhisk"


class NoKubelet:
    """Nothing runs in this cluster, so pods say only their names."""

    def unreached(self, pod: Object) -> str | None:
        return None

    def logs(self, pod: Object, container: str, *, previous: bool = False) -> list[PrintedLine]:
        return [PrintedLine(0.0, f"log of {pod['metadata']['name']}")]

    async def exec(self, pod: Object, container: str, argv: list[str], streams: Streams) -> int:
        return 0

    async def attach(self, pod: Object, container: str, streams: Streams) -> None:
        pass


class Cluster:
    """An API server in a thread, and a store to look into."""

    def __init__(self, directory: Path) -> None:
        self.failing: set[str] = set()
        self._database = Database(directory / "kube.sqlite")
        self.store = Store(self._database, Clock())
        for name in ("default", "kube-system"):
            with contextlib.suppress(Exception):
                self.store.create(
                    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
                )
        self.store.subscribe(self._act)
        authority = Authority(directory)
        certificate, key = authority.issue("kubernetes", [ADDRESS])
        (directory / "server.crt").write_bytes(certificate)
        (directory / "server.key").write_bytes(key)
        app = kube_app(
            self.store, tokens={TOKEN: "admin"}, version="v1.34.1+k3s1", kubelet=NoKubelet()
        )
        listener = socket.create_server((ADDRESS, 0))
        # asyncio sets it only on sockets of its own making: without, each answer waits 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server = f"https://{ADDRESS}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app,
            log_level="warning",
            ssl_certfile=str(directory / "server.crt"),
            ssl_keyfile=str(directory / "server.key"),
            timeout_graceful_shutdown=1,
        )
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._uvicorn.serve(sockets=[listener])), daemon=True
        )
        self._authority = authority.pem

    def _act(self, change: Change) -> None:
        """Stand in for the controllers: a test pod ends at once, as it should."""
        name = change.key.name
        if change.event != "ADDED" or change.key.kind != "Pod" or "-tests-" not in name:
            return
        phase = "Failed" if name in self.failing else "Succeeded"
        asyncio.get_running_loop().call_soon(self._end, change.obj, phase)

    def _end(self, pod: Object, phase: str) -> None:
        found = self.store.find("Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])
        if found:
            self.store.set_status(found, {"phase": phase})

    @property
    def kubeconfig(self) -> str:
        authority = base64.b64encode(self._authority).decode()
        server = {"server": self.server, "certificate-authority-data": authority}
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "default", "cluster": server}],
                "users": [{"name": "default", "user": {"token": TOKEN}}],
                "contexts": [
                    {"name": "default", "context": {"cluster": "default", "user": "default"}}
                ],
                "current-context": "default",
            }
        )

    def start(self) -> None:
        self._thread.start()
        while not self._uvicorn.started:
            assert self._thread.is_alive()
            self._thread.join(0.02)

    def stop(self) -> None:
        self._uvicorn.should_exit = True
        self._thread.join(10)
        self._database.close()

    def names(self, kind: str, namespace: str) -> set[str]:
        return {obj["metadata"]["name"] for obj in self.store.list(kind, namespace)}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    cluster.start()
    yield cluster
    cluster.stop()


Shell = Callable[[str], Ran]


@pytest.fixture
def shell(tmp_path: Path, cluster: Cluster) -> Shell:
    """The guide's master, with the cluster's kubeconfig where K3s puts it."""
    (tmp_path / "lab").mkdir()
    machine = Machine("master", ADDRESS, PocketLab(tmp_path / "lab"))
    machine.state.snaps = {"helm": InstalledSnap()}
    for path, content in git_tree().items():
        machine.write(f"/home/ubuntu/openwhisk-deploy-kube/{path}", content, owner="ubuntu")
    values = Path(__file__).parents[1] / "pocket/helm/mycluster.yaml"
    machine.write("/home/ubuntu/mycluster.yaml", values.read_bytes(), owner="ubuntu")
    machine.own("/home/ubuntu", "ubuntu")
    machine.write("/etc/rancher/k3s/k3s.yaml", cluster.kubeconfig.encode(), mode=0o600)

    def run(script: str) -> Ran:
        out, err = bytearray(), bytearray()

        async def keep_out(data: bytes) -> None:
            out.extend(data)

        async def keep_err(data: bytes) -> None:
            err.extend(data)

        status = asyncio.run(machine.session().run(script, keep_out, keep_err))
        return Ran(status, out.decode(), err.decode())

    return run


def install_openwhisk(shell: Shell, more: str = "") -> Ran:
    return shell(
        f"{K3S} install owdev {CHART} -n openwhisk --create-namespace -f ~/mycluster.yaml {more}"
    )


def without_warnings(text: str) -> str:
    """Without what the chart asks for and the lab does not act on, such as network policies."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if '"Warning: ' not in line)


def without_time(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("LAST DEPLOYED: "))


def test_the_guides_provisioner(shell: Shell, cluster: Cluster) -> None:
    shell(f"sudo helm repo add {NFS} {URL} && sudo helm repo update")
    line = (
        f"{K3S} install openwhisk-nfs {NFS}/{NFS} "
        "--set nfs.server=10.251.200.186 --set nfs.path=/var/nfs/kubedata"
    )
    ran = shell(line)
    assert (ran.status, ran.err) == (0, "")
    assert without_time(ran.out) == (
        "NAME: openwhisk-nfs\nNAMESPACE: default\nSTATUS: deployed\nREVISION: 1\n"
        "DESCRIPTION: Install complete\nTEST SUITE: None\n"
    )
    assert cluster.names("Deployment", "default") == {f"openwhisk-nfs-{NFS}"}
    again = shell(line)
    assert again.status == 1
    assert "INSTALLATION FAILED" in again.err
    assert "cannot reuse a name that is still in use" in again.err


def test_openwhisks_life(shell: Shell, cluster: Cluster) -> None:
    ran = install_openwhisk(shell)
    assert (ran.status, without_warnings(ran.err)) == (0, "")
    assert without_time(ran.out).startswith(
        "NAME: owdev\nNAMESPACE: openwhisk\nSTATUS: deployed\nREVISION: 1\n"
        "DESCRIPTION: Install complete\nNOTES:\nApache OpenWhisk\n"
    )
    assert len(cluster.names("PersistentVolumeClaim", "openwhisk")) == 6

    listed = json.loads(shell(f"{K3S} list -A -o json").out)
    assert [(r["name"], r["revision"], r["chart"]) for r in listed] == [
        ("owdev", "1", "openwhisk-1.0.1")
    ]

    ran = shell(
        f"{K3S} upgrade owdev {CHART} -n openwhisk --reuse-values "
        "--set invoker.options=-Dwhisk.kubernetes.timeouts.run=10minutes"
    )
    assert (ran.status, without_warnings(ran.err)) == (0, "")
    assert ran.out.startswith('Release "owdev" has been upgraded. Happy Helming!\nNAME: owdev\n')
    assert options_of(cluster).startswith("-Dwhisk.kubernetes.timeouts.run=10minutes ")
    values = yaml.safe_load(shell(f"{K3S} get values owdev -n openwhisk -o yaml").out)
    assert values["kafka"]["imageName"] == "fatal69100/kafka"

    ran = shell(f"{K3S} rollback owdev 1 -n openwhisk")
    assert (ran.status, ran.out) == (0, "Rollback was a success! Happy Helming!\n")
    assert not options_of(cluster).startswith("-Dwhisk")

    history = json.loads(shell(f"{K3S} history owdev -n openwhisk -o json").out)
    assert [(r["revision"], r["status"], r["description"]) for r in history] == [
        (1, "superseded", "Install complete"),
        (2, "superseded", "Upgrade complete"),
        (3, "deployed", "Rollback to 1"),
    ]

    ran = shell(f"{K3S} uninstall owdev -n openwhisk")
    assert (ran.status, ran.out) == (0, 'release "owdev" uninstalled\n')
    for kind in ("Deployment", "StatefulSet", "Service", "Job"):
        assert cluster.names(kind, "openwhisk") == set()
    # No controller runs here that could see that no pod uses them any more.
    claims = cluster.store.list("PersistentVolumeClaim", "openwhisk")
    assert all(claim["metadata"]["deletionTimestamp"] for claim in claims)
    assert json.loads(shell(f"{K3S} list -A -o json").out) == []


def options_of(cluster: Cluster) -> str:
    invoker = cluster.store.get("StatefulSet", "owdev-invoker", "openwhisk")
    (container,) = invoker["spec"]["template"]["spec"]["containers"]
    (options,) = [e["value"] for e in container["env"] if e["name"] == "INVOKER_OPTS"]
    return str(options)


def test_tests_run_and_are_reported(shell: Shell, cluster: Cluster) -> None:
    install_openwhisk(shell)
    ran = shell(f"{K3S} test owdev -n openwhisk --logs")
    assert (ran.status, without_warnings(ran.err)) == (0, "")
    assert ran.out.count("Phase:          Succeeded") == 2
    assert "POD LOGS: owdev-tests-smoketest\nlog of owdev-tests-smoketest\n" in ran.out

    cluster.failing.add("owdev-tests-smoketest")
    ran = shell(f"{K3S} test owdev -n openwhisk --logs")
    assert ran.status == 1
    assert "Phase:          Failed" in ran.out
    assert "POD LOGS: owdev-tests-smoketest\n" in ran.out
    assert ran.err.startswith("Error: ")


def test_status_shows_the_objects(shell: Shell) -> None:
    install_openwhisk(shell)
    ran = shell(f"{K3S} status owdev -n openwhisk")
    assert (ran.status, without_warnings(ran.err)) == (0, "")
    assert "RESOURCES:\n==> apps/v1/Deployment\nNAME " in ran.out
    assert "owdev-couchdb-pvc" in ran.out
    shown = json.loads(shell(f"{K3S} status owdev -n openwhisk -o json").out)
    assert shown["info"]["status"] == "deployed"


def test_what_does_not_become_ready_fails_in_time(shell: Shell) -> None:
    ran = install_openwhisk(shell, "--wait --timeout 1s")
    assert ran.status == 1
    assert without_warnings(ran.err).startswith("Error: INSTALLATION FAILED: ")
    assert "not ready" in ran.err
    (listed,) = json.loads(shell(f"{K3S} list -A -o json").out)
    assert listed["status"] == "failed"


def test_what_is_killed_stays_pending_and_what_is_ended_fails(shell: Shell) -> None:
    shell("helm create ch")
    waits = K3S + " install {} ./ch --wait --timeout 60s"
    assert shell(f"timeout -s KILL 4 {waits.format('hard')}").status == 137
    assert "pending-install" in shell(f"{K3S} list -a").out
    refused = shell(f"{K3S} upgrade hard ./ch").err
    assert "another operation (install/upgrade/rollback) is in progress" in refused
    assert shell(f"timeout 4 {waits.format('soft')}").status == 124
    assert "STATUS: failed" in shell(f"{K3S} status soft").out


def test_installing_where_there_is_nothing_yet(shell: Shell) -> None:
    ran = shell(
        f"{K3S} upgrade --install owdev {CHART} -n openwhisk --create-namespace -f mycluster.yaml"
    )
    assert ran.status == 0
    assert ran.out.startswith('Release "owdev" does not exist. Installing it now.\nNAME: owdev\n')


def test_what_is_not_there(shell: Shell) -> None:
    assert shell(f"{K3S} status nope").err == "Error: release: not found\n"
    assert shell(f"{K3S} uninstall nope").err == (
        "Error: uninstall: Release not loaded: nope: release: not found\n"
    )
    assert shell(f"{K3S} upgrade nope {CHART}").err == (
        'Error: UPGRADE FAILED: "nope" has no deployed releases\n'
    )
    ran = shell(f"{K3S} install owdev {CHART} -n nowhere")
    assert 'namespaces "nowhere" not found' in ran.err


def test_only_root_may_read_the_kubeconfig(shell: Shell) -> None:
    ran = shell("helm --kubeconfig /etc/rancher/k3s/k3s.yaml list")
    assert ran.status == 1
    assert "permission denied" in ran.err
    assert "127.0.0.1:8080" in shell("sudo helm list").err


def test_a_wrong_token_is_refused(shell: Shell) -> None:
    assert shell(f"{K3S} --kube-token wrong list").status == 1
