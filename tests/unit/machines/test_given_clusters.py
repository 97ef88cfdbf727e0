"""Clusters as people have them: EKS-like logins, Docker Desktop, several kubeconfigs, one node.

``kubectl`` is a stand-in that knows one answer; whatever is refused is refused in ten seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from click.testing import CliRunner

from owlab import Lab
from owlab.cli import main
from owlab.errors import LabError
from owlab.machines.cluster import PROGRAMS, ClusterProvider
from owlab.steps import addresses, forwarding, openwhisk, values


def node(name: str, address: str) -> dict[str, object]:
    return {
        "metadata": {"name": name},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": address}],
        },
    }


class Laptop:
    """Programs of a laptop, and its kubeconfig."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in PROGRAMS:
            self.program(name, "exit 0")

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def nodes(self, *items: dict[str, Any]) -> None:
        (self.folder / "nodes.json").write_text(json.dumps({"items": items}))
        address = items[0]["status"]["addresses"][0]["address"]
        self.program(
            "kubectl",
            f'case "$*" in *jsonpath*) echo {address} ;; *) cat {self.folder}/nodes.json ;; esac',
        )

    def kubeconfig(self, name: str = "config", **user: object) -> str:
        path = self.folder / name
        path.write_text(yaml.safe_dump({"users": [{"name": "me", "user": user}]}))
        return str(path)


@pytest.fixture
def laptop(tmp_path, monkeypatch) -> Laptop:
    made = Laptop(tmp_path)
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{made.bin}{os.pathsep}{os.environ['PATH']}")
    return made


def up(kubeconfig: str, *nodes: str, more: tuple[str, ...] = ()) -> tuple[int, str, float]:
    words = ["up", "--to", "1.2", "--lab", "given", "--provider", "cluster"]
    words += ["-p", "cluster_kubeconfig", kubeconfig, "-p", "cluster_nodes", ",".join(nodes), *more]
    started = time.monotonic()
    done = CliRunner().invoke(main, words)
    return done.exit_code, done.output, time.monotonic() - started


EKS = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws-of-nobody"}}


def test_a_login_program_that_is_missing_is_named(laptop):
    code, said, seconds = up(laptop.kubeconfig(**EKS), "ip-10-0-1-5.ec2.internal")
    assert code == 1 and seconds < 10
    assert "logs in with 'aws-of-nobody', which is not here" in said


def test_a_login_program_that_is_there_is_used(laptop):
    laptop.program("aws-of-nobody", "exit 0")
    laptop.nodes(node("ip-10-0-1-5.ec2.internal", "127.0.0.1"))
    code, said, _ = up(laptop.kubeconfig(**EKS), "ip-10-0-1-5.ec2.internal")
    assert code == 0, said


def test_a_login_that_waits_for_somebody_is_ended(laptop):
    laptop.program("kubectl", "echo 'open this page to log in:' >&2; sleep 60")
    code, said, seconds = up(laptop.kubeconfig(), "a")
    assert code == 1 and seconds < 13
    assert "The cluster does not answer" in said and "open this page" in said


def test_nodes_that_cannot_be_reached_are_said_with_the_way_out(laptop):
    laptop.nodes(node("a", "10.0.0.1"))
    nowhere = ("-p", "cluster_address", "nowhere.invalid")
    code, said, seconds = up(laptop.kubeconfig(), "a", more=nowhere)
    assert code == 1 and seconds < 10
    assert "cluster_forward=true" in said and "cluster_address" in said


def test_docker_desktop_answers_at_the_laptop(laptop):
    laptop.nodes(node("docker-desktop", "192.168.65.3"))
    code, said, _ = up(laptop.kubeconfig(), "docker-desktop")
    assert code == 0, said
    lab = Lab.open("given")
    assert lab.value(addresses.public(lab)) == "127.0.0.1"
    assert lab.address("docker-desktop") == "192.168.65.3"
    (apihost, *_) = openwhisk.configure_wsk.commands(lab, "host")
    assert '--apihost "${DOCKER_DESKTOP_PUBLIC_IP}:31001"' in apihost.text


def test_several_kubeconfigs_are_handed_on(laptop):
    laptop.nodes(node("a", "127.0.0.1"))
    both = os.pathsep.join([laptop.kubeconfig("one"), laptop.kubeconfig("two")])
    lab = Lab.open("given", provider="cluster", cluster_kubeconfig=both, cluster_nodes=["a"])
    lab.provider.prepare(lab.config)
    assert isinstance(lab.provider, ClusterProvider)
    assert lab.provider.environment["KUBECONFIG"] == both


def test_on_one_node_nothing_is_tied_to_others(laptop):
    lab = Lab.open(
        "given",
        provider="cluster",
        cluster_kubeconfig=laptop.kubeconfig(),
        cluster_nodes=["minikube"],
        planning=True,
    )
    content = yaml.safe_load(values.content(lab).replace("${", "$ {"))
    assert content["affinity"] == content["toleration"] == {"enabled": False}
    assert "user-pod-node-affinity.enabled=false" in content["invoker"]["options"]
    assert "k8s" not in content, "the storage class that the cluster has for all"


def test_no_machine_can_be_made(laptop):
    lab = Lab.open(
        "given", provider="cluster", cluster_kubeconfig=laptop.kubeconfig(), cluster_nodes=["a"]
    )
    with pytest.raises(LabError, match="provider cluster cannot create a"):
        lab.provider.launch(lab.config.machines[0])


def test_a_forwarded_port_leads_there_and_is_taken_back(laptop):
    said = laptop.folder / "said"
    laptop.nodes(node("a", "10.0.0.1"))
    laptop.program(
        "kubectl",
        f'case "$*" in *port-forward*) echo "$*" >> {said}; echo Forwarding from here; '
        f"exec sleep 60 ;; *) cat {laptop.folder}/nodes.json ;; esac",
    )
    lab = Lab.open(
        "forward",
        provider="cluster",
        cluster_kubeconfig=laptop.kubeconfig(),
        cluster_nodes=["a"],
        cluster_forward=True,
    )
    work = lab.directory / "work"
    assert lab.value(addresses.public(lab)) == "127.0.0.1"
    for _ in range(2):  # the second one takes the first one's place
        (start,) = forwarding.start(lab)
        assert lab.provider.execute(start, {}).exit_code == 0
    assert said.read_text().splitlines()[0].endswith("port-forward service/owdev-nginx 31001:443")
    running = psutil.Process(int((work / "forward.pid").read_text()))
    (stop,) = forwarding.stop(lab)
    assert lab.provider.execute(stop, {}).exit_code == 0
    with contextlib.suppress(psutil.NoSuchProcess):
        running.wait(5)
    left = [p for p in psutil.process_iter(["cmdline"]) if str(laptop.folder) in str(p.info)]
    assert not [p for p in left if p.pid != os.getpid()]


def test_a_forward_that_does_not_come_up_says_why(laptop):
    laptop.program("kubectl", "echo 'error: services \"owdev-nginx\" not found' >&2; sleep 1")
    lab = Lab.open(
        "forward",
        provider="cluster",
        cluster_kubeconfig=laptop.kubeconfig(),
        cluster_nodes=["a"],
        cluster_forward=True,
    )
    (lab.directory / "work").mkdir()
    (start,) = forwarding.start(lab)
    quick = replace(start, text=start.text.replace("seq 20", "seq 2"))
    done = lab.provider.execute(quick, {})
    lab.provider.execute(next(iter(forwarding.stop(lab))), {})
    assert done.exit_code == 1 and "not found" in done.stderr
