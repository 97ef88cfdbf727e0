"""What a lab does by itself: names, addresses, commands, what it refuses; and its processes."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any, cast

import pytest

from owlab import Lab, settings
from owlab.command import Command, Variable
from owlab.errors import CommandError, CommandTimeout, ConfigError, MachineError, ProviderError
from owlab.events import Event
from owlab.fact import Fact, json_fact, parse_json, succeeds
from owlab.lab import _refuse_changes, describe
from owlab.machines.provider import MachineInfo
from owlab.shell import Shell, last_lines

from .conftest import FolderProvider

# -- facts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1]\nmore", [1]),
        ('ok: got action [1]\n{"a": [2]}', [1]),
        ('ok: got action hello\n{"a": [2]} trailing', {"a": [2]}),
    ],
)
def test_json_that_follows_words(text: str, found: Any) -> None:
    assert parse_json(text) == found


@pytest.mark.parametrize("text", ["", "none", "{"])
def test_json_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"no JSON|Expecting"):
        parse_json(text)


@pytest.fixture
def up(lab: Lab) -> Lab:
    """Its master runs."""
    (cast(FolderProvider, lab.provider).root / "master").mkdir(parents=True)
    return lab


def test_facts_have_a_default(up: Lab) -> None:
    assert up.fact(succeeds("true", "master")) is True
    assert up.fact(succeeds("false", "master")) is False
    assert up.fact(json_fact("echo '{}'", "master", default=5)) == {}
    assert up.fact(json_fact("echo x", "master", default=5)) == 5
    assert up.fact(json_fact("exit 1", "master", default=5)) == 5
    parsers: list[Any] = [
        lambda out: out[99],
        lambda out: {}[out],
        lambda out: out.x,
        lambda out: 1 + out,
    ]
    for parse in parsers:
        assert up.fact(Fact(Command("echo x", on="master"), parse, 5)) == 5


def test_a_machine_that_is_stopped_is_not_asked(up: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = cast(FolderProvider, up.provider)
    for state, asked in {
        "Running": True, "Unknown": True, "Delayed Shutdown": True, "Stopped": False,
        "Deleted": False,
    }.items():  # fmt: skip
        info = [MachineInfo("master", state)]
        monkeypatch.setattr(provider, "machines", lambda info=info: info)
        up._looked = -10.0
        found = up.read(Command("echo x", on="master"))
        assert (found.stdout == "x\n") is asked, state
        if not asked:
            assert (found.exit_code, found.stderr) == (255, "master does not run\n")
    assert up.read(Command("echo x")).stdout == "x\n", "the laptop always runs"
    monkeypatch.setattr(provider, "creates_machines", False, raising=False)
    assert up.read(Command("echo x", on="master")).stdout == "x\n"


# -- machines ------------------------------------------------------------------------------


def test_machines_by_their_roles(lab: Lab) -> None:
    assert (lab.master, lab.storage) == ("master", "storage")
    assert lab.workers == ["worker1", "worker2", "worker3"]
    assert lab.nodes == ["master", *lab.workers]
    assert repr(lab) == "<Lab 'owlab' on pocket: master, worker1, worker2, worker3, storage>"
    assert lab.machine("worker2").role == "agent"
    with pytest.raises(MachineError, match="The lab has no machine 'worker9'") as refused:
        lab.machine("worker9")
    assert refused.value.resolution.startswith("Its machines: master, worker1")


@pytest.mark.parametrize(
    ("said", "address"),
    [("10.0.0.1", "10.0.0.1"), ("my-host.example", "my-host.example"), ("--", None),
     ("10.0.0.1 10.0.0.2", None), ("a_b", None)],
)  # fmt: skip
def test_addresses(
    up: Lab, monkeypatch: pytest.MonkeyPatch, said: str, address: str | None
) -> None:
    monkeypatch.setattr(up.provider, "address_of", lambda machine: Command(f"echo {said}"))
    if address:
        assert up.address("master") == address
        return
    with pytest.raises(MachineError, match="master has no address now") as refused:
        up.address("master")
    assert refused.value.details == f"seen: {said!r}"


def test_variables_are_named_after_machines(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lab.address_variable("worker1").name == "WORKER1_IP"
    given = {"provider": "cluster", "cluster_kubeconfig": "kc", "cluster_nodes": ["1.node", "a-b"]}
    lab.config = settings.load(given, environment={})
    assert lab.address_variable("1.node").name == "NODE_1_NODE_IP"
    assert lab.address_variable("a-b").name == "A_B_IP"


@pytest.mark.parametrize("text", ["false", "true", "echo ' '"])
def test_a_value_that_cannot_be_read(up: Lab, text: str) -> None:
    with pytest.raises(CommandError, match="The value of X could not be read"):
        up.value(Variable("X", Command(text, on="master")))
    assert up.value(Variable("X", Command("echo ' a '", on="master"))) == "a"


# -- commands ------------------------------------------------------------------------------


def test_what_a_command_may_be(up: Lab) -> None:
    assert up.run("echo x", on="master").stdout == "x\n"
    assert up.run(Command("exit 3", on="master")).exit_code == 3
    calls: list[tuple[Any, dict[str, Any]]] = [
        (5, {}),
        ("ls", {"step": "k3s.install_server"}),
        (Command("ls"), {"on": "master"}),
    ]
    for what, more in calls:
        with pytest.raises(TypeError):
            up.run(what, **more)
    with pytest.raises(MachineError):
        up.run("ls", on="nobody")


def test_listeners_hear_of_a_command(up: Lab) -> None:
    heard: list[Event] = []
    up.listeners[:] = [heard.append]
    secret = Variable("K", Command("echo sesame-open"), secret=True)
    up.run(Command("echo $K; echo oops >&2; exit 3", on="master", variables=(secret,)), "s")
    assert [event.kind for event in heard] == [
        "command-started", "command-output", "command-output", "command-ended",
    ]  # fmt: skip
    outputs = {event.stream: event.text for event in heard if event.text}
    assert outputs == {"stdout": "***\n", "stderr": "oops\n"}
    last = heard[-1]
    assert (last.exit_code, last.machine, last.step) == (3, "master", "s")
    assert last.seconds is not None and last.variables == (secret,)
    heard.clear()
    with pytest.raises(CommandTimeout):
        up.run(Command("sleep 9", on="master", timeout=0.2))
    assert heard[-1].exit_code == 124
    up.read(Command("echo x", on="master"))
    assert heard[-1].exit_code == 124, "who only looks is not heard"


def test_a_planning_lab_writes_no_journal(lab: Lab) -> None:
    planned = Lab(lab.config, lab.directory, lab.provider, planning=True)
    assert planned.listeners == [] and lab.listeners == [lab.journal]


def test_a_failure_is_described(up: Lab) -> None:
    result = up.run("for n in 1 2 3; do echo $n; done; exit 4", on="master")
    told = describe(result, lines=2)
    assert told.splitlines() == [
        "master$ for n in 1 2 3; do echo $n; done; exit 4", "2", "3", "(exit status 4)",
    ]  # fmt: skip
    assert describe(up.run("exit 4", on="master")) == "master$ exit 4\n(exit status 4)"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, []),
        ({"speed": "class"}, []),
        ({"workers": 3}, ["workers: it has 2, asked for 3"]),
        ({"workers": 3, "k3s_version": "", "speed": "real"},
         ["k3s_version: it has ", "workers: it has 2, asked for 3"]),
    ],
)  # fmt: skip
def test_a_lab_that_is_built_keeps_its_settings(changes: dict[str, Any], named: list[str]) -> None:
    saved, wanted = settings.load({}, environment={}), settings.load(changes, environment={})
    if not named:
        _refuse_changes(saved, wanted)
        return
    with pytest.raises(ConfigError, match="exists with other settings") as refused:
        _refuse_changes(saved, wanted)
    told = sorted(refused.value.details.splitlines())
    assert len(told) == len(named)
    assert all(line.startswith(start) for line, start in zip(told, named, strict=True))


# -- processes -----------------------------------------------------------------------------


def test_processes_end_as_a_shell_tells_it() -> None:
    shell = Shell()
    heard: list[tuple[str, str]] = []
    done = shell.run(
        ["bash", "-c", "cat; echo $X; echo oops >&2; exit 7"], stdin=b"in\n", env={"X": "env"},
        on_output=lambda name, text: heard.append((name, text)),
    )  # fmt: skip
    assert (done.exit_code, done.stdout, done.stderr) == (7, "in\nenv\n", "oops\n")
    assert "".join(text for name, text in heard if name == "stdout") == "in\nenv\n"
    killed = shell.run(["bash", "-c", "kill -KILL $$"])
    assert killed.exit_code == 128 + signal.SIGKILL
    with pytest.raises(ProviderError, match="The program 'no-such-program' was not found"):
        shell.run(["no-such-program"])


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    text = f"echo begun; (sleep 1; touch {mark}) & sleep 30"
    with pytest.raises(CommandTimeout, match=r"bash did not end within 0 s") as late:
        Shell().run(["bash", "-c", text], timeout=0.3)
    assert late.value.details == "begun"
    time.sleep(1.2)
    assert not mark.exists(), "what it had started ended with it"


def test_a_cancelled_shell_takes_no_work_until_it_goes_on() -> None:
    shell = Shell()
    assert not shell.is_cancelled
    threading.Timer(0.2, shell.cancel).start()
    with pytest.raises(KeyboardInterrupt):
        shell.run(["sleep", "30"])
    assert shell.is_cancelled
    with pytest.raises(KeyboardInterrupt):
        shell.run(["true"])
    shell.resume()
    assert shell.run(["true"]).exit_code == 0


def test_the_last_lines() -> None:
    assert last_lines(["a\nb\n", "c\n"], 2) == "b\nc"
    assert last_lines(["", "\n"]) == ""
    assert last_lines(["\n".join(map(str, range(20))), ""]).splitlines()[0] == "10"
