"""Clusters that exist, and clusters in containers: from what kubectl, Docker and the tools say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from owlab import settings
from owlab.command import Command
from owlab.diagnostic import Diagnostic
from owlab.errors import CommandTimeout, MachineError, ProviderError
from owlab.machines import containers
from owlab.machines.cluster import ClusterProvider, _exec_plugins
from owlab.machines.containers import K3dProvider, KindProvider
from owlab.machines.provider import MachineInfo
from owlab.shell import Finished

GIB = 1024**3


class ToldShell:
    """Runs nothing: the last pattern that a line has answers it."""

    def __init__(self) -> None:
        self.answers: dict[str, Finished | Exception] = {}
        self.lines: list[str] = []

    def says(self, pattern: str, out: str = "", err: str = "", status: int = 0) -> None:
        self.answers[pattern] = Finished(status, out, err, 0)

    def run(self, argv: Sequence[str], **more: Any) -> Finished:
        self.lines.append(" ".join(argv))
        for pattern, answer in reversed(self.answers.items()):
            if re.search(pattern, self.lines[-1]):
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return Finished(1, "", "nothing\n", 0)


Make = Callable[..., Any]


@pytest.fixture
def shell() -> ToldShell:
    return ToldShell()


@pytest.fixture
def make(shell: ToldShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A provider of the kind, on a laptop that has every program."""
    monkeypatch.setattr("owlab.machines.cluster.shutil.which", lambda name: f"/bin/{name}")

    def made(kind: str = "cluster", **given: Any) -> Any:
        if kind == "cluster":
            (tmp_path / "kc").write_text("{}")
            known = {"cluster_kubeconfig": str(tmp_path / "kc"), "cluster_nodes": ["a", "b"]}
            given = known | given
        config = settings.load({"provider": kind} | given, environment={})
        types = {"cluster": ClusterProvider, "kind": KindProvider, "k3d": K3dProvider}
        provider: Any = types[kind](config, tmp_path / "lab", shell)  # type: ignore[arg-type]
        provider.config = config
        return provider

    return made


def node(name: str, ready: str = "True", address: str = "10.0.0.1") -> dict[str, Any]:
    addresses = [{"type": "Hostname", "address": name}]
    addresses += [{"type": "InternalIP", "address": address}] if address else []
    conditions = [{"type": "DiskPressure", "status": "True"}, {"type": "Ready", "status": ready}]
    status = {"conditions": conditions, "addresses": addresses, "nodeInfo": {"osImage": "Ubuntu"}}
    return {"metadata": {"name": name}, "status": status}


def nodes(shell: ToldShell, *found: dict[str, Any]) -> None:
    shell.says("get nodes -o json", json.dumps({"items": found}))


# -- a cluster that exists -----------------------------------------------------------------


def test_nodes_are_machines(make: Make, shell: ToldShell) -> None:
    provider = make(cluster_nfs_server="10.0.0.7")
    nodes(shell, node("b", "False", ""), node("a"), node("other"))
    assert provider.machines() == [
        MachineInfo("a", "Running", "10.0.0.1", "Ubuntu"),
        MachineInfo("b", "NotReady", "", "Ubuntu"),
        MachineInfo("storage", "Given", "10.0.0.7"),
    ]
    assert provider.machine("b").state == "NotReady" and provider.machine("other") is None
    assert len(make().machines()) == 2
    nodes(shell, node("b", "Unknown"))
    assert [info.name for info in make().machines()] == ["b"]


def test_nodes_that_were_named_have_to_be_there(make: Make, shell: ToldShell) -> None:
    provider = make()
    nodes(shell, node("a"), node("c"))
    with pytest.raises(ProviderError) as refused:
        provider.prepare(provider.config)
    assert refused.value.brief == "The cluster has no node b."
    assert refused.value.resolution == "Its nodes: a, c. Set cluster_nodes."
    nodes(shell, node("a"), node("b"), node("c"))
    provider.prepare(provider.config)
    asked = len(shell.lines)
    provider.prepare(provider.config)
    assert len(shell.lines) == asked, "once is enough"


@pytest.mark.parametrize(
    ("out", "status", "brief"),
    [
        ("", 1, "The cluster does not answer."),
        ("<html>", 0, "The cluster answered something else than a list of nodes."),
        ("[]", 0, "The cluster answered something else than a list of nodes."),
        ("{}", 0, "The cluster answered something else than a list of nodes."),
        ('{"items": [5]}', 0, "The cluster answered something else than a list of nodes."),
        ("[" * 100_000, 0, "The cluster answered something else than a list of nodes."),
    ],
)
def test_a_cluster_that_is_none(
    make: Make, shell: ToldShell, out: str, status: int, brief: str
) -> None:
    shell.says("get nodes", out, "refused\n", status)
    with pytest.raises(ProviderError) as refused:
        make().machines()
    assert refused.value.brief == brief
    if status:
        assert refused.value.details == "refused" and "get nodes" in refused.value.resolution


