"""The provider of the pocket lab, with a service that is told what to answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from owlab.command import HOST, Command
from owlab.config import LabConfig
from owlab.errors import ProviderError
from owlab.machines import pocket, pocket_terminal
from owlab.machines.pocket import ABOUT_CONFINED, PocketProvider
from owlab.pocket.client import service_process
from owlab.pocket.openwhisk import confine


class Service:
    """What the lab's process is asked."""

    def __init__(self) -> None:
        self.alive = False
        self.is_lab = True
        self.started: list[str | None] = []
        self.looks: list[tuple[str, ...]] = []
        self.found: Any = ({"kind": "Pod"}, "")
        self.machines: list[dict[str, str]] = []
        self.gone: list[Path] = []


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()

    def ensure(directory: Path, speed: str | None) -> None:
        made.started.append(speed)
        made.alive = True

    def objects(directory: Path, *words: str) -> Any:
        made.looks.append(words)
        return made.found

    monkeypatch.setattr(service_process, "is_alive", lambda directory: made.alive)
    monkeypatch.setattr(service_process, "is_lab", lambda directory: made.is_lab)
    monkeypatch.setattr(service_process, "objects", objects)
    monkeypatch.setattr(service_process, "status", lambda directory: {"machines": made.machines})
    monkeypatch.setattr(service_process, "destroy", made.gone.append)
    monkeypatch.setattr(pocket_terminal, "ensure", ensure)
    return made


@pytest.fixture
def provider(service: Service, tmp_path: Path) -> PocketProvider:
    return PocketProvider(tmp_path)


def test_what_it_is(provider: PocketProvider, tmp_path: Path) -> None:
    assert provider.simulated is True and provider.is_all_in_its_folder is True
    assert (provider.name, provider.binary) == ("pocket", str(tmp_path / "bin" / "multipass"))
    assert provider.creates_machines and provider.has_machines and provider.fresh_ubuntu


@pytest.mark.parametrize("version", [0, 4])
def test_what_it_says_of_functions(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: int
) -> None:
    monkeypatch.setattr(confine, "version", lambda: version)
    about = PocketProvider(tmp_path).about
    assert (about == ABOUT_CONFINED) is bool(version)
    assert ("can read your files" in about) is not bool(version)


def test_the_service_is_started_once_and_told_of_another_speed(
    provider: PocketProvider, service: Service
) -> None:
    quick, slow = LabConfig(speed="instant"), LabConfig(speed="class")
    for config, started in (
        (quick, ["instant"]),
        (quick, ["instant"]),
        (slow, ["instant", "class"]),
        (slow, ["instant", "class"]),
    ):
        provider.prepare(config)
        assert service.started == started
    service.alive = False
    provider.prepare(slow)
    assert service.started == ["instant", "class", None], "it comes back as it was"


def test_who_only_asks_starts_nothing(service: Service, tmp_path: Path) -> None:
    asks = PocketProvider(tmp_path, only_asks=True)
    with pytest.raises(ProviderError) as refused:
        asks.prepare(LabConfig())
    assert refused.value.brief == "it does not run"
    service.alive = True
    asks.prepare(LabConfig())
    assert service.started == []


def test_commands_of_the_laptop_run_on_its_machine(provider: PocketProvider) -> None:
    start = [provider.binary, "exec", "-n", HOST, "--"]
    assert provider.argv(Command("ls"), {}) == [*start, "bash", "-c", "ls"]
    assert provider.argv(Command("ls"), {"A": "1", "B": "x y"}) == [
        *(*start, "env", "A=1", "B=x y", "bash", "-c", "ls"),
    ]
    inside = provider.argv(Command("ls", on="master"), {})
    assert inside[:2] == [provider.binary, "exec"] and "master" in inside and inside != start


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("sudo kubectl get pods -o json", ("master", "pods", "", "default")),
        ("sudo kubectl get pods -n openwhisk -o json", ("master", "pods", "", "openwhisk")),
        ("sudo kubectl get pods -A -o json", ("master", "pods", "", "")),
        ("sudo kubectl get node worker1 -o json", ("master", "node", "worker1", "default")),
        ("sudo kubectl get pod a-1.b -n x-1 -o json", ("master", "pod", "a-1.b", "x-1")),
        ("kubectl get pods -o json", None),
        ("sudo kubectl get pods", None),
        ("sudo kubectl get pods -o yaml", None),
        ("sudo kubectl get pods -l app=x -o json", None),
        ("sudo kubectl get pods -o json | cat", None),
        ("sudo kubectl delete pods -o json", None),
        ("sudo kubectl get Pods -o json", None),
    ],
)
def test_which_objects_the_service_tells_itself(
    provider: PocketProvider, service: Service, text: str, asked: tuple[str, ...] | None
) -> None:
    found = provider.look_up(Command(text, on="master"))
    if asked is None:
        assert found is None and service.looks == []
        return
    assert service.looks == [asked]
    assert found is not None
    assert (found.exit_code, json.loads(found.stdout), found.stderr) == (0, {"kind": "Pod"}, "")


def test_what_the_service_does_not_tell(provider: PocketProvider, service: Service) -> None:
    look = Command("sudo kubectl get pods -o json", on="master")
    service.found = None
    assert provider.look_up(look) is None
    service.found = (None, "Error from server\n")
    found = provider.look_up(look)
    assert found is not None
    assert (found.exit_code, found.stdout, found.stderr) == (1, "", "Error from server\n")


def test_addresses_of_machines_that_run(provider: PocketProvider, service: Service) -> None:
    service.machines = [
        {"name": "master", "state": "Running", "address": "127.1.1.1"},
        {"name": "worker1", "state": "Stopped", "address": "127.1.1.2"},
    ]
    found = provider.look_up(provider.address_of("master"))
    assert found is not None and (found.exit_code, found.stdout) == (0, "127.1.1.1\n")
    assert provider.look_up(provider.address_of("worker1")) is None
    assert provider.look_up(provider.address_of("nobody")) is None
    assert provider.look_up(Command("multipass list")) is None
    assert provider.look_up(Command("ls")) is None


def test_ctrl_c_is_heard_after_a_look(
    provider: PocketProvider, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(provider.shell), "is_cancelled", True)
    for look in (Command("sudo kubectl get pods -o json", on="master"), provider.address_of("m")):
        with pytest.raises(KeyboardInterrupt):
            provider.look_up(look)


def test_closing_removes_a_lab_and_nothing_else(
    provider: PocketProvider, service: Service, tmp_path: Path
) -> None:
    service.is_lab = False
    provider.close()
    assert service.gone == []
    service.is_lab = True
    provider.close()
    assert service.gone == [tmp_path]


def test_what_multipass_says_goes_through_the_service(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[Any] = []

    def line(directory: Path, words: Any, **streams: Any) -> int:
        seen.append((directory, list(words)))
        return 3

    stopped: list[Path] = []
    monkeypatch.setattr(service_process, "multipass_line", line)
    monkeypatch.setattr(service_process, "stop", stopped.append)
    assert pocket._speak_multipass(tmp_path, ["list"]) == 3
    pocket.end_service(tmp_path)
    assert (seen, stopped) == ([(tmp_path, ["list"])], [tmp_path])
