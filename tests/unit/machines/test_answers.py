"""What is made of answers: of ssh, of machines about themselves, of ports, of ssh's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from owlab import settings
from owlab.config import LabConfig
from owlab.errors import ConfigError
from owlab.machines import inventory_from, ports, ssh_errors, ssh_probe
from owlab.machines.inventory import Host
from owlab.machines.inventory_from import FoundHost
from owlab.machines.ports import API, NFS, PODS, Port
from owlab.machines.ssh_probe import Seen, _skew, read_probe

# -- an ssh configuration ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("Port 22\n", []),
        ("Host a\n  HostName 1.2.3.4\n  User ada\n  Port 2222\n",
         [("a", {"hostname": ["1.2.3.4"], "user": ["ada"], "port": ["2222"]})]),
        ("host a\n hostname=1.2.3.4\n PORT = 22\n",
         [("a", {"hostname": ["1.2.3.4"], "port": ["22"]})]),
        ('Host a\n IdentityFile "/my keys/one"\n IdentityFile two\n # User x\n',
         [("a", {"identityfile": ["/my keys/one", "two"]})]),
        ("Host a b\nHost *\n  User x\nHost !c\n User y\nHost d?\n", [("a", {})]),
        ("Host a\nHost *\n User x\nHost b\n User y\n", [("a", {}), ("b", {"user": ["y"]})]),
        ("Host a\nMatch all\n  User x\nHost b\n  User y\n", [("a", {}), ("b", {"user": ["y"]})]),
        ("Host a\n  ForwardAgent yes\n  User\n  LocalForward \"1\n", [("a", {})]),
    ],
)  # fmt: skip
def test_hosts(text: str, wanted: list[Any]) -> None:
    assert [(host.name, host.options) for host in inventory_from.hosts_of(text)] == wanted


def test_a_line_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ConfigError, match="cannot be read") as refused:
        inventory_from.hosts_of('Host a\n  User "ada\n')
    assert refused.value.details.startswith('  User "ada: ')


def found(*names: str) -> list[FoundHost]:
    return [FoundHost(name, {}) for name in names]


@pytest.mark.parametrize(
    ("names", "chosen", "wanted"),
    [
        (["w2", "storage1", "w1", "k3s-master"], [], ["k3s-master", "w1", "w2", "storage1"]),
        (["nfs", "b", "server"], [], ["server", "b", "nfs"]),
        (["a", "b", "c", "d"], ["c", "a", "b"], ["c", "a", "b"]),
        (["a", "b", "c"], [], ["a", "b", "c"]),
    ],
)
def test_machines_are_chosen(names: list[str], chosen: list[str], wanted: list[str]) -> None:
    assert [host.name for host in inventory_from.choose(found(*names), chosen)] == wanted


@pytest.mark.parametrize(
    ("names", "chosen", "sentence"),
    [
        (["a", "b"], [], "A lab has at least three machines; found: a, b."),
        ([], [], "A lab has at least three machines; found: none."),
        (["a", "b", "c"], ["a", "b"], "A lab has at least three machines"),
        (["a", "b", "c"], ["a", "x", "y"], "There is no machine x, y."),
    ],
)
def test_machines_that_are_too_few(names: list[str], chosen: list[str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        inventory_from.choose(found(*names), chosen)


@pytest.mark.parametrize(
    ("word", "is_one"),
    [("10.0.0.1", True), ("fe80::1", False), ("10.0.0", False), ("", False)],
)
def test_addresses(word: str, is_one: bool) -> None:
    assert inventory_from._is_ipv4(word) is is_one


# -- ssh's messages ------------------------------------------------------------------------

HOST = Host("m.example", user="ada", port=2222)


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
         ssh_errors.HostKeyChanged, "ssh-keygen -R '[m.example]:2222'"),
        ("Host key verification failed.", ssh_errors.HostKeyUnknown,
         "ssh-keyscan -p 2222 m.example"),
        ("No ED25519 host key is known for m", ssh_errors.HostKeyUnknown, "ssh-keyscan"),
        ("ada@m: Permission denied (publickey).", ssh_errors.LoginRefused, "ssh-copy-id"),
        ("Received disconnect: Too many authentication failures", ssh_errors.LoginRefused, ""),
        ("ssh: connect to host m port 22: Connection refused", ssh_errors.HostUnreachable, ""),
        ("ssh: Could not resolve hostname m", ssh_errors.HostUnreachable, ""),
        ("client_loop: send disconnect: Broken pipe", ssh_errors.HostUnreachable, ""),
        ("kex_exchange_identification: read", ssh_errors.HostUnreachable, ""),
        ("make: *** Error 255", None, ""),
        ("", None, ""),
    ],
)  # fmt: skip
def test_messages_of_ssh(said: str, kind: Any, told: str) -> None:
    error = ssh_errors.classify("master", HOST, said)
    assert type(error) is (kind or type(None))
    if error is not None:
        assert error.details == said and told in error.resolution
        assert error.brief.count("master (") == 1
    plain = ssh_errors.classify("m", Host("m"), said)
    if plain is not None:
        assert "m (" not in plain.brief and " -p " not in plain.resolution
        assert "[m]" not in plain.resolution


# -- a machine about itself ----------------------------------------------------------------

GOOD = (
    "Welcome\narch=x86_64\napt=yes\nsystemd=yes\nsudo=yes\ncpus=4\nmemory=8388608\n"
    "disk=52428800\ntime=1000\naddress=10.0.0.1\nrelease=Ubuntu 24.04\nproxy=\ndirect=\n"
    "lacks=\nnfs=yes\nnfsd=yes\n"
)


def seen(changes: str = "") -> Seen:
    return read_probe(GOOD + changes, asked=999)


def machine(role: str) -> Any:
    config = settings.load({"provider": "multipass"}, environment={})
    return next(one for one in config.machines if one.role == role)


def test_what_a_machine_says() -> None:
    told = seen("time=nonsense\nlacks=curl git \nproxy=http://p=1\n")
    assert (told.cpus, told.memory_bytes, told.disk_bytes) == (4, 8 * 2**30, 50 * 2**30)
    assert (told.lacks, told.proxy, told.skew) == (("curl", "git"), "http://p=1", 0.0)
    assert (told.has_apt, told.has_sudo, told.has_nfs, told.has_nfsd) == (True,) * 4
    nothing = read_probe("a banner\n")
    assert (nothing.cpus, nothing.memory_bytes, nothing.disk_bytes) == (None, None, None)
    assert not (nothing.has_apt or nothing.has_systemd or nothing.has_sudo or nothing.has_nfs)


@pytest.mark.parametrize(
    ("there", "before", "after", "skew"),
    [
        (100, 100, 101, 0),
        (100, 100.9, 101, 0),
        (101, 100, 101, 0),
        (90, 100, 101, -10),
        (200, 100, 101, 99),
        (99, 100.5, 101, -1.5),
    ],
)
def test_how_far_a_clock_is_off(there: float, before: float, after: float, skew: float) -> None:
    assert _skew(there, before, after) == skew


@pytest.mark.parametrize(
    ("role", "changes", "briefs"),
    [
        ("server", "", []),
        ("agent", "", []),
        ("storage", "", []),
        ("server", "sudo=\n", ["sudo on {name} asks for a password."]),
        ("server", "apt=\n", ["{name} has no apt (Ubuntu 24.04)."]),
        ("server", "systemd=\nrelease=\n", ["{name} has no systemd (unknown system)."]),
        ("agent", "apt=\nsystemd=\nsudo=\n",
         ["sudo on {name} asks for a password.", "{name} has no apt (Ubuntu 24.04)."]),
        ("server", "lacks=git wget\n", ["{name} has no git, wget."]),
        ("agent", "lacks=git wget\n", []),
        ("agent", "lacks=curl\n", ["{name} has no curl."]),
        ("storage", "lacks=curl git\n", []),
        ("server", "nfs=\n", ["The kernel of {name} has no nfs."]),
        ("server", "nfsd=\n", []),
        ("storage", "nfsd=\n", ["The kernel of {name} has no nfsd."]),
        ("storage", "nfs=\n", []),
        ("server", "sudo=\nnfs=\n", ["sudo on {name} asks for a password."]),
    ],
)  # fmt: skip
def test_machines_that_do_not_suit(role: str, changes: str, briefs: list[str]) -> None:
    plan = machine(role)
    told = [error.brief for error in ssh_probe.refuse(plan, seen(changes))]
    assert told == [brief.format(name=plan.name) for brief in briefs]


@pytest.mark.parametrize("arch", ["x86_64", "amd64", "aarch64"])
def test_processors(arch: str) -> None:
    for role in ("server", "agent"):
        told = ssh_probe.refuse(machine(role), seen(f"arch={arch}\n"))
        assert bool(told) is (arch == "aarch64")


@pytest.mark.parametrize(
    ("addresses", "briefs"),
    [
        ({"a": "10.0.0.1", "b": "10.0.0.2"}, []),
        ({"a": "10.0.2.15", "b": "10.0.2.15", "c": "1"},
         ["a and b have the same address, 10.0.2.15."]),
        ({"a": "", "b": ""}, ["a and b have the same address, none."]),
        ({"a": "127.0.1.1", "b": "127.0.1.1"}, []),
    ],
)  # fmt: skip
def test_twins(addresses: dict[str, str], briefs: list[str]) -> None:
    assert [error.brief for error in ssh_probe.refuse_twins(addresses)] == briefs


@pytest.mark.parametrize(
    ("role", "changes", "wanted"),
    [
        ("server", "", []),
        ("server", "memory=5662311\n", []),
        ("server", "memory=5662000\n", [("", "warn")]),
        ("server", f"disk={8 << 20}\n", []),
        ("server", f"disk={(8 << 20) - 1024}\n", [(": free disk", "warn")]),
        ("server", f"disk={4 << 20}\n", [(": free disk", "warn")]),
        ("server", f"disk={(4 << 20) - 1024}\n", [(": free disk", "fail")]),
        ("storage", f"disk={3 << 20}\n", []),
        ("storage", f"disk={(1 << 20) - 1024}\n", [(": free disk", "fail")]),
        ("server", "proxy=http://p\n", [(": proxy", "warn")]),
        ("server", "proxy=http://p\ndirect=localhost,10.43.0.0/16\n", []),
        ("server", "proxy=http://p\ndirect=10.0.0.0/8\n", []),
        ("server", "direct=x\n", []),
    ],
)
def test_what_may_go_wrong_later(role: str, changes: str, wanted: list[tuple[str, str]]) -> None:
    plan = machine(role)
    told = read_probe(GOOD + "time=\n" + changes)
    found = ssh_probe.diagnostics(plan, told, "ada@m", "10.0.0.1")
    bad = [(one.name.removeprefix(plan.name), one.verdict) for one in found if one.verdict != "ok"]
    assert bad == wanted
    assert "ada@m 10.0.0.1, Ubuntu 24.04, 4 cores" in found[0].seen


@pytest.mark.parametrize(
    ("skew", "said"), [(0, None), (60, None), (-60, None), (61, "61 s ahead"), (-90, "90 s behind")]
)
def test_clocks(skew: float, said: str | None) -> None:
    told = read_probe(GOOD)
    object.__setattr__(told, "skew", skew)
    found = [
        f for f in ssh_probe.diagnostics(machine("server"), told, "t", "a") if "clock" in f.name
    ]
    assert [diagnostic.seen for diagnostic in found] == ([said] if said else [])


# -- ports ---------------------------------------------------------------------------------


@pytest.fixture
def config() -> LabConfig:
    return settings.load({"provider": "multipass"}, environment={})


def test_who_asks_whom(config: LabConfig) -> None:
    address = {"master": "1", "worker1": "2", "worker2": "3", "storage": "9"}
    asked = {
        who: [f"{to}:{port.number}" for to, port in targets]
        for who, targets in ports.between(config, address).items()
    }
    assert asked == {
        "master": ["2:10250", "2:8472", "9:2049"],
        "worker1": ["3:10250", "3:8472", "1:6443", "9:2049"],
        "worker2": ["1:10250", "1:8472", "1:6443", "9:2049"],
    }
    given = {"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": ["a"]}
    alone = settings.load(given, environment={})
    assert ports.between(alone, {"a": "1", "storage": "9"}) == {"a": [("9", NFS)]}
    assert [port.number for port in ports.for_the_laptop(config)] == [6443, 31001]


def test_answers_of_ports() -> None:
    targets = [("1", API), ("2", PODS), ("3", PODS), ("4", API), ("5", API), ("6", NFS)]
    output = (
        "6 2049/tcp 124 \nbanner\n4 6443/tcp 1 Connection refused\n1 6443/tcp 0 \n"
        "2 8472/udp 0 \n3 8472/udp 1 Connection refused\n5 6443/tcp 1 No route to host\n7 x y z\n"
    )
    found = ports.read(output, targets)
    assert list(found.items()) == [
        ("1 6443/tcp", True), ("2 8472/udp", None), ("3 8472/udp", True), ("4 6443/tcp", True),
        ("5 6443/tcp", False), ("6 2049/tcp", False),
    ]  # fmt: skip
    assert ports.read("", targets) == {}


def test_closed_ports_are_told_with_their_use(config: LabConfig) -> None:
    found = ports.diagnostics(config, {"a": {"1 6443/tcp": False, "2 8472/udp": None,
                                          "3 2049/tcp": True}})  # fmt: skip
    assert [(one.name, one.verdict) for one in found] == [
        ("a to 1:6443/tcp", "fail"), ("a to 2:8472/udp", "warn"),
    ]  # fmt: skip
    assert "K3s' API" in found[0].advice
    (fine,) = ports.diagnostics(config, {"a": {"1 6443/tcp": True}})
    assert (fine.verdict, fine.seen) == ("ok", "6443/tcp, 10250/tcp, 8472/udp, 2049/tcp, 31001/tcp")


def test_only_udp_is_written_to_twice() -> None:
    asked = ports.question([("1", API), ("2", PODS)]).splitlines()
    assert asked[-1] == "wait" and "sleep" not in asked[0] and "sleep 1; echo >&3" in asked[1]
    assert str(Port(1, "x")) == "1/tcp"


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    shell: Any = None
    with pytest.raises(ConfigError, match="cannot be read"):
        inventory_from.read("ssh-config", shell, tmp_path / "none")