def test_a_cluster_that_does_not_answer_in_time(make: Make, shell: ToldShell) -> None:
    shell.answers["get nodes"] = CommandTimeout("late", "waiting for a login")
    with pytest.raises(ProviderError) as refused:
        make().machines()
    assert refused.value.details == "waiting for a login"


def test_programs_that_are_missing_are_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = make()
    monkeypatch.setattr(
        "owlab.machines.cluster.shutil.which", lambda name: None if name in "wsk" else name
    )
    with pytest.raises(ProviderError, match="Not on this computer: wsk") as refused:
        provider.prepare(provider.config)
    assert refused.value.resolution.startswith("wsk: see https://")


def test_a_kubeconfig_that_is_not_there(make: Make, tmp_path: Path) -> None:
    provider = make()
    (tmp_path / "kc").unlink()
    with pytest.raises(ProviderError, match="There is no kubeconfig"):
        provider.prepare(provider.config)


USERS = (
    "users:\n- name: ann\n  user: {exec: {command: aws}}\n- name: bo\n  user: {token: x}\n- {}\n"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (USERS, [("ann", "aws")]),
        ("", []),
        ("users:\n", []),
        ("[", []),
        ("- 1\n", []),
        ("users: [5]\n", []),
        ("users:\n- name: ann\n  user: {exec: {}}\n", []),
    ],
)
def test_users_that_log_in_with_a_program(
    tmp_path: Path, text: str, found: list[tuple[str, str]]
) -> None:
    (tmp_path / "kc").write_text(text)
    assert _exec_plugins(tmp_path / "kc") == found
    assert _exec_plugins(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("machine", "given", "text"),
    [
        ("a", {}, None),
        ("a", {"cluster_address": "1.2.3.4"}, "printf %s 1.2.3.4"),
        ("docker-desktop", {}, "printf %s 127.0.0.1"),
        ("a", {"cluster_forward": True, "cluster_address": "1.2.3.4"}, "printf %s 127.0.0.1"),
    ],
)
def test_where_ports_answer(
    make: Make, machine: str, given: dict[str, Any], text: str | None
) -> None:
    found = make(**given).public_address_of(machine)
    assert (found.text if found else None) == text


def test_addresses_are_read(make: Make) -> None:
    provider = make(cluster_nfs_server="10.0.0.7", cluster_context="ctx")
    assert "kubectl --context ctx get node b -o jsonpath=" in provider.address_of("b").text
    assert provider.address_of("storage").text == "printf %s 10.0.0.7"
    assert provider.has_chosen_address("a") is False
    assert provider.pull("busybox", "a") is None
    with pytest.raises(MachineError, match="no way to type commands on 'a'"):
        provider.argv(Command("ls", on="a"), {})


def verdicts(found: list[Diagnostic]) -> dict[str, str]:
    return {diagnostic.name: diagnostic.verdict for diagnostic in found}


