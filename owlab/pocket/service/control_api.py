"""The control API: what clients of this lab ask its service over loopback, with its token."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from owlab.pocket.client import checkpoints
from owlab.pocket.ground.clock import SPEEDS
from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.ground.hosts import is_local
from owlab.pocket.ground.intake import Unreadable, parse, text_only
from owlab.pocket.machines.refusals import Refused
from owlab.pocket.multipass.command import multipass
from owlab.pocket.multipass.failures import Failure, failure_of
from owlab.pocket.multipass.inside import awake
from owlab.pocket.multipass.invocation import Invocation, RealFiles
from owlab.pocket.service.consoles import Consoles
from owlab.pocket.service.lab import PocketLab
from owlab.pocket.service.runs import Run, Runs

log = logging.getLogger(__name__)

FRAMES = "application/vnd.owlab.frames"


class TokenGuard:
    """Lets nobody in who does not know the lab's token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the headers before anything else is looked at: browsers have no business here."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            given = headers.get(b"authorization", b"")
            if b"origin" in headers or not is_local(headers.get(b"host", b"").decode("latin-1")):
                await PlainTextResponse("not for browsers\n", 403)(scope, receive, send)
                return
            if not hmac.compare_digest(given, self._expected):
                await PlainTextResponse("not this lab's token\n", 401)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Frames(StreamingResponse):
    """A stream that ends when its client goes away, also while there is nothing to send."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end, or until the connection is gone."""
        sending = asyncio.ensure_future(self.stream_response(send))
        leaving = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaving, sending):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await sending
            close = getattr(self.body_iterator, "aclose", None)
            if close is not None:
                await close()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class ControlApi:
    """The handlers; each is a few lines over the lab."""

    def __init__(self, lab: PocketLab, shut_down: Callable[[], None]) -> None:
        self._lab, self._shut_down = lab, shut_down
        self._runs = Runs()
        self._consoles = Consoles(lab)

    async def status(self, request: Request) -> Response:
        """What the lab is and has."""
        return JSONResponse(self._lab.status())

    async def multipass(self, request: Request) -> Response:
        """Run a multipass command line."""
        asked = await _asked(request, argv=list, cwd=str)
        argv = [text_only(str(word)) for word in asked["argv"]]

        async def work(run: Run) -> int:
            if asked.get("no_input"):
                run.input.feed(b"")
            return await multipass(
                Invocation(
                    argv=argv,
                    lab=self._lab,
                    out_sink=run.out,
                    err_sink=run.err,
                    stdin=run.input,
                    files=RealFiles(text_only(asked["cwd"])),
                    tty=bool(asked.get("tty")),
                )
            )

        return self._stream(work)

    async def execute(self, request: Request) -> Response:
        """Run a script on a machine, in a shell of its own."""
        asked = await _asked(request, script=str, machine=str)
        script, name = text_only(asked["script"]), text_only(asked["machine"])

        async def work(run: Run) -> int:
            if asked.get("no_input"):
                run.input.feed(b"")
            invocation = Invocation([], self._lab, run.out, run.err, run.input, RealFiles("/"))
            try:
                machine = await awake(invocation, name)
            except Refused as refused:
                failure = failure_of(refused, "exec")
                await run.err(failure.text.encode())
                return failure.status
            return await self._consoles.script(machine.name, script, run)

        return self._stream(work)

    async def objects(self, request: Request) -> Response:
        """Objects of the cluster, as kubectl on a machine would print them."""
        from owlab.pocket.service.cluster_objects import looked_up  # with the whole cluster

        words = dict.fromkeys(("machine", "kind", "name", "namespace"), str)
        asked = await _asked(request, **words)
        found = looked_up(self._lab, *(text_only(asked[word]) for word in words))
        if found is None:
            return Response(status_code=204)
        return JSONResponse({"object": found[0], "error": found[1]})

    async def feed(self, request: Request) -> Response:
        """Standard input for a run; an empty body ends it."""
        run = self._runs.find(request.path_params["run"])
        if run is None:
            return PlainTextResponse("that command has ended\n", 410)
        run.input.feed(await request.body())
        return Response(status_code=204)

    async def written(self, request: Request) -> Response:
        """What the editor of a run writes; the answer says what is wrong."""
        asked = await _asked(request, name=str, text=str)
        run = self._runs.find(request.path_params["run"])
        if run is None or run.save is None:
            return PlainTextResponse("the editor's command has ended", 410)
        name, text = text_only(asked["name"]), text_only(asked["text"])
        return PlainTextResponse(run.save(name, text, bool(asked.get("force"))))

    async def open_console(self, request: Request) -> Response:
        """A terminal: shells that keep their state between lines."""
        asked = await _asked(request, machine=str)
        try:
            told = asked.get("interactive", True)
            return JSONResponse(
                await self._consoles.open(text_only(asked["machine"]), interactive=bool(told))
            )
        except Refused as refused:
            return PlainTextResponse(failure_of(refused, "shell").text, 409)
        except Failure as failure:
            return PlainTextResponse(failure.text, 409)

    async def console(self, request: Request) -> Response:
        """Run what was typed in a terminal."""
        console = self._consoles.find(request.path_params["console"])
        if console is None:
            return PlainTextResponse("that terminal is gone\n", 410)
        text = (await request.body()).decode(errors="replace")
        asked = request.query_params
        console.resize(asked.get("columns", ""), asked.get("lines", ""))
        asks = asked.get("asks") == "1"
        return self._stream(lambda run: console.type(text, run, asks=asks))

    async def suspend_console(self, request: Request) -> Response:
        """Ctrl-Z: what runs in the terminal is stopped, and its prompt comes back."""
        console = self._consoles.find(request.path_params["console"])
        if console is not None:
            console.suspend()
        return Response(status_code=204)

    async def close_console(self, request: Request) -> Response:
        """The terminal was left."""
        self._consoles.close(request.path_params["console"])
        return Response(status_code=204)

    async def kubeconfig(self, request: Request) -> Response:
        """For the user's own kubectl."""
        return self._text(self._lab.kubeconfig())

    async def wskprops(self, request: Request) -> Response:
        """For the user's own wsk."""
        return self._text(self._lab.wskprops())

    async def save(self, request: Request) -> Response:
        """Keep the whole lab under a name."""
        path = Path((await _asked(request, path=str))["path"])
        if path != checkpoints.place(self._lab.directory, path.stem):
            raise Unreadable("saved states are kept in the lab's folder")
        self._lab.save(path)
        return Response(status_code=204)

    async def speed(self, request: Request) -> Response:
        """Change how long things take."""
        speed = (await _asked(request, speed=str))["speed"]
        if speed not in SPEEDS:
            return PlainTextResponse(f"{speed!r} is no speed: use {', '.join(SPEEDS)}\n", 400)
        self._lab.set_speed(speed)
        return Response(status_code=204)

    async def stop(self, request: Request) -> Response:
        """End the service."""
        self._shut_down()
        return Response(status_code=202)

    @staticmethod
    def _text(text: str | None) -> Response:
        return PlainTextResponse(text or "", 404 if text is None else 200)

    def _stream(self, work: Callable[[Run], Awaitable[int]]) -> Response:
        return Frames(self._runs.stream(work), media_type=FRAMES)


