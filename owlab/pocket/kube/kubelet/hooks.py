"""Life-cycle hooks: what a container does after its start and before its end."""

from __future__ import annotations

import asyncio

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kubelet.diary import Diary
from owlab.pocket.kube.kubelet.probes import Execute, listens_on


def hook(
    diary: Diary, container: Object, kind: str, starts: int, simulated: bool, execute: Execute
) -> str | None:
    """Begin a hook; returns what went wrong with it, nothing if it went well, None while it runs.

    :param kind: ``postStart`` or ``preStop``.
    """
    spec = (container.get("lifecycle") or {}).get(kind)
    if not spec:
        return ""
    if "exec" in spec and not simulated:
        return _command(diary, container, kind, starts, spec, execute)
    if "sleep" in spec:
        seconds = int(spec["sleep"].get("seconds", 0))
        return "" if diary.passed(f"{kind} {container['name']} {starts}", seconds) else None
    target = spec.get("httpGet") or spec.get("tcpSocket")
    if target is None or listens_on(container, int(target.get("port") or 0), simulated):
        return ""
    return f"dial tcp: connect to port {target.get('port')}: connection refused"


def _command(
    diary: Diary, container: Object, kind: str, starts: int, spec: Object, execute: Execute
) -> str | None:
    key = (container["name"], kind, starts)
    task = diary.memory.hooks.get(key)
    if task is None:

        async def run() -> str:
            command = list(spec["exec"].get("command") or [])
            code, printed = await execute(container, command)
            diary.again(0.0)
            if code == 0:
                return ""
            return f"command '{' '.join(command)}' exited with {code}: {printed.strip()}"

        diary.memory.hooks[key] = task = asyncio.ensure_future(run())
    if not task.done():
        return None
    return task.result() if not task.cancelled() and task.exception() is None else "cancelled"