def test_what_the_doctor_sees(
    make: Make, shell: ToldShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("owlab.machines.cluster.sys.platform", "linux")
    nodes(shell, node("a"), node("b", "False"))
    shell.says("get node a -o jsonpath|printf %s 127.0.0.1", "127.0.0.1\n")

    class Open:
        def close(self) -> None: ...

    reached: list[Any] = [Open(), ConnectionRefusedError(), TimeoutError("timed out")]

    def connect(address: Any, seconds: float) -> Any:
        assert address == ("127.0.0.1", 31001)
        if isinstance(reached[0], Exception):
            raise reached.pop(0)
        return reached.pop(0)

    monkeypatch.setattr("owlab.machines.cluster.socket.create_connection", connect)
    provider = make(cluster_nfs_server="10.0.0.7")
    wanted = {"programs": "ok", "a": "ok", "b": "fail", "storage": "ok", "127.0.0.1:31001": "ok"}
    for verdict in ("ok", "ok", "fail"):
        assert verdicts(provider.examine(provider.config)) == wanted | {"127.0.0.1:31001": verdict}
    own = make(cluster_forward=True)
    found = verdicts(own.examine(own.config))
    assert found["storage class"] == "ok" and found["127.0.0.1:31001"] == "ok"
    monkeypatch.setattr("owlab.machines.cluster.sys.platform", "darwin")
    assert verdicts(own.examine(own.config))["certificate"] == "warn"
    shell.says("get nodes", status=1)
    other = make()
    assert verdicts(other.examine(other.config)) == {"cluster": "fail"}


def test_a_script_keeps_its_files_in_one_folder(make: Make, tmp_path: Path) -> None:
    lines = make().script_functions()
    assert 'export WSK_CONFIG_FILE="$WORK/.wskprops"' in lines
    assert 'export HELM_REPOSITORY_CACHE="$WORK/helm/cache"' in lines
    assert f"export KUBECONFIG={tmp_path / 'kc'}" in lines
    assert sum(line.startswith("export WORK=") for line in lines) == 1


def test_nothing_can_be_made_of_it(make: Make) -> None:
    provider = make()
    for verb, what in ((provider.start, ["a", "b"]), (provider.delete, ["a"])):
        with pytest.raises(ProviderError, match="The provider cluster cannot"):
            verb(what)
    with pytest.raises(ProviderError, match="cannot create a"):
        provider.launch(provider.config.machines[0])


# -- clusters in containers ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["kind", "k3d"])
@pytest.mark.parametrize(
    ("out", "status", "fine"),
    [("8000000000 x86_64\n", 0, True), ("8000000000", 0, True), ("", 0, False),
     ("many x86_64", 0, False), ("8000000000 x86_64", 1, False)],
)  # fmt: skip
def test_docker_answers(
    make: Make, shell: ToldShell, kind: str, out: str, status: int, fine: bool
) -> None:
    provider = make(kind)
    shell.says("docker info", out, "denied\n", status)
    if fine:
        provider.prepare(provider.config)
        shell.answers.clear()
        provider.prepare(provider.config)
        return
    with pytest.raises(ProviderError, match="Docker does not answer") as refused:
        provider.prepare(provider.config)
    assert refused.value.details == "denied"


@pytest.mark.parametrize("kind", ["kind", "k3d"])
def test_a_cluster_is_there_once_its_kubeconfig_is(make: Make, shell: ToldShell, kind: str) -> None:
    provider = make(kind)
    assert provider.machines() == []
    shell.says("owlab-owlab")
    assert provider.machines() == [MachineInfo("owlab-owlab", "Unfinished")]
    kubeconfig = Path(provider.environment["KUBECONFIG"])
    kubeconfig.parent.mkdir(parents=True)
    kubeconfig.write_text("{}")
    shell.says("get nodes", status=1)
    assert provider.machines() == [MachineInfo("owlab-owlab", "Unknown")]
    master = provider.config.machines[0].name
    nodes(shell, node(master))
    assert [(info.name, info.state) for info in provider.machines()] == [
        ("owlab-owlab", "Running"), (master, "Running"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("memory", "machine", "listening", "wanted"),
    [
        (8 * GIB, "x86_64", set(), {}),
        (7.25 * GIB, "x86_64", set(), {}),
        (7.1 * GIB, "x86_64", set(), {"memory": "warn"}),
        (8 * GIB, "aarch64", set(), {"architecture": "fail"}),
        (8 * GIB, "x86_64", {31001}, {"port 31001": "fail"}),
        (8 * GIB, "x86_64", {31002}, {}),
    ],
)
def test_what_docker_has(
    make: Make,
    shell: ToldShell,
    monkeypatch: pytest.MonkeyPatch,
    memory: float,
    machine: str,
    listening: set[int],
    wanted: dict[str, str],
) -> None:
    monkeypatch.setattr(containers, "_listening", lambda: listening)
    shell.says("docker info", f"{int(memory)} {machine}\n")
    provider = make("k3d")
    found = verdicts(provider.examine(provider.config))
    bad = {name: verdict for name, verdict in found.items() if verdict != "ok"}
    assert list(bad.values()) == list(wanted.values())
    assert "port 31001" in found
    shell.says("k3d cluster get")
    assert "port 31001" not in verdicts(provider.examine(provider.config)), "it is the lab's own"
    shell.says("docker info", status=1)
    other = make("k3d")
    assert verdicts(other.examine(other.config)) == {"programs": "fail"}
    assert other.public_address_of("x").text == "printf %s 127.0.0.1"


def test_what_makes_a_cluster(make: Make) -> None:
    first = make("kind", container_workers=2).launch(None).text
    assert first.count("role: worker") == 2 and first.count("role: control-plane") == 1
    assert "containerPort: 31001, hostPort: 31001, listenAddress: 127.0.0.1" in first
    assert "--image" not in first
    assert (
        " --image kindest/node:v1 "
        in make("kind", container_image="kindest/node:v1").launch(None).text
    )
    second = make("k3d", container_workers=2, k3s_version="v1.30.1+k3s1").launch(None).text
    assert "--agents 2" in second and "--image rancher/k3s:v1.30.1-k3s1" in second
    assert "'--disable=traefik@server:0' --k3s-arg '--disable=servicelb@server:0'" in second
    assert "--image" not in make("k3d", k3s_version="").launch(None).text
    assert "--image a/b:1" in make("k3d", k3s_version="", container_image="a/b:1").launch(None).text


def test_what_starts_and_removes_one(make: Make) -> None:
    kind, k3d = make("kind"), make("k3d")
    assert kind.start(["a", "b"]).text == "docker start a b"
    assert k3d.start(["a", "b"]).text == "k3d cluster start owlab-owlab"
    assert "kind delete cluster --name owlab-owlab" in kind.delete(["x"]).text
    assert k3d.delete(["x"]).text == "k3d cluster delete owlab-owlab"
    assert kind.pull("busybox:1", "a").text == "docker exec a crictl pull docker.io/busybox:1"
    assert kind.control(kind.config).kubectl == "kubectl --context kind-owlab-owlab"
    assert k3d.control(k3d.config).kubectl == "kubectl --context k3d-owlab-owlab"
