"""Executes actions: containers reused while warm, one activation at a time in each."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owlab.pocket.ground.clock import utc_now
from owlab.pocket.openwhisk import refusals, runtimes
from owlab.pocket.openwhisk.activations import (
    APPLICATION_ERROR,
    DEVELOPER_ERROR,
    INTERNAL_ERROR,
    SUCCESS,
)
from owlab.pocket.openwhisk.code import BadCode, place
from owlab.pocket.openwhisk.pod_factory import ActionPod, ActionPods, PodStartError
from owlab.pocket.openwhisk.process import ProcessEnded, WorkerProcess
from owlab.pocket.openwhisk.runtimes import KINDS, RuntimeKind
from owlab.pocket.openwhisk.store import now_ms
from owlab.pocket.openwhisk.supervision import Supervision

log = logging.getLogger(__name__)

MB = 1024 * 1024
# So much of a result that is too large is shown.
TRUNCATED = 1024


@dataclass(frozen=True, slots=True)
class ActionRun:
    """An action to run: all that the invoker needs to know of it."""

    key: str
    """Same key, same code: containers are reused for it."""
    namespace: str
    action: str
    kind: RuntimeKind
    code: Callable[[], str]
    """Asked for a new container only."""
    binary: bool
    main: str
    memory_mb: int
    timeout_ms: int
    logs_mb: int
    concurrency: int
    payload_limit: int
    value: Any
    init_env: dict[str, Any]
    env: dict[str, str]


@dataclass(slots=True)
class RunOutcome:
    """What an activation record needs to know of a run."""

    status: int = SUCCESS
    result: Any = None
    logs: list[str] = field(default_factory=list)
    start: int = 0
    end: int = 0
    wait_ms: int = 0
    init_ms: int | None = None
    timed_out: bool = False


@dataclass(eq=False, slots=True)
class ActionContainer:
    """A pod and its process."""

    pod: ActionPod
    worker: WorkerProcess
    memory_mb: int
    key: str | None = None
    busy: bool = True
    calls: int = 0
    """How many it answers at this moment: one, or as many as its action's limit says."""
    ready: bool = False
    """Its action is initialized."""
    broken: bool = False
    """No call may come any more."""
    used: float = field(default_factory=time.monotonic)

    def takes(self, concurrency: int) -> bool:
        """Another call of its action may come in."""
        if self.broken or not self.worker.alive:
            return False
        return not self.busy or (self.ready and 0 < self.calls < concurrency)


