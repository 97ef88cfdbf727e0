"""``kubectl exec`` and ``attach``: a command in a container, whatever carries its streams."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.errors import ApiError, BadRequest, KubeletUnreached, NotFound
from owlab.pocket.kube.kubelet.protocol import KubeletApi
from owlab.pocket.kube.kubelet.statuses import FIELDS
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.streams.logs import container_of, require_started

_YES = ("true", "1")


@dataclass(frozen=True)
class ExecRequest:
    """What a client asked for: which of the streams it wants, and what is to run."""

    names: tuple[str, ...]
    tty: bool
    run: Callable[[Streams], Awaitable[int]]

    async def ending(self, streams: Streams) -> Object:
        """Run it; returns the ``Status`` in which the client is told how it went."""
        try:
            return _ending(await self.run(streams))
        except ApiError as error:
            return error.status()


def command(connection: HTTPConnection, store: Store, kubelet: KubeletApi) -> ExecRequest:
    """The command of ``pods/NAME/exec`` or ``pods/NAME/attach``; raises ApiError."""
    query, place = connection.query_params, connection.path_params
    pod = store.get("Pod", place["name"], place["namespace"])
    words: Sequence[str] = query.getlist("command")
    attaches = connection.url.path.endswith("/attach")
    tty = query.get("tty") in _YES
    asked = [name for name in ("stdin", "stdout", "stderr") if query.get(name) in _YES]
    names = tuple(name for name in asked if not (tty and name == "stderr"))
    if not names:
        raise BadRequest("you must specify at least 1 of stdin, stdout, stderr")
    if not attaches and not words:
        raise BadRequest("you must specify at least 1 command")
    container = container_of(pod, query.get("container", ""))
    require_started(pod, container)
    if not attaches:  # who comes a moment late to `kubectl run -i` still gets what was printed
        _require_running(pod, container)

    async def run(streams: Streams) -> int:
        if (address := kubelet.unreached(pod)) is not None:
            verb = "attach" if attaches else "exec"
            path = f"{verb}/{place['namespace']}/{place['name']}/{container}?{query}"
            raise KubeletUnreached(
                "Internal error occurred: error sending request: "
                f'Post "https://{address}:10250/{path}"',
                address,
            )
        if attaches:
            await kubelet.attach(pod, container, streams)
            return 0
        return await kubelet.exec(pod, container, list(words), streams)

    return ExecRequest(names, tty, run)


def _require_running(pod: Object, container: str) -> None:
    """Raise NotFound for a container that has ended, whether or not it will start again."""
    for field in FIELDS.values():
        for status in pod["status"].get(field) or []:
            if status["name"] == container and "running" not in status.get("state", {}):
                raise NotFound(f'container not found ("{container}")')


def _ending(code: int) -> Object:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
