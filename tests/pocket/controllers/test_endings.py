"""How a pod ends: its hooks, its grace, who heeds the signal; and what hooks and checks say."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.runtime import Runtime
from owlab.pocket.kube.containers.start import CannotStart
from owlab.pocket.kube.kubelet.ending import Ending
from owlab.pocket.kube.kubelet.hooks import hook
from owlab.pocket.kube.kubelet.memory import Memory
from owlab.pocket.kube.kubelet.network_probes import UnknownPort, checker
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline
from owlab.pocket.network.routes import NetworkPlace, Routes
from owlab.pocket.network.unreached import (
    ConnectionLost,
    ConnectionRefused,
    NoRouteToHost,
    UnknownName,
    Unreached,
)


class Scene:
    """A pod with two containers that run, and what is told of it."""

    def __init__(self, grace: int = 30, **lifecycle: Object) -> None:
        first: Object = {"name": "web", "image": "nginx"}
        if lifecycle:
            first["lifecycle"] = lifecycle
        self.pod: Object = {
            "metadata": {"name": "p", "uid": "u", "deletionGracePeriodSeconds": grace},
            "spec": {"nodeName": "a", "containers": [first, {"name": "side", "image": "redis"}]},
            "status": {
                "podIP": "10.42.0.9",
                "containerStatuses": [
                    {"name": name, "restartCount": 0, "state": {"running": {"startedAt": "then"}}}
                    for name in ("web", "side")
                ],
            },
        }
        self.events: list[tuple[str, str]] = []
        self.looks: list[float] = []
        self.deaf: set[str] = set()
        self.shells: set[str] = set()
        recorder: Any = self
        self.timeline = PodTimeline(self.pod, Memory(), Clock("real"), recorder, self.looks.append)
        self.ran: list[list[str]] = []
        self.answer: tuple[int, str] | Exception = (0, "")
        self.checked: str | None = None

    def record(self, about: Object, kind: str, reason: str, message: str, *who: str) -> None:
        assert kind == "Normal"
        self.events.append((reason, message))

    # What a runtime is asked.

    def runs(self, owner: tuple[str, str]) -> bool:
        return owner[1] in self.shells

    def ignores_signals(self, owner: tuple[str, str]) -> bool:
        assert owner[0] == "u"
        return owner[1] in self.deaf

    async def execute(self, container: Object, argv: list[str]) -> tuple[int, str]:
        self.ran.append(argv)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def check(
        self, handler: Object, container: Object, address: str, limit: float
    ) -> str | None:
        assert (address, limit) == ("10.42.0.9", 30.0)
        return self.checked

    def look(self) -> bool:
        runtime = cast(Runtime, self)
        return Ending(runtime, self.timeline).carry_on(self.execute, self.check)

    def over(self, *names: str) -> None:
        """The time of these has passed."""
        for name in names:
            assert name in self.timeline.memory.due, self.timeline.memory.due
            self.timeline.memory.due[name] = 0.0

    def ends(self) -> dict[str, tuple[int, str]]:
        found = {}
        for status in self.pod["status"]["containerStatuses"]:
            if ended := status["state"].get("terminated"):
                found[status["name"]] = (ended["exitCode"], ended["reason"])
        return found


STOPPED = [("Killing", "Stopping container web"), ("Killing", "Stopping container side")]


async def test_servers_end_soon() -> None:
    scene = Scene()
    assert not scene.look() and scene.ends() == {}
    assert scene.events == STOPPED
    assert not scene.look() and scene.events == STOPPED, "it is told once"
    scene.over("end")
    assert scene.look()
    assert scene.ends() == {"web": (0, "Completed"), "side": (0, "Completed")}


async def test_who_is_deaf_is_killed_when_the_grace_is_over() -> None:
    scene = Scene()
    scene.deaf = {"web"}
    assert not scene.look()
    assert "end" not in scene.timeline.memory.due
    scene.over("grace")
    assert not scene.look()
    scene.over("end")
    assert scene.look()
    assert scene.ends() == {"web": (137, "Error"), "side": (0, "Completed")}


async def test_without_a_grace_all_end_at_once() -> None:
    scene = Scene(grace=0, preStop={"exec": {"command": ["sleep", "9"]}})
    scene.deaf, scene.shells = {"web"}, {"web"}
    assert scene.look()
    assert scene.ends() == {"web": (137, "Error"), "side": (0, "Completed")}


async def test_a_hook_is_waited_for_within_the_grace() -> None:
    scene = Scene(preStop={"sleep": {"seconds": 5}})
    assert not scene.look()
    assert "end" not in scene.timeline.memory.due
    scene.over("preStop web 0")
    assert not scene.look()
    scene.over("end")
    assert scene.look()
    late = Scene(preStop={"sleep": {"seconds": 50}})
    assert not late.look()
    late.over("grace")
    assert not late.look()
    late.over("end")
    assert late.look()


async def test_what_has_ended_already_stays_as_it_ended() -> None:
    scene = Scene()
    for status in scene.pod["status"]["containerStatuses"]:
        status["state"] = {"terminated": {"exitCode": 3, "reason": "Error"}}
    assert scene.look() and scene.events == []
    assert set(scene.ends().values()) == {(3, "Error")}


async def settled(scene: Scene, spec: Object, simulated: bool = False) -> str | None:
    container = {
        "name": "web",
        "image": "mine/own",
        "ports": [{"name": "http", "containerPort": 8080}],
        "lifecycle": {"postStart": spec},
    }

    def now() -> str | None:
        return hook(
            scene.timeline, container, "postStart", 2, simulated, scene.execute, scene.check
        )

    first = now()
    for _ in range(5):
        await asyncio.sleep(0)
    assert first is None or now() == first
    return now()


async def test_hooks_that_are_commands() -> None:
    scene = Scene()
    spec = {"exec": {"command": ["a", "b"]}}
    assert await settled(scene, spec) == ""
    assert scene.ran == [["a", "b"]], "it runs once"
    scene = Scene()
    scene.answer = (3, " bad\n")
    assert await settled(scene, spec) == "command 'a b' exited with 3: bad"
    assert scene.looks, "the pod is looked at when it has ended"
    scene = Scene()
    scene.answer = CannotStart("no such file")
    said = await settled(scene, spec)
    assert said is not None and said.startswith("rpc error: code = Unknown desc = ")
    scene = Scene()
    scene.answer = ZeroDivisionError()
    assert await settled(scene, spec) == "cancelled"


@pytest.mark.parametrize(
    ("spec", "checked", "said"),
    [
        ({"httpGet": {"port": 80}}, None, ""),
        ({"httpGet": {"port": 80}}, "refused", "refused"),
        ({"tcpSocket": {"port": 80}}, "refused", "refused"),
    ],
)
async def test_hooks_that_are_requests(spec: Object, checked: str | None, said: str) -> None:
    scene = Scene()
    scene.checked = checked
    assert await settled(scene, spec) == said


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, ""),
        ({"exec": {"command": ["false"]}}, ""),
        ({"httpGet": {"port": 8080}}, ""),
        ({"httpGet": {"port": "http"}}, ""),
        ({"tcpSocket": {"port": 81}}, "dial tcp: connect to port 81: connection refused"),
    ],
)
async def test_hooks_of_simulated_programs(spec: Object, said: str) -> None:
    scene = Scene()
    assert await settled(scene, spec, simulated=True) == said
    assert scene.ran == []


async def test_a_hook_that_sleeps() -> None:
    scene = Scene()
    assert await settled(scene, {"sleep": {"seconds": 5}}, simulated=True) is None
    scene.over("postStart web 2")
    assert await settled(scene, {"sleep": {"seconds": 5}}, simulated=True) == ""
    assert await settled(Scene(), {"sleep": {"seconds": 0}}) == ""


class Way:
    """Where every connection ends the same way."""

    def __init__(self, ends: Unreached | None) -> None:
        self.ends = ends
        self.asked: list[tuple[str, int]] = []
        self.closed = 0

    async def connect(
        self, place: NetworkPlace, name: str, number: int, limit: float | None
    ) -> Any:
        self.asked.append((name, number))
        if self.ends is not None:
            raise self.ends
        return self

    def close(self) -> None:
        self.closed += 1


GET = {"httpGet": {"port": 80, "path": "ready"}}
URL = 'Get "http://10.42.0.9:80/ready": '


@pytest.mark.parametrize(
    ("handler", "ends", "said"),
    [
        ({"tcpSocket": {"port": 80}}, None, None),
        ({"tcpSocket": {"port": 80}}, ConnectionRefused(),
         "dial tcp 10.42.0.9:80: connect: connection refused"),
        ({"tcpSocket": {"port": 80}}, NoRouteToHost(),
         "dial tcp 10.42.0.9:80: connect: no route to host"),
        ({"tcpSocket": {"port": 80}}, ConnectionLost(), "dial tcp 10.42.0.9:80: i/o timeout"),
        (GET, ConnectionRefused(), f"{URL}dial tcp 10.42.0.9:80: connect: connection refused"),
        (GET, ConnectionLost(), f"{URL}context deadline exceeded"),
        (GET, UnknownName("x"), f"{URL}dial tcp 10.42.0.9:80: lookup x: no such host"),
        ({"httpGet": {"port": 443, "scheme": "HTTPS"}}, ConnectionRefused(),
         'Get "https://10.42.0.9:443/": dial tcp 10.42.0.9:443: connect: connection refused'),
        ({"grpc": {"port": 80}}, None,
         "error: this server does not implement the grpc health protocol"),
        ({"grpc": {"port": 80}}, ConnectionRefused(),
         "dial tcp 10.42.0.9:80: connect: connection refused"),
        ({"exec": {}}, None, None),
    ],
)  # fmt: skip
async def test_what_a_check_says(handler: Object, ends: Unreached | None, said: str | None) -> None:
    way = Way(ends)
    check = checker(cast(Routes, way), NetworkPlace("a", "127.9.0.1", "a"))
    assert await check(handler, {}, "10.42.0.9", 1.0) == said
    assert way.closed == (1 if ends is None and "exec" not in handler else 0)


async def test_where_a_check_goes() -> None:
    way = Way(None)
    check = checker(cast(Routes, way), NetworkPlace("a", "127.9.0.1", "a"))
    container = {"ports": [{"name": "web", "containerPort": 8080}]}
    for spec in ({"port": "web"}, {"port": 81, "host": "other"}, {"port": "82"}):
        await check({"tcpSocket": spec}, container, "10.42.0.9", 1.0)
    assert way.asked == [("10.42.0.9", 8080), ("other", 81), ("10.42.0.9", 82)]
    with pytest.raises(UnknownPort):
        await check({"tcpSocket": {"port": "x"}}, container, "10.42.0.9", 1.0)
