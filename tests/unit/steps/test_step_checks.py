"""What each step's check makes of what the machines answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from owlab import Lab
from owlab.errors import MachineError
from owlab.machines.provider import MachineInfo
from owlab.step import Check, Evidence, all_of
from owlab.steps import functions, helm, k3s, nfs, openwhisk, storage, vms, wsk
from owlab.steps.kubernetes import condition, named, warnings

from .conftest import Told, thing, true

Make = Callable[..., Lab]


def said(check: Check) -> list[tuple[bool, str]]:
    return [(item.ok, item.seen) for item in check.evidence]


# -- a check -------------------------------------------------------------------------------


def test_a_check_is_done_when_all_is_and_something_was_looked_at() -> None:
    fine, bad = Evidence("a", True, "1"), Evidence("b", False, "2")
    worse = Evidence("c", False)
    assert not Check().done and not Check((fine, bad)).done and Check((fine, fine)).done
    assert Check((fine, bad, worse)).why == "b: 2"
    assert Check((fine, fine)).why == "a: 1; a: 1"
    assert worse.said == "c"
    assert all_of([Check((fine,)), Check((bad, worse))]).evidence == (fine, bad, worse)
    assert bool(Check((fine,))) is True


# -- machines ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "address", "booted", "wanted"),
    [
        ("Running", "10.0.0.9", True, [(True, "Running 10.0.0.9"), (True, "")]),
        ("Running", "10.0.0.9", False, [(True, "Running 10.0.0.9"), (False, "cloud-init runs")]),
        ("Running", "", True, [(False, "Running")]),
        ("Stopped", "", True, [(False, "Stopped")]),
        ("Stopped", "10.0.0.9", True, [(False, "Stopped 10.0.0.9")]),
    ],
)
def test_a_machine_is_up(
    lab: Lab, told: Told, state: str, address: str, booted: bool, wanted: list[tuple[bool, str]]
) -> None:
    lab.folder.add_made("master")
    told.known = [MachineInfo("master", state, address)]
    told.says("cloud-init status", status=0 if booted else 1)
    assert said(vms.is_up(lab, "master")) == wanted
    assert said(vms.create.check(lab, "master")) == wanted


def test_a_machine_that_is_not_there(lab: Lab) -> None:
    assert said(vms.create.check(lab, "master")) == [(False, "does not exist")]


def test_a_machine_of_somebody_else(lab: Lab, told: Told) -> None:
    told.known = [MachineInfo("master", "Stopped", "")]
    with pytest.raises(MachineError) as refused:
        vms.create.check(lab, "master")
    assert "that this lab did not make" in refused.value.brief
    assert refused.value.details == "state Stopped, address none"


def test_what_creates_a_machine(lab: Lab, told: Told) -> None:
    def typed() -> list[str]:
        return [command.text for command in vms.create.commands(lab, "master")]

    assert typed() == ["launch master"] and lab.folder.made() == ["master"]
    for state, wanted in {
        "Running": [], "Stopped": ["start master"], "Suspended": ["start master"],
    }.items():  # fmt: skip
        told.known = [MachineInfo("master", state, "")]
        assert typed() == wanted, state
    told.known = [MachineInfo("master", "Deleted", "")]
    with pytest.raises(MachineError, match="recycle bin"):
        typed()
    assert vms.create.undo is not None
    assert [command.text for command in vms.create.undo(lab, "master")] == ["delete master"]
    assert list(vms.create.undo(lab, "master")) == [], "it is no machine of this lab's any more"


# -- K3s -----------------------------------------------------------------------------------


def node(version: str, ready: bool = True, **more: Any) -> dict[str, Any]:
    info = {"nodeInfo": {"kubeletVersion": version}}
    return thing("master", status=info | {"conditions": true("Ready") if ready else []}, **more)


def test_a_node_is_ready_and_has_its_version(make: Make, told: Told) -> None:
    lab = make(k3s_version="v1.30.1+k3s1")
    check = k3s.install_server.check
    assert said(check(lab, "master")) == [(False, "not in the cluster")]
    told.has_one("node master", node("v1.30.1+k3s1"))
    assert check(lab, "master").done
    told.has_one("node master", node("v1.30.1+k3s1", ready=False))
    assert [ok for ok, _ in said(check(lab, "master"))] == [False, True]
    assert check(lab, "master").evidence[0].seen == "NotReady v1.30.1+k3s1"
    told.has_one("node master", node("v1.29.0+k3s1"))
    assert [ok for ok, _ in said(check(lab, "master"))] == [True, False]
    assert check(make(k3s_version=""), "master").done


def test_the_service_tells_of_itself(lab: Lab, told: Told) -> None:
    assert k3s.install_server.diagnose is not None
    assert k3s.install_server.diagnose(lab, "master") == ""
    told.says("systemctl is-active k3s;", "failed\nIt did not start\n", status=3)
    told.says("systemctl is-active k3s-agent;", "inactive\n", status=3)
    assert k3s.install_server.diagnose(lab, "master") == "k3s: failed\nIt did not start"
    assert k3s.install_server.diagnose(lab, "worker1") == "k3s-agent: inactive"


# -- NFS -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("", {}),
        ("\t10.0.0.1(rw)\n", {}),
        ("/a 10.0.0.1(rw)\n", {"/a": {"10.0.0.1"}}),
        ("/a 10.0.0.1(rw)\n\n/a 10.0.0.2(rw)\n", {"/a": {"10.0.0.1", "10.0.0.2"}}),
        ("/a\n\t10.0.0.1(rw)\n\t\n/b <world>(ro)\n", {"/a": {"10.0.0.1"}, "/b": {"*"}}),
        ("/a\n", {"/a": set()}),
    ],
)
def test_exports(output: str, wanted: dict[str, set[str]]) -> None:
    assert nfs.parse_exports(output) == wanted


def exported(lab: Lab, told: Told, *clients: str) -> bool:
    told.says("is-active --quiet nfs-server")
    lines = [f"{lab.config.nfs.path} {client}(rw)\n" for client in clients]
    told.says("exportfs -v", "".join(lines))
    return nfs.install_server.check(lab, "storage").done


def addressed(told: Told, **known: str) -> None:
    told.answers = {key: value for key, value in told.answers.items() if "address of" not in key}
    for name, address in known.items():
        told.says(f"^address of {name}$", f"{address}\n")


def test_the_export_is_for_the_nodes_and_nobody_else(make: Make, told: Told) -> None:
    lab = make(nfs_clients="nodes")
    assert said(nfs.install_server.check(lab, "storage")) == [(False, "not active")]
    addressed(told, master="10.0.0.1", worker1="10.0.0.2", worker2="10.0.0.3")
    assert exported(lab, told, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    assert not exported(lab, told, "10.0.0.1", "10.0.0.2")
    assert not exported(lab, told, "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4")
    assert not exported(lab, told, "*") and not exported(lab, told)
    assert nfs.install_server.check(lab, "storage").evidence[1].seen == "to nobody"


def test_who_does_not_run_is_not_missed(make: Make, told: Told) -> None:
    lab = make(nfs_clients="nodes")
    addressed(told, master="10.0.0.1", worker1="10.0.0.2", worker2="--")
    assert exported(lab, told, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    assert exported(lab, told, "10.0.0.1", "10.0.0.2")
    assert not exported(lab, told, "10.0.0.2", "10.0.0.3")
    addressed(told, master="--", worker1="--", worker2="--")
    assert not exported(lab, told, "10.0.0.1")


def test_the_export_of_the_guide_is_for_everybody(make: Make, told: Told) -> None:
    lab = make(nfs_clients="everyone")
    assert exported(lab, told, "<world>")
    assert not exported(lab, told, "<world>", "10.0.0.1")
    assert not exported(lab, told, "10.0.0.1")


@pytest.mark.parametrize(
    ("status", "done"),
    [("install ok installed", True), ("deinstall ok config-files", False), (None, False)],
)
def test_the_nfs_client(lab: Lab, told: Told, status: str | None, done: bool) -> None:
    if status:
        told.says("dpkg-query", f"{status}\n")
    check = nfs.install_clients.check(lab, "worker1")
    assert said(check) == [(done, status or "not installed")]


# -- programs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("out", "status", "done"),
    [
        ("v3.14.0+gx\n", 0, True),
        ("v4.0.0\n", 0, True),
        ("v2.17.0\n", 0, False),
        ("v3.14.0\n", 1, False),
        ("", 1, False),
    ],
)
def test_helm(lab: Lab, told: Told, out: str, status: int, done: bool) -> None:
    told.says("helm version --short", out, err="" if out else "not found\n", status=status)
    assert said(helm.install.check(lab, "master")) == [(done, out.strip() or "not found")]


def test_wsk(lab: Lab, told: Told) -> None:
    assert said(wsk.install.check(lab, "master")) == [(False, "not found")]
    told.says("wsk property get --cliversion", "1.2.0\n")
    assert said(wsk.install.check(lab, "master")) == [(True, "1.2.0")]


# -- storage -------------------------------------------------------------------------------


def provisioner(server: str, ready: int | None) -> dict[str, Any]:
    volumes = {"template": {"spec": {"volumes": [{"nfs": {"server": server, "path": "/p"}}]}}}
    status = {} if ready is None else {"readyReplicas": ready}
    return thing("p", spec=volumes, status=status)


def test_the_provisioner(lab: Lab, told: Told) -> None:
    check = storage.deploy_provisioner.check
    assert said(check(lab, "master")) == [(False, "not there"), (False, "not deployed")]
    told.has_one("storageclass nfs-client", {"provisioner": "cluster.local/nfs"})
    name = f"deployment {storage.deployment_name(lab)} -n default"
    for server, ready, wanted in (
        ("10.0.0.9", 1, [True, True, True]),
        ("10.0.0.9", 2, [True, True, True]),
        ("10.0.0.9", None, [True, False, True]),
        ("10.0.0.8", 1, [True, True, False]),
    ):
        told.has_one(name, provisioner(server, ready))
        assert [ok for ok, _ in said(check(lab, "master"))] == wanted
    assert check(lab, "master").evidence[2].seen == "deployed 10.0.0.8, now 10.0.0.9"


# -- OpenWhisk -----------------------------------------------------------------------------


def test_roles(make: Make, told: Told) -> None:
    lab = make()
    check = openwhisk.label_nodes.check
    assert said(check(lab, "worker1")) == [(False, "no role")]
    for role in ("core", "invoker"):
        labelled = thing("n", labels={"openwhisk-role": role})
        told.has_one("node master", labelled)
        told.has_one("node worker1", labelled)
        assert check(lab, "master").done is (role == "core")
        assert check(lab, "worker1").done is (role == "invoker")
    # Where there is only one node, it does everything.
    alone = make(provider="cluster", cluster_kubeconfig="kc", cluster_nodes=["solo"])
    told.has_one("node solo", thing("n", labels={"openwhisk-role": "invoker"}))
    assert openwhisk.label_nodes.check(alone, "solo").done


def written(host: str, port: int, storage_class: str) -> str:
    return yaml.safe_dump(
        {
            "whisk": {"ingress": {"apiHostName": host, "apiHostPort": port}},
            "k8s": {"persistence": {"explicitStorageClass": storage_class}},
        }
    )


@pytest.mark.parametrize(
    ("file", "keys", "wanted"),
    [
        ("", True, [False]),
        ("- 1\n", True, [False]),
        (written("10.0.0.9", 31001, "nfs-client"), True, [True, True, True]),
        (written("10.0.0.9", 31001, "nfs-client"), False, [False, True, True]),
        (written("10.0.0.8", 31001, "nfs-client"), True, [True, False, True]),
        (written("10.0.0.9", 31002, "nfs-client"), True, [True, False, True]),
        (written("10.0.0.9", 31001, "local-path"), True, [True, True, False]),
        ("whisk: {}\n", True, [True, False, False]),
    ],
)
def test_values(make: Make, told: Told, file: str, keys: bool, wanted: list[bool]) -> None:
    lab = make(openwhisk_keys="generated")
    told.says("cat .*mycluster.yaml", file)
    told.says("grep -cE", status=0 if keys else 1)
    assert [ok for ok, _ in said(openwhisk.write_values.check(lab, "master"))] == wanted
    if len(wanted) == 3:
        public = make(openwhisk_keys="well-known")
        assert [ok for ok, _ in said(openwhisk.write_values.check(public, "master"))] == wanted[1:]


@pytest.mark.parametrize(
    ("host", "key", "wanted"),
    [
        ("10.0.0.9:31001", True, [True, True]),
        ("10.0.0.9:31443", True, [False, True]),
        ("10.0.0.9:31001", False, [True, False]),
        ("", False, [False, False]),
    ],
)
def test_properties(lab: Lab, told: Told, host: str, key: bool, wanted: list[bool]) -> None:
    told.says("property get --apihost", f"{host}\n")
    told.says("property get --auth", status=0 if key else 1)
    check = openwhisk.configure_wsk.check(lab, "master")
    assert [ok for ok, _ in said(check)] == wanted
    assert check.evidence[0].seen == (host or "not set")


# -- functions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("out", "status", "done"),
    [
        ('{"payload": "Hello, JavaScript!"}', 0, True),
        ('ok: invoked\n{"payload": "Hello, JavaScript!"}\n', 0, True),
        ('{"payload": "Hello, World!"}', 0, False),
        ('{"error": "boom"}', 1, False),
        ("", 1, False),
    ],
)
def test_hellocli(lab: Lab, told: Told, out: str, status: int, done: bool) -> None:
    told.says("action invoke hellocli --result --param name JavaScript", out, status=status)
    assert functions.deploy_cli.check(lab, "master").done is done


@pytest.mark.parametrize(
    ("out", "status", "done"),
    [
        ('{"name": "Python"}', 0, True),
        ('{"name": "Ruby"}', 0, False),
        ('{"nom": "Python"}', 0, False),
        ('"Python"', 0, False),
        ("[]", 0, False),
        ("", 7, False),
    ],
)
def test_helloweb(make: Make, told: Told, out: str, status: int, done: bool) -> None:
    lab = make(openwhisk_certificate="chart")
    told.says(r"curl -k .*helloweb\?name=Python", out, status=status)
    check = functions.deploy_web.check(lab, "host")
    assert check.done is done
    if done:
        assert said(check) == [(True, "name is Python")]


def test_helloweb_before_there_is_a_certificate(make: Make) -> None:
    lab = make(openwhisk_certificate="own-ca")
    check = functions.deploy_web.check(lab, "host")
    assert said(check) == [(False, "OpenWhisk is not deployed")]


# -- the cluster ---------------------------------------------------------------------------


def event(name: str, kind: str = "Warning", message: str = "m") -> dict[str, Any]:
    about = {"kind": "Pod", "name": name}
    return thing("e", involvedObject=about, type=kind, message=message)


def test_warnings_are_the_last_ones(lab: Lab, told: Told) -> None:
    events = [event(str(number)) for number in range(7)]
    events[5] = event("5", "Normal")
    events[6]["message"] = "one\ntwo"
    told.has("events --sort-by=.lastTimestamp -n x", *events)
    assert warnings(lab, "x", most=2) == "pod 4: m\npod 6: one; two"
    assert len(warnings(lab, "x").splitlines()) == 5
    assert warnings(lab, "y") == ""


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (None, False),
        ({}, False),
        ({"status": {}}, False),
        ({"status": {"conditions": true("Other", "Ready")}}, True),
        ({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, False),
        ({"status": {"conditions": true("Other")}}, False),
    ],
)
def test_conditions(found: dict[str, Any] | None, holds: bool) -> None:
    assert condition(found, "Ready") is holds


def test_objects_are_found_by_name() -> None:
    a, b = thing("a"), thing("b")
    assert named([a, b], "b") is b and named([a], "b") is None
