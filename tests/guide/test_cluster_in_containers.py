"""The providers ``kind`` and ``k3d``: a cluster is made, OpenWhisk is deployed, it is deleted.

The tools are stand-ins; the cluster is a pocket lab's, with one node. A forwarder stands for the
port that Docker maps.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner

from owlab import Lab
from owlab.access import kubeconfig, wskprops
from owlab.cli import main
from owlab.errors import ConfigError, LabError
from owlab.machines.pocket import PocketProvider
from owlab.script import script
from tests.standins.containers import ContainersStandin, containers_standin
from tests.standins.laptop import laptop_standin

KAFKA = ["owlab/gone:1.0", "fatal69100/kafka:2.8.1"]
NODE = {"kind": "owlab-{}-control-plane", "k3d": "k3d-owlab-{}-server-0"}


def binary(owner: Lab) -> str:
    """The program that types on its machines."""
    return cast(PocketProvider, owner.provider).binary


@pytest.fixture(scope="module")
def owner(tmp_path_factory) -> Iterator[Lab]:
    """A pocket lab that is the laptop, with helm and wsk; no K3s."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(home))
        lab = Lab.open("owner")
        lab.up(to="1.2")
        for text in (
            "sudo snap install helm --classic",
            "wget -q https://github.com/apache/openwhisk-cli/releases/download/1.2.0/"
            "OpenWhisk_CLI-1.2.0-linux-amd64.tgz && tar -xf *.tgz && sudo mv wsk /usr/local/bin",
        ):
            words = [binary(lab), "exec", "-n", "master", "--", "bash", "-c", text]
            subprocess.run(words, check=True)
        yield lab
        lab.down()