def control_app(lab: PocketLab, token: str, shut_down: Callable[[], None]) -> ASGIApp:
    """The application behind the token."""
    control = ControlApi(lab, shut_down)
    routes = [
        Route("/v1/status", control.status),
        Route("/v1/multipass", control.multipass, methods=["POST"]),
        Route("/v1/execute", control.execute, methods=["POST"]),
        Route("/v1/objects", control.objects, methods=["POST"]),
        Route("/v1/runs/{run}/stdin", control.feed, methods=["POST"]),
        Route("/v1/runs/{run}/save", control.written, methods=["POST"]),
        Route("/v1/consoles", control.open_console, methods=["POST"]),
        Route("/v1/consoles/{console}", control.console, methods=["POST"]),
        Route("/v1/consoles/{console}", control.close_console, methods=["DELETE"]),
        Route("/v1/consoles/{console}/suspend", control.suspend_console, methods=["POST"]),
        Route("/v1/kubeconfig", control.kubeconfig),
        Route("/v1/wskprops", control.wskprops),
        Route("/v1/save", control.save, methods=["POST"]),
        Route("/v1/speed", control.speed, methods=["POST"]),
        Route("/v1/stop", control.stop, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {
        Unreadable: _bad_request,
        checkpoints.BadName: _bad_request,
        ClientDisconnect: _gone,
        DiskFull: _full,
        sqlite3.OperationalError: _full,
        Exception: _failed,
    }
    return TokenGuard(Starlette(routes=routes, exception_handlers=handlers), token)


async def _asked(request: Request, **fields: type) -> dict[str, Any]:
    """The body: an object that has these fields, each of its type."""
    asked = parse(await request.body())
    if not isinstance(asked, dict):
        raise Unreadable("an object is expected")
    for name, sort in fields.items():
        if not isinstance(asked.get(name), sort):
            raise Unreadable(f"{name} should be of the type {sort.__name__}")
    return asked


async def _full(request: Request, error: Exception) -> Response:
    """What cannot be written; other errors of the database are mistakes of ours."""
    if isinstance(error, sqlite3.OperationalError) and "full" not in str(error):
        return await _failed(request, error)
    return PlainTextResponse(f"the lab's disk is full: {error}. Free some space and repeat.\n", 507)


async def _gone(request: Request, error: Exception) -> Response:
    """Nobody is there to read it."""
    return Response(status_code=400)


async def _bad_request(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"the request is not understood: {error}\n", 400)


async def _failed(request: Request, error: Exception) -> Response:
    """A mistake of ours: what happened stands in the log, under a name that the client gets."""
    name = secrets.token_hex(8)
    log.error("request %s failed", name, exc_info=error)
    return PlainTextResponse(f"the lab itself failed; in daemon.log it is called {name}\n", 500)