class Invoker:
    """The lab's one invoker. Its memory bounds how many containers there are."""

    def __init__(
        self,
        pods: ActionPods,
        directory: Path,
        *,
        cache: Path | None = None,
        allow_concurrent: bool = False,
        release: str = "owdev",
        memory_mb: int = 2048,
        idle_seconds: float = 600,
        stem_cells: bool = True,
    ) -> None:
        self._pods, self._directory = pods, directory
        self._variables = {"__OW_ALLOW_CONCURRENT": "true"} if allow_concurrent else {}
        self._cache = cache or directory / "build-cache"
        self._name = f"wsk{release}-invoker-00"
        self._memory, self._idle = memory_mb, idle_seconds
        self._stem_cells = stem_cells
        self._containers: list[ActionContainer] = []
        self._reserved = 0
        self._coming: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._supervision = Supervision(runtimes.readable())
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = self._prewarming = False

    @property
    def containers(self) -> int:
        """How many there are, warm, busy and prewarmed."""
        return len(self._containers)

    @property
    def idle(self) -> list[ActionContainer]:
        """Those that wait for their action, or for any."""
        return [container for container in self._containers if not container.busy]

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Hold on to work that nobody awaits."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def prewarm(self) -> None:
        """Make the stem cells that the runtimes' manifest asks for, as far as memory allows."""
        if self._prewarming:
            return
        self._prewarming = True
        try:
            await self._prewarm()
        finally:
            self._prewarming = False

    async def _prewarm(self) -> None:
        for kind in KINDS.values():
            have = sum(1 for c in self._containers if c.key is None and c.worker.kind == kind)
            for _ in range(kind.stem_cells - have):
                if self._closed or not self._stem_cells or not self._fits(256):
                    return
                name = f"prewarm-{kind.name.replace(':', '')}"
                try:
                    container = await self._create(kind, 256, name)
                except (PodStartError, OSError) as error:
                    log.warning("no stem cell of %s: %s", kind.name, error)
                    return
                container.busy = False
                await self._notify()

    async def run(self, job: ActionRun) -> RunOutcome:
        """Run an action to its end, whatever that is; never raises for what the action does."""
        asked = time.monotonic()
        outcome = RunOutcome(start=now_ms())
        try:
            container, fresh = await self._acquire(job)
        except (PodStartError, OSError) as error:
            outcome.start = outcome.end = now_ms()
            outcome.status, outcome.result = INTERNAL_ERROR, {"error": str(error)}
            return outcome
        outcome.wait_ms = int((time.monotonic() - asked) * 1000)
        outcome.start = now_ms()
        keep = False
        try:
            keep = await self._execute(container, job, outcome, fresh)
        finally:
            outcome.end = now_ms()
            await self._release(container, keep=keep)
        return outcome

    async def _execute(
        self, at: ActionContainer, job: ActionRun, outcome: RunOutcome, fresh: bool
    ) -> bool:
        worker, seconds, began = at.worker, job.timeout_ms / 1000, time.monotonic()
        init, log_bytes = fresh, job.logs_mb * MB
        try:
            async with asyncio.timeout(seconds):
                if fresh:
                    given = await asyncio.to_thread(
                        place,
                        job.kind,
                        job.code(),
                        job.binary,
                        worker.directory,
                        main=job.main,
                        cache=self._cache,
                    )
                    request = {"op": "init", "main": job.main, "env": job.init_env, **given}
                    request["apart"] = job.concurrency > 1
                    reply = await worker.ask(request, log_bytes=log_bytes)
                    outcome.init_ms = int((time.monotonic() - began) * 1000)
                    outcome.logs = await worker.logs.collect()
                    if not reply.ok:
                        outcome.status, outcome.result = DEVELOPER_ERROR, reply.body
                        outcome.logs.append(_warning())
                        return False
                    if job.concurrency > 1:
                        worker.logs.start(log_bytes)
                    at.ready = True
                    await self._notify()
                init = False
                request = {"op": "run", "value": job.value, "env": job.env}
                if job.concurrency > 1:
                    reply = await worker.ask(request | {"apart": True})
                    outcome.logs += worker.logs.limited(reply.lines, log_bytes)
                else:
                    reply = await worker.ask(request, log_bytes=log_bytes)
        except BadCode as error:
            outcome.status, outcome.result = DEVELOPER_ERROR, {"error": str(error)}
            return False
        except TimeoutError:
            outcome.timed_out = True
            text = refusals.time_limit(job.timeout_ms, init=init)
            return await self._broken(worker, outcome, text)
        except ProcessEnded as ended:
            text = refusals.ABNORMAL_INIT if init else refusals.ABNORMAL_RUN
            if ended.reason == "memory":
                text = refusals.MEMORY_EXHAUSTED
            return await self._broken(worker, outcome, text)
        if job.concurrency == 1:
            outcome.logs += await worker.logs.collect()
        _judge(reply.ok, reply.body, job.payload_limit, outcome)
        return outcome.status in (SUCCESS, APPLICATION_ERROR)

    @staticmethod
    async def _broken(worker: WorkerProcess, outcome: RunOutcome, text: str) -> bool:
        outcome.status, outcome.result = DEVELOPER_ERROR, {"error": text}
        await worker.end()
        outcome.logs += await worker.logs.collect()
        outcome.logs.append(_warning())
        return False

    def _starting(self, job: ActionRun) -> bool:
        """A container of the job's action is there, with room, as soon as it is initialized."""
        return self._coming[job.key] > 0 or any(
            c.key == job.key and c.busy and not (c.ready or c.broken) for c in self._containers
        )

    def _fits(self, memory_mb: int) -> bool:
        used = sum(c.memory_mb for c in self._containers) + self._reserved
        return used + memory_mb <= self._memory

    async def _acquire(self, job: ActionRun) -> tuple[ActionContainer, bool]:
        while True:
            await self._drop_gone()
            free = [c for c in self._containers if not c.busy]
            for container in self._containers:
                if container.key == job.key and container.takes(job.concurrency):
                    container.busy = True
                    container.calls += 1
                    return container, False
            if job.concurrency > 1 and self._starting(job):
                # Those that come while the first is initialized wait for its container.
                async with self._changed:
                    await self._changed.wait()
                continue
            for container in free:
                same = container.worker.kind == job.kind and container.memory_mb == job.memory_mb
                if container.key is None and same:
                    container.busy, container.key = True, job.key
                    container.calls = 1
                    self.background(self.prewarm())
                    return container, True
            if self._fits(job.memory_mb):
                self._coming[job.key] += 1
                try:
                    created = await self._create(
                        job.kind, job.memory_mb, f"{job.namespace}-{job.action}"
                    )
                finally:
                    self._coming[job.key] -= 1
                    self._coming += Counter()  # forget what is not coming any more
                    await self._notify()
                created.key, created.calls = job.key, 1
                # The first action of a kind brings its stem cells: a lab without calls has none.
                if job.kind.stem_cells:
                    self.background(self.prewarm())
                return created, True
            if free:
                # Its memory is free at once; its process and its pod go meanwhile.
                oldest = min(free, key=lambda c: c.used)
                oldest.busy = True
                self._containers.remove(oldest)
                self.background(self._remove(oldest))
                continue
            async with self._changed:
                await self._changed.wait()

    async def _create(self, kind: RuntimeKind, memory_mb: int, label: str) -> ActionContainer:
        number = next(self._numbers)
        name = re.sub(r"[^a-z0-9]+", "-", f"{self._name}-{number}-{label}".lower())
        name = name[:63].strip("-")
        self._reserved += memory_mb
        directory = self._directory / name
        cache = self._cache if kind.family == "go" else None
        worker = WorkerProcess(kind, directory, memory_mb, self._supervision, cache)
        worker.variables |= self._variables
        labels = {"invoker": "invoker0", "user-action-pod": "true", "name": name}
        try:
            pod = await self._pods.start(name, kind.image, memory_mb, labels)
            try:
                await worker.start()
            except BaseException:
                await self._pods.remove(name)
                raise
        except BaseException:
            self._reserved -= memory_mb
            await self._notify()  # the room is free again for those who wait for some
            raise
        self._reserved -= memory_mb
        container = ActionContainer(pod, worker, memory_mb)
        self._containers.append(container)
        return container

    async def _release(self, container: ActionContainer, *, keep: bool) -> None:
        container.used = time.monotonic()
        container.calls -= 1
        container.broken |= not keep or self._closed or not container.worker.alive
        if container.calls:
            pass  # the last of its calls decides
        elif container.broken:
            self.background(self._remove(container))
        else:
            container.busy = False
            loop = asyncio.get_running_loop()
            loop.call_later(self._idle, lambda: self.background(self._expire(container)))
        await self._notify()

    async def _expire(self, container: ActionContainer) -> None:
        idle = time.monotonic() - container.used >= self._idle
        if idle and not container.busy and container in self._containers:
            await self._remove(container)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _drop_gone(self) -> None:
        for container in [c for c in self._containers if not c.busy]:
            if not container.worker.alive or self._pods.gone(container.pod.name):
                await self._remove(container)

    async def _remove(self, container: ActionContainer) -> None:
        container.busy = container.broken = True
        await container.worker.end()
        with contextlib.suppress(ValueError):
            self._containers.remove(container)
        await self._pods.remove(container.pod.name)
        await asyncio.to_thread(shutil.rmtree, container.worker.directory, ignore_errors=True)
        await self._notify()

    async def forget(self, prefix: str) -> None:
        """An action changed or is gone: its idle containers are of no use."""
        for container in list(self._containers):
            if not container.busy and (container.key or "").startswith(prefix):
                await self._remove(container)

    async def close(self) -> None:
        """End every process."""
        self._closed = True
        for container in list(self._containers):
            await self._remove(container)
        for task in list(self._tasks):
            task.cancel()
        self._supervision.close()


def _warning() -> str:
    stamp = f"{utc_now():%Y-%m-%dT%H:%M:%S}"
    return f"{stamp}.000000000Z stderr: {refusals.INCOMPLETE_LOGS}"


def _judge(ok: bool, body: object, limit: int, outcome: RunOutcome) -> None:
    """An action's reply as OpenWhisk's controller classifies it."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    size = len(text) if len(text) > limit else len(text.encode("utf-8", "surrogatepass"))
    outcome.result = body
    if size > limit:
        shown = refusals.too_long_result(
            size, limit, text.encode()[:TRUNCATED].decode("utf-8", "ignore")
        )
        outcome.status, outcome.result = APPLICATION_ERROR, {"error": shown}
    elif not ok:
        outcome.status = DEVELOPER_ERROR
    elif isinstance(body, dict) and "error" in body:
        outcome.status = APPLICATION_ERROR
        outcome.result = {"error": body["error"]}