@pytest.fixture
def tools(owner: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ContainersStandin:
    multipass = Path(binary(owner))
    standin = containers_standin(tmp_path / "tools", multipass, "master")
    laptop = laptop_standin(tmp_path / "laptop", multipass, "master")
    path = [str(standin.folder / "bin"), str(laptop), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    return standin


@pytest.fixture
def mapped(owner: Lab) -> Iterator[int]:
    """A NodePort that this computer has free, and that leads to the laptop's cluster."""
    listener = socket.socket()
    for port in range(31700, 31800):
        try:
            listener.bind(("127.0.0.1", port))
            break
        except OSError:
            continue
    target = (owner.address("master"), port)
    threading.Thread(target=_serve, args=(listener, target), daemon=True).start()
    yield port
    listener.close()


def _serve(listener: socket.socket, target: tuple[str, int]) -> None:
    listener.listen()
    while True:
        try:
            client, _ = listener.accept()
            server = socket.create_connection(target)
        except OSError:
            if listener.fileno() < 0:
                return
            client.close()
            continue
        for pair in ((client, server), (server, client)):
            threading.Thread(target=_copy, args=pair, daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def typed(lab: Lab) -> list[str]:
    return [e["command"] for e in lab.journal.entries() if e["kind"] == "command-ended"]


@pytest.mark.parametrize("tool", ["kind", "k3d"])
def test_openwhisk_on_a_laptop_with_docker(tools, mapped, tool):
    given = {"provider": tool, "openwhisk_port": mapped, "openwhisk_kafka_images": KAFKA}
    lab = Lab.open(f"on-{tool}", **given)
    assert "functions.deploy_web" in lab.up().ran
    node = NODE[tool].format(f"on-{tool}")
    assert tools.state["clusters"][f"owlab-on-{tool}"]["nodes"] == [node]
    assert [node, "docker.io/openwhisk/action-nodejs-v14:1.20.0"] in tools.state["pulled"]
    values = (lab.directory / "work" / "kubeyaml" / "mycluster.yaml").exists()
    assert not values, "it is in the laptop's own folder, which is simulated here"
    content = next(text for text in typed(lab) if "cat > mycluster.yaml" in text)
    assert "affinity:\n  enabled: false" in content
    assert "user-pod-node-affinity.enabled=false" in content
    assert "explicitStorageClass" not in content
    assert not lab.up().changed
    text = script(Lab.open(f"on-{tool}", planning=True))
    for command in typed(lab):
        assert command in text
    for checker in (["/bin/bash", "-n"], [str(Path(sys.executable).with_name("shellcheck")), "-"]):
        found = subprocess.run(checker, input=text, text=True, capture_output=True)
        assert found.returncode == 0, found.stdout + found.stderr
    assert f"APIHOST=127.0.0.1:{mapped}" in wskprops(lab)
    assert f"{tool}-owlab-on-{tool}" in kubeconfig(lab)
    assert lab.down() == [f"machine owlab-on-{tool}"]
    assert tools.state["clusters"] == {}
    assert not lab.directory.exists()


def test_a_cluster_of_somebody_else_is_left_alone(tools, mapped):
    there = {"owlab-mine": {"nodes": ["owlab-mine-control-plane"], "port": 1}}
    tools.change(clusters=there)
    lab = Lab.open("mine", provider="kind", openwhisk_port=mapped)
    with pytest.raises(LabError, match="did not make"):
        lab.up(to="1.2")
    lab.down()
    assert tools.state["clusters"] == there


def test_what_an_interrupted_creation_left_is_made_anew(tools, mapped):
    lab = Lab.open("half", provider="k3d", openwhisk_port=mapped)
    tools.change(fails="FATA[0000] Failed to start node: driver failed programming connectivity")
    with pytest.raises(LabError, match="driver failed programming connectivity"):
        lab.up(to="1.2")
    there = {"owlab-half": {"nodes": ["k3d-owlab-half-server-0"], "port": 1}}
    tools.change(fails="", clusters=there)
    assert "vms.create" in lab.up(to="1.4").ran
    lab.down()
    assert tools.state["clusters"] == {}


@pytest.mark.parametrize("tool", ["kind", "k3d"])
def test_a_cluster_that_was_stopped_is_started_and_never_made_anew(tools, mapped, owner, tool):
    lab = Lab.open(f"off-{tool}", provider=tool, openwhisk_port=mapped)
    lab.up(to="1.4")
    stop = [binary(owner), "exec", "-n", "master", "--", "sudo", "systemctl", "stop", "k3s"]
    subprocess.run(stop, check=True)
    assert "vms.create" in lab.up(to="1.4").ran
    verbs = [" ".join(call[:3]) for call in tools.state["calls"]]
    assert f"{tool} delete cluster" not in verbs and "k3d cluster delete" not in verbs
    lab.down()
    assert tools.state["clusters"] == {}


REFUSED = {
    "Docker does not run": ({"daemon": False}, "Docker does not answer"),
    "an ARM computer": ({"machine": "aarch64"}, "amd64 only"),
}


@pytest.mark.parametrize(("facts", "said"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("tool", ["kind", "k3d"])
def test_what_cannot_work_is_refused_within_ten_seconds(tools, tool, facts, said):
    tools.change(**facts)
    started = time.monotonic()
    done = CliRunner().invoke(main, ["up", "--lab", "no", "--provider", tool])
    assert time.monotonic() - started < 10
    assert done.exit_code == 1
    assert said in done.output
    assert tools.state["clusters"] == {}


@pytest.mark.parametrize("tool", ["kind", "k3d", "docker"])
def test_a_tool_that_is_not_there_is_named_with_where_to_get_it(tools, tool):
    (tools.folder / "bin" / tool).unlink()
    bare = tools.folder / "bare"
    bare.mkdir()
    provider = "kind" if tool == "docker" else tool
    with pytest.MonkeyPatch.context() as patch:
        path = [str(tools.folder / "bin"), str(tools.folder.parent / "laptop"), str(bare)]
        patch.setenv("PATH", os.pathsep.join(path))
        with pytest.raises(LabError, match=f"Not on this computer: {tool}") as caught:
            Lab.open("no", provider=provider).up(to="1.1")
    assert f"{tool}: see https://" in caught.value.resolution


def test_a_port_that_is_taken_is_found_before_the_cluster_is_made(tools, mapped):
    done = CliRunner().invoke(
        main, ["up", "--lab", "taken", "--provider", "kind", "-p", "openwhisk_port", str(mapped)]
    )
    assert done.exit_code == 1 and f"port {mapped}" in done.output
    assert tools.state["clusters"] == {}


def test_a_name_that_k3d_would_refuse_is_refused_first():
    with pytest.raises(ConfigError, match="choose a shorter name"):
        Lab.open("a-name-that-is-much-too-long-for-it", provider="k3d", planning=True)
