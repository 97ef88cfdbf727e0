"""Probes: commands really run, requests are really sent.

A simulated program is believed: by the ports that its image is known to have, or declares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import images
from owlab.pocket.kube.containers.start import CannotStart
from owlab.pocket.kube.kubelet.memory import ProbeState
from owlab.pocket.kube.kubelet.network_probes import Check, UnknownPort, port_of
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline

Execute = Callable[[Object, list[str]], Awaitable[tuple[int, str]]]
"""Runs a command in a container; gives its exit status and what it printed."""

_LEAST_SECONDS = 1.0
"""Between two runs of a command, also when time does not count."""
_ERRORED = "probe errored and resulted in unknown state"
_NAMES = {"livenessProbe": "Liveness", "readinessProbe": "Readiness", "startupProbe": "Startup"}


class ProbeErrored(Exception):
    """It could not be asked at all: neither a success nor a failure."""


@dataclass(frozen=True)
class Probe:
    """One probe of one container, in its present start."""

    timeline: PodTimeline
    container: Object
    kind: str
    starts: int
    simulated: bool
    """Nothing of the container really runs."""
    execute: Execute
    check: Check

    @property
    def spec(self) -> Object | None:
        """What the container says of it."""
        found: Object | None = self.container.get(self.kind)
        return found

    @property
    def state(self) -> ProbeState:
        """How it has gone so far."""
        key = (self.container["name"], self.kind, self.starts)
        return self.timeline.memory.probes.setdefault(key, ProbeState())

    def look(self) -> bool | None:
        """What the probe says now; None while it has said nothing. Asks again when that is due.

        A failure that has been counted often enough stays False; for liveness that is the end.
        """
        spec, state = self.spec, self.state
        if spec is None:
            return True
        now = asyncio.get_running_loop().time()
        if not state.due:
            delay = self.timeline.clock.scaled(int(spec.get("initialDelaySeconds") or 0))
            state.due = now + delay
        if state.task is None and now >= state.due and not self._is_settled():
            self._ask(spec, state)
        elif state.task is None and not self._is_settled():
            self.timeline.again(state.due - now + 0.01)
        return state.passed

    def _is_settled(self) -> bool:
        """The answer cannot change any more: nobody has to ask."""
        state = self.state
        if self.spec is None or "exec" in self.spec or not self.simulated:
            return self.kind == "startupProbe" and state.passed is True
        return state.passed is True

    def _ask(self, spec: Object, state: ProbeState) -> None:
        if self.simulated:
            try:
                answer = self._judge(spec)
            except UnknownPort as error:
                self._wait(f"{_ERRORED}: {error}")
                return
            self._count(answer)
            return

        async def ask() -> None:
            try:
                answer = await self._asked(spec)
            except (ProbeErrored, UnknownPort) as error:
                self._wait(f"{_ERRORED}: {error}")
                return
            finally:
                state.task = None
            self._count(answer)
            self.timeline.again(0.0)

        state.task = asyncio.ensure_future(ask())

    async def _asked(self, spec: Object) -> str | None:
        """What went wrong, or None."""
        limit = int(spec.get("timeoutSeconds") or 1)
        if "exec" not in spec:
            address = str(self.timeline.pod["status"].get("podIP", ""))
            return await self.check(spec, self.container, address, limit)
        command = list(spec["exec"].get("command") or [])
        try:
            run = asyncio.ensure_future(self.execute(self.container, command))
            code, printed = await asyncio.wait_for(run, max(limit, 1))
        except CannotStart as error:
            raise ProbeErrored(f"rpc error: code = Unknown desc = {error.told}") from error
        except TimeoutError:
            return f"command timed out: {' '.join(command)} timed out after {limit}s"
        return None if code == 0 else printed.strip()

    def _judge(self, spec: Object) -> str | None:
        """What went wrong, or None: by the ports that the container is known to listen on."""
        if "exec" in spec:
            return None  # a simulated program answers its own checks
        for kind in ("httpGet", "tcpSocket", "grpc"):
            if kind not in spec:
                continue
            port = port_of(spec[kind].get("port"), self.container)
            listens = listens_on(self.container, port)
            address = self.timeline.pod["status"].get("podIP", "")
            host = spec[kind].get("host") or address
            if listens:
                return None
            refused = f"dial tcp {host}:{port}: connect: connection refused"
            if kind != "httpGet":
                return refused
            scheme = str(spec[kind].get("scheme", "HTTP")).lower()
            path = "/" + str(spec[kind].get("path", "/")).lstrip("/")
            return f'Get "{scheme}://{host}:{port}{path}": {refused}'
        return None

    def _wait(self, told: str = "") -> float:
        """Until it is asked again; an error is told, and its answer counts for nothing."""
        spec, state = self.spec or {}, self.state
        period = int(spec.get("periodSeconds") or 10)
        wait = max(self.timeline.clock.scaled(period), min(period, _LEAST_SECONDS))
        state.due = asyncio.get_running_loop().time() + wait
        if told:
            self.timeline.say("Warning", "Unhealthy", f"{_NAMES[self.kind]} {told}")
            self.timeline.again(wait + 0.01)
        return wait

    def _count(self, problem: str | None) -> None:
        spec, state = self.spec or {}, self.state
        wait = self._wait()
        if problem is None:
            state.successes, state.failures = state.successes + 1, 0
            if state.successes >= int(spec.get("successThreshold") or 1):
                state.passed = True
        else:
            state.successes, state.failures = 0, state.failures + 1
            self.timeline.say(
                "Warning", "Unhealthy", f"{_NAMES[self.kind]} probe failed: {problem}"
            )
            if state.failures >= int(spec.get("failureThreshold") or 3):
                state.passed = False
        if not self._is_settled():
            self.timeline.again(wait + 0.01)


def listens_on(container: Object, port: int) -> bool:
    """A simulated program is taken to answer on a port.

    Of some images the ports are known; others have those that they declare; one that declares none
    is believed.
    """
    declared = {int(own["containerPort"]) for own in container.get("ports") or ()}
    known = images.ports(container.get("image", ""))
    if known:
        return port in known
    return port in declared or not declared
