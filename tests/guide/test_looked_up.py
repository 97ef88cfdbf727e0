"""What checks ask of the pocket cluster takes another way than kubectl, and hears the same."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from owlab import Lab
from owlab.command import Command
from owlab.machines.pocket import PocketProvider
from owlab.shell import Finished
from owlab.steps import k3s, vms
from owlab.steps.kubernetes import items, one

EXISTING = [
    "node master",
    "nodes",
    "no",
    "pods -A",
    "po -n kube-system",
    "pods",
    "persistentvolumeclaims -A",
    "pvc -n default",
    "persistentvolumes",
    "pv",
    "storageclass local-path",
    "deployment coredns -n kube-system",
    "deploy -n kube-system",
    "jobs -n default",
    "statefulset -A",
    "namespace kube-system",
    "events -A",
]
MISSING = [
    "node nobody",
    "storageclass nfs-client",
    "deployment coredns",
    "job owdev-install-packages -n openwhisk",
    "pvc archive -n incident",
    "pv pvc-0",
    "clusterrole nobody",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(tmp_path_factory.mktemp("home")))
        lab = Lab.open("looks", workers=1)
        lab.perform(vms.create)
        lab.perform(k3s.install_server)
        yield lab
        lab.down()


def asked(lab: Lab, what: str) -> tuple[Finished | None, Finished]:
    """The short way, and kubectl itself."""
    command = Command(f"sudo kubectl get {what} -o json", on=lab.master)
    return lab.provider.look_up(command), lab.provider.execute(command, {})


@pytest.mark.parametrize("what", EXISTING)
def test_it_is_what_kubectl_prints(lab: Lab, what: str) -> None:
    for _attempt in range(5):  # a pod may come up between the two
        short, whole = asked(lab, what)
        assert short is not None
        same = json.loads(short.stdout) == json.loads(whole.stdout)
        if same:
            break
    assert same
    assert short is not None
    assert (short.exit_code, short.stderr) == (whole.exit_code, whole.stderr) == (0, "")


@pytest.mark.parametrize("what", MISSING)
def test_what_is_not_there_is_told_in_kubectls_words(lab: Lab, what: str) -> None:
    short, whole = asked(lab, what)
    assert short is not None
    assert (short.exit_code, short.stdout, short.stderr) == (
        whole.exit_code,
        whole.stdout,
        whole.stderr,
    )
    assert short.exit_code == 1


def test_no_check_starts_a_kubectl(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*words: object, **more: object) -> Finished:
        raise AssertionError(f"a program was started: {words}")

    monkeypatch.setattr(lab.provider, "execute", never)
    node = one(lab, "node master")
    assert node is not None
    assert node["metadata"]["name"] == "master"
    assert one(lab, "node nobody") is None
    assert items(lab, "pods -A") != []


@pytest.mark.parametrize(
    "text",
    [
        "kubectl get nodes -o json",  # not as root: the kubeconfig may not be read
        "sudo kubectl get nodes -o yaml",
        "sudo kubectl get nodes -o json --show-labels",
        "sudo kubectl get events --sort-by=.lastTimestamp -o json",
        "sudo kubectl get nodes -o json | head -1",
        "sudo kubectl get nodes,pods -o json",
        "sudo kubectl get all -o json",
        "sudo kubectl get nothings -o json",
        "sudo kubectl get widgets -o json",  # a kind that somebody may define
    ],
)
def test_all_else_is_asked_of_kubectl(lab: Lab, text: str) -> None:
    assert lab.provider.look_up(Command(text, on=lab.master)) is None


def test_addresses_are_told_without_a_shell(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for machine in ("master", "worker1", "storage"):
        command = lab.provider.address_of(machine)
        short = lab.provider.look_up(command)
        assert short is not None
        assert short.stdout == lab.provider.execute(command, {}).stdout
    assert lab.provider.look_up(lab.provider.address_of("nobody")) is None
    assert lab.provider.look_up(Command("multipass info master")) is None
    assert lab.run("multipass stop storage")
    assert lab.provider.look_up(lab.provider.address_of("storage")) is None
    assert lab.run("multipass start storage")


def test_on_other_machines_it_is_asked_of_kubectl(lab: Lab) -> None:
    for machine in ("host", lab.workers[0], lab.storage):
        command = Command("sudo kubectl get nodes -o json", on=machine)
        assert lab.provider.look_up(command) is None


@pytest.mark.parametrize(
    ("damage", "repair"),
    [
        ("sudo systemctl stop k3s", "sudo systemctl start k3s"),
        (
            "sudo sed -i s/6443/6444/ /etc/rancher/k3s/k3s.yaml",
            "sudo sed -i s/6444/6443/ /etc/rancher/k3s/k3s.yaml",
        ),
        (
            "sudo mv /usr/local/bin/kubectl /usr/local/bin/kubectl.gone",
            "sudo mv /usr/local/bin/kubectl.gone /usr/local/bin/kubectl",
        ),
    ],
)
def test_where_something_is_not_as_k3s_left_it_kubectl_tells(
    lab: Lab, damage: str, repair: str
) -> None:
    assert lab.run(damage, on=lab.master)
    short, whole = asked(lab, "nodes")
    assert lab.run(repair, on=lab.master)
    assert short is None
    assert whole.exit_code != 0
    assert asked(lab, "nodes")[0] is not None


def test_ctrl_c_ends_who_looks(lab: Lab) -> None:
    lab.shell.cancel()
    try:
        with pytest.raises(KeyboardInterrupt):
            one(lab, "node master")
    finally:
        lab.shell.resume()
    assert one(lab, "node master")


def test_everything_that_the_steps_ask_for_goes_the_short_way() -> None:
    """`items` and `one` are how steps, exercises and incidents ask."""
    import owlab

    found = set()
    package = Path(owlab.__file__).parent
    for path in package.rglob("*.py"):
        if package / "pocket" in path.parents:
            continue  # the island knows nothing of steps
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("items", "one"):
                what = re.sub(r"\{[^}]*\}", "x", ast.unparse(node.args[1]).strip("f'\""))
                found.add(what)
    known = {what for what in found if re.fullmatch(r"[a-z]+( .*)?", what)}
    assert len(known) > 15
    long = {what for what in known if not PocketProvider.OBJECTS.fullmatch(_text(what))}
    assert long == {"events --sort-by=.lastTimestamp"}


def _text(what: str) -> str:
    return f"sudo kubectl get {what} -o json"
