"""The steps where there is only a cluster's API: what they look at, and what they type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from owlab import Lab
from owlab.errors import MachineError
from owlab.machines.provider import MachineInfo
from owlab.steps import existing_cluster as steps

from .conftest import Told, thing, true

Make = Callable[..., Lab]


@pytest.fixture
def given(make: Make, told: Told) -> Callable[..., Lab]:
    """A lab on a cluster that exists."""
    told.has_machines = False

    def made(**more: Any) -> Lab:
        known = {"cluster_kubeconfig": "kc", "cluster_nodes": ["a", "b"]}
        return make(provider="cluster", **known, **more)

    return made


def said(check: Any) -> list[tuple[bool, str]]:
    return [(item.ok, item.seen) for item in check.evidence]


def typed(commands: Any) -> list[str]:
    return [command.text for command in commands]


def test_the_keys_are_the_guides() -> None:
    keys = [step.key for step in steps.STEPS]
    assert [step.key for step in steps.MADE] == keys
    assert len(set(keys)) == len(keys) == 15


def test_nodes_exist(given: Make, told: Told) -> None:
    lab = given(cluster_nfs_server="10.0.0.7")
    assert said(steps.node_exists(lab, "a")) == [(False, "not in the cluster")]
    told.known = [MachineInfo("a", "Running", "10.0.0.1"), MachineInfo("b", "Running", "")]
    assert said(steps.node_exists(lab, "a")) == [(True, "Running 10.0.0.1")]
    assert said(steps.node_exists(lab, "b")) == [(False, "Running")]
    assert said(steps.node_exists(lab, lab.storage)) == [(True, "10.0.0.7, used as it is")]
    own = given()
    assert said(steps.node_exists(own, own.storage)) == [(True, "the cluster's own storage class")]


def test_nodes_are_ready_whatever_their_version_is(given: Make, told: Told) -> None:
    lab = given()
    assert said(steps.node_ready(lab, "a")) == [(False, "not in the cluster")]
    for ready in (True, False):
        status: dict[str, Any] = {"nodeInfo": {"kubeletVersion": "v9"}}
        status |= {"conditions": true("Ready") if ready else []}
        told.has_one("node a", thing("a", status=status))
        assert said(steps.node_ready(lab, "a")) == [(ready, "v9")]


def test_an_export_is_named_or_not_needed(given: Make) -> None:
    named = given(cluster_nfs_server="10.0.0.7", nfs_path="/exp")
    assert said(steps.exported(named, "a")) == [
        (True, "10.0.0.7:/exp, proved by the pods of section 2")
    ]
    own = given(openwhisk_storage_class="fast")
    assert said(steps.exported(own, "a")) == [(True, "storage class fast")]
    default = given(openwhisk_storage_class="")
    assert said(steps.exported(default, "a")) == [(True, "storage class of the cluster")]


def probe(phase: str | None, server: str = "10.0.0.7", path: str = "/exp") -> dict[str, Any]:
    volumes = [{"name": "token"}, {"name": "data", "nfs": {"server": server, "path": path}}]
    status = {"phase": phase} if phase else {}
    return thing("owlab-nfs-probe-a", spec={"volumes": volumes}, status=status)


@pytest.mark.parametrize(
    ("pod", "done", "seen"),
    [
        (None, False, "not tried"),
        (probe("Succeeded"), True, "its pod is Succeeded"),
        (probe("Running"), False, "its pod is Running"),
        (probe(None), False, "its pod is Pending"),
        (probe("Succeeded", server="10.0.0.8"), False, "its pod had another export"),
        (probe("Succeeded", path="/fxp"), False, "its pod had another export"),
    ],
)
def test_a_pod_proves_the_mount(
    given: Make, told: Told, pod: dict[str, Any] | None, done: bool, seen: str
) -> None:
    lab = given(cluster_nfs_server="10.0.0.7", nfs_path="/exp")
    told.has_one("pod owlab-nfs-probe-a -n default", pod)
    assert said(steps.mounted(lab, "a")) == [(done, seen)]


def test_where_nothing_is_mounted_nothing_is_typed(given: Make, told: Told) -> None:
    own = given(openwhisk_storage_class="fast")
    assert said(steps.mounted(own, "a")) == [(True, "storage class fast")]
    for commands in (steps.mount_everywhere, steps.remove_probe, steps.deploy_provisioner,
                     steps.remove_provisioner):  # fmt: skip
        assert typed(commands(own, "a")) == []
    lab = given(cluster_nfs_server="10.0.0.7", nfs_path="/exp")
    remove, apply, wait = typed(steps.mount_everywhere(lab, "a"))
    assert typed(steps.remove_probe(lab, "a")) == [remove]
    assert remove == "kubectl delete pod owlab-nfs-probe-a -n default --ignore-not-found"
    assert "nodeName: a\n" in apply and "nfs: {server: 10.0.0.7, path: /exp}" in apply
    assert "pod/owlab-nfs-probe-a" in wait
    assert typed(steps.deploy_provisioner(lab, "host"))
    assert "helm uninstall" in typed(steps.remove_provisioner(lab, "host"))[0]


def test_what_a_node_says_of_its_volume(given: Make, told: Told) -> None:
    lab = given(cluster_nfs_server="10.0.0.7")
    mine = {"kind": "Pod", "name": "owlab-nfs-probe-a"}
    other = {"kind": "Pod", "name": "owlab-nfs-probe-ab"}
    events = [thing("e", involvedObject=mine, type="Warning", message=str(n)) for n in range(5)]
    events.append(thing("e", involvedObject=other, type="Warning", message="x"))
    told.has("events --sort-by=.lastTimestamp -n default", *events)
    assert steps.why_not_mounted(lab, "a").splitlines() == [
        f"pod owlab-nfs-probe-a: {number}" for number in (2, 3, 4)
    ]


def test_the_storage_class(given: Make, told: Told) -> None:
    lab = given(openwhisk_storage_class="fast")
    assert said(steps.provisioned(lab, "host")) == [(False, "not there: set cluster_nfs_server")]
    told.has_one("storageclass fast", {"provisioner": "disk.example"})
    assert said(steps.provisioned(lab, "host")) == [(True, "made by disk.example")]
    assert said(steps.provisioned(given(openwhisk_storage_class=""), "host")) == [
        (True, "made by the default")
    ]
    named = given(cluster_nfs_server="10.0.0.7")
    assert len(said(steps.provisioned(named, "host"))) > 1, "the provisioner itself is looked at"


def test_the_way_to_openwhisk_is_forwarded_where_that_is_said(given: Make) -> None:
    assert not any("port-forward" in text for text in typed(steps.deploy(given(), "host")))
    lab = given(cluster_forward=True)
    *_, last = typed(steps.deploy(lab, "host"))
    assert "port-forward service/owdev-nginx 31001:443" in last
    first, *rest = typed(steps.uninstall(lab, "host"))
    assert "forward.pid" in first and "helm uninstall owdev" in rest[0]
    assert typed(steps.uninstall(given(), "host")) == rest


# -- a cluster of the lab's own ------------------------------------------------------------


@pytest.fixture
def own(make: Make, told: Told) -> Lab:
    told.has_machines = False
    return make(provider="k3d")


def test_a_cluster_is_made_once(own: Lab, told: Told) -> None:
    name = own.config.cluster_name
    launch = f"launch {own.master}"
    assert typed(steps.make(own, "host")) == [launch]
    assert own.folder.made() == [name]
    # One that was begun is removed first, a whole one is started.
    told.known = [MachineInfo(name, "Unfinished", "")]
    assert typed(steps.make(own, "host")) == [f"delete {name}", launch]
    told.known = [MachineInfo(name, "Running", "")]
    assert typed(steps.make(own, "host")) == [f"start {' '.join(own.nodes)}"]
    assert not steps.made(own, "host").done
    told.known += [MachineInfo(node, "Running", "10.0.0.1") for node in own.nodes]
    assert steps.made(own, "host").done
    assert typed(steps.unmake(own, "host")) == [f"delete {name}"]
    assert own.folder.made() == []
    assert typed(steps.unmake(own, "host")) == []


def test_a_cluster_of_somebody_else_is_left_alone(own: Lab, told: Told) -> None:
    for state in ("Running", "Unfinished"):
        told.known = [MachineInfo(own.config.cluster_name, state, "")]
        with pytest.raises(MachineError, match="that this lab did not make"):
            typed(steps.make(own, "host"))
    assert own.folder.made() == []
