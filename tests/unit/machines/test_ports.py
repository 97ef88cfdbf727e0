"""Ports between machines: open, closed and silent ones, before anything listens."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
import yaml
from click.testing import CliRunner

from owlab.cli import main
from owlab.config import LabConfig
from owlab.machines import ports
from owlab.machines.ports import Port
from tests.standins import ssh_standin

HERE = "127.0.0.1"
CONFIG = LabConfig()
ADDRESS = {
    "master": "10.0.0.1",
    "worker1": "10.0.0.2",
    "worker2": "10.0.0.3",
    "storage": "10.0.0.4",
}


@contextlib.contextmanager
def firewall() -> Iterator[int]:
    """A port that says nothing: its queue of connections is full."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind((HERE, 0))
        listener.listen(0)
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_open_closed_and_silent_are_told_apart():
    with socket.create_server((HERE, 0)) as listening, firewall() as silent:
        with socket.create_server((HERE, 0)) as gone:
            closed = gone.getsockname()[1]
        asked = [(HERE, Port(n, "")) for n in (listening.getsockname()[1], closed, silent)]
        started = time.monotonic()
        text = ports.question(asked)
        done = subprocess.run(["bash", "-c", text], capture_output=True, text=True)
        assert time.monotonic() - started < 8
        assert list(ports.read(done.stdout, asked).values()) == [True, True, False]
        backwards = "\n".join(reversed(done.stdout.splitlines()))
        assert list(ports.read(backwards, asked).values()) == [True, True, False]
        assert list(ports.from_here(asked).values()) == [True, True, False]


def test_udp_is_open_when_somebody_says_no_and_unknown_when_nobody_does(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HERE, 0))
        number = taken.getsockname()[1]
        monkeypatch.setattr(ports, "PODS", Port(number, "", "udp"))
        asked = [(HERE, ports.PODS)]
        text = ports.question(asked)

        def ask() -> bool | None:
            done = subprocess.run(["bash", "-c", text], capture_output=True, text=True)
            return ports.read(done.stdout, asked)[f"{HERE} {number}/udp"]

        assert ask() is None
    assert ask() is True


def test_who_has_to_reach_whom():
    wanted = ports.between(CONFIG, ADDRESS)
    shown = {who: {f"{a}:{p.number}" for a, p in targets} for who, targets in wanted.items()}
    assert shown["master"] == {"10.0.0.2:10250", "10.0.0.2:8472", "10.0.0.4:2049"}
    assert "10.0.0.1:6443" in shown["worker1"] and "10.0.0.1:6443" in shown["worker2"]
    assert {p.number for p in ports.ports(CONFIG)} == {6443, 8472, 10250, 2049, 31001}


def test_what_is_closed_is_said_with_its_use():
    answers = {"worker1": {"10.0.0.1 6443/tcp": False, "10.0.0.3 8472/udp": None}}
    closed, unknown = ports.diagnostics(CONFIG, answers)
    assert closed.verdict == "fail" and "K3s' API" in closed.advice
    assert closed.name == "worker1 to 10.0.0.1:6443/tcp"
    assert unknown.verdict == "warn" and "UDP" in unknown.seen
    (fine,) = ports.diagnostics(CONFIG, {"worker1": {"10.0.0.1 6443/tcp": True}})
    assert fine.verdict == "ok"


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    """Four machines behind NAT; the arguments of `owlab up` for them."""
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    standin = ssh_standin(tmp_path / "standin")
    monkeypatch.setenv("PATH", f"{standin.binary.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(ports, "PODS", Port(ports.PODS.number, ports.PODS.use))

    def words(public: str) -> list[str]:
        hosts = [{"host": name, "address": "127.0.0.1"} for name in "abcd"]
        hosts[0]["public_address"] = public
        inventory = {"master": hosts[0], "workers": hosts[1:3], "storage": hosts[3]}
        path = tmp_path / "machines.yaml"
        path.write_text(yaml.safe_dump(inventory))
        given = ["--lab", "cloud", "--provider", "ssh", "-p", "ssh_inventory", str(path)]
        return [*given, "-p", "openwhisk_port", "31999"]

    return standin, words


def test_a_public_address_that_is_closed_stops_up_within_ten_seconds(cloud, monkeypatch):
    standin, words = cloud
    with firewall() as silent:
        monkeypatch.setattr(ports, "API", Port(silent, ports.API.use))
        started = time.monotonic()
        done = CliRunner().invoke(main, ["up", *words("127.0.0.1")])
    assert time.monotonic() - started < 10
    assert done.exit_code == 1
    assert "this computer to 127.0.0.1:" in done.output
    assert "security group" in done.output
    assert not [call for call in standin.calls if "get.k3s.io" in " ".join(call)]


@pytest.mark.parametrize("fault, said", [("full", "free disk"), ("skewed", "clock")])
def test_what_would_stop_it_later_is_found_on_the_machines(cloud, fault, said):
    standin, words = cloud
    standin.fail("c", fault)
    done = CliRunner().invoke(main, ["doctor", *words("127.0.0.1")])
    assert done.exit_code == 1 and f"worker2: {said}" in done.output


def test_a_proxy_without_exceptions_is_told(cloud):
    standin, words = cloud
    standin.environment("b", https_proxy="http://proxy:3128")
    assert "worker1: proxy" in CliRunner().invoke(main, ["doctor", *words("127.0.0.1")]).output
    standin.environment("b", https_proxy="http://proxy:3128", no_proxy="10.42.0.0/16,10.43.0.0/16")
    assert "worker1: proxy" not in CliRunner().invoke(main, ["doctor", *words("127.0.0.1")]).output
