"""The streams of a command over SPDY, as kubectl up to 1.30 carries them."""

from __future__ import annotations

import asyncio
import json

from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.streams.exec import ExecRequest
from owlab.pocket.kube.streams.spdy_session import SpdySession, Stream, Wire, serve

PROTOCOLS = ("v4.channel.k8s.io",)
_CREATION = 30.0
"""Seconds in which the client opens the streams that it asked for."""


async def exec_over_spdy(wire: Wire, command: ExecRequest) -> None:
    """Run a command once all its streams are there."""
    wanted = {"error", *command.names}
    streams: dict[str, Stream] = {}
    complete = asyncio.Event()

    def opened(stream: Stream) -> None:
        name = stream.headers.get("streamtype", "")
        if name not in wanted:  # such as the sizes of the client's window
            stream.stop_listening()
        else:
            streams[name] = stream
        if set(streams) == wanted:
            complete.set()

    async def work() -> None:
        try:
            await asyncio.wait_for(complete.wait(), _CREATION)
        except TimeoutError:
            return
        await _run(command, streams)

    await serve(wire, SpdySession(wire, opened), asyncio.ensure_future(work()))


async def _run(command: ExecRequest, streams: dict[str, Stream]) -> None:
    async def nowhere(data: bytes) -> None:
        """The client did not ask for it."""

    out = streams["stdout"].write if "stdout" in streams else nowhere
    err = streams["stderr"].write if "stderr" in streams else nowhere
    status = await command.ending(
        Streams(
            out=out,
            err=out if command.tty else err,
            stdin=streams.get("stdin"),
            tty=command.tty,
        )
    )
    await streams["error"].write(json.dumps(status).encode())
    for stream in streams.values():
        await stream.end()
