"""Life-cycle hooks: what a container does after its start and before its end."""

from __future__ import annotations

import asyncio

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.start import CannotStart
from owlab.pocket.kube.kubelet.network_probes import KINDS, Check, UnknownPort, port_of
from owlab.pocket.kube.kubelet.pod_timeline import PodTimeline
from owlab.pocket.kube.kubelet.probes import Execute, listens_on

_HOOK_SECONDS = 30.0


def hook(
    timeline: PodTimeline,
    container: Object,
    kind: str,
    starts: int,
    simulated: bool,
    execute: Execute,
    check: Check,
) -> str | None:
    """Begin a hook; returns what went wrong with it, nothing if it went well, None while it runs.

    :param kind: ``postStart`` or ``preStop``.
    """
    spec = (container.get("lifecycle") or {}).get(kind)
    if not spec:
        return ""
    if "sleep" in spec:
        seconds = int(spec["sleep"].get("seconds", 0))
        return "" if timeline.passed(f"{kind} {container['name']} {starts}", seconds) else None
    if not simulated:
        return _really(timeline, container, (container["name"], kind, starts), spec, execute, check)
    target = spec.get("httpGet") or spec.get("tcpSocket")
    try:
        if target is None or listens_on(container, port_of(target.get("port"), container)):
            return ""
    except UnknownPort:
        return _unknown(target)
    return f"dial tcp: connect to port {target.get('port')}: connection refused"


def _really(
    timeline: PodTimeline,
    container: Object,
    key: tuple[str, str, int],
    spec: Object,
    execute: Execute,
    check: Check,
) -> str | None:
    task = timeline.memory.hooks.get(key)
    if task is None:

        async def run() -> str:
            if any(kind in spec for kind in KINDS):
                address = str(timeline.pod["status"].get("podIP", ""))
                try:
                    said = await check(spec, container, address, _HOOK_SECONDS)
                except UnknownPort:
                    said = _unknown(next(spec[kind] for kind in KINDS if kind in spec))
                timeline.again(0.0)
                return said or ""
            command = list(spec["exec"].get("command") or [])
            try:
                code, printed = await execute(container, command)
            except CannotStart as error:
                return f"rpc error: code = Unknown desc = {error.told}"
            finally:
                timeline.again(0.0)
            if code == 0:
                return ""
            return f"command '{' '.join(command)}' exited with {code}: {printed.strip()}"

        timeline.memory.hooks[key] = task = asyncio.ensure_future(run())
    if not task.done():
        return None
    return task.result() if not task.cancelled() and task.exception() is None else "cancelled"


def _unknown(target: Object) -> str:
    return f"couldn't find port: {target.get('port')}"
