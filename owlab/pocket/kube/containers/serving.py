"""Servers in containers: as a container's own command, and as commands of its shell."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bashkit import CommandContext

from owlab.pocket.ground.failures import PIPE_CLOSED
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.network.pod_net import PodNet
from owlab.pocket.kube.servers.nginx import checked
from owlab.pocket.kube.servers.setting import ImageFiles, Server, ServerFailed, Setting
from owlab.pocket.machines.files import Files

_TAKEN = 1


class FilesView:
    """The files of a container as a server meets them. Implements ``ContainerFiles``."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read(self, path: str) -> bytes | None:
        """A file, or None."""
        try:
            return self._files.read_file(path)
        except OSError:
            return None

    def names(self, path: str) -> list[str] | None:
        """What is in a directory, or None where there is none."""
        try:
            return [str(entry["name"]) for entry in self._files.read_dir(path)]
        except OSError:
            return None

    def modified(self, path: str) -> int | None:
        """When a file was written last."""
        try:
            return int(self._files.look(path).modified)
        except OSError:
            return None


class Started:
    """A server that runs: it can be told to read its configuration again."""

    def __init__(self, server: Server, setting: Setting, net: PodNet, program: str) -> None:
        self._server, self._setting, self._net, self._program = server, setting, net, program

    def open(self) -> None:
        """Listen; raises ServerFailed."""
        try:
            for port, serve in self._server(self._setting).items():
                self._net.open(port, self._program, serve)
        except OSError as error:
            said = f"{self._program}: bind() failed ({error.errno}: {error.strerror})\n"
            raise ServerFailed(said, _TAKEN) from None

    def reload(self) -> None:
        """With what its files say now; raises ServerFailed, and goes on as before."""
        fresh = self._server(replace(self._setting, image=None))
        self._net.close_all()
        for port, serve in fresh.items():
            self._net.open(port, self._program, serve)


class Serving:
    """What servers of one container share: where they print, and how they are stopped."""

    def __init__(
        self,
        pod: Object,
        net: PodNet,
        view: Callable[[], FilesView],
        printed: Callable[[str], None],
    ) -> None:
        self._pod, self._net, self._view, self._printed = pod, net, view, printed
        self.running: list[Started] = []
        self.on_over: Callable[[], None] = lambda: None
        """Told when a server was told to end."""

    def start(
        self,
        program: str,
        server: Server,
        argv: list[str],
        env: Mapping[str, str],
        cwd: str,
        log: Callable[[str], None] | None = None,
        image: ImageFiles | None = None,
    ) -> None:
        """Listen; raises ServerFailed. ``image``: files that nothing is mounted over."""
        setting = Setting(
            argv, env, self._pod, cwd, log or self._printed, self._view, self._net.dial, image
        )
        started = Started(server, setting, self._net, program)
        started.open()
        self.running.append(started)

    def command(
        self, program: str, server: Server, control: Callable[[], Serving | None]
    ) -> Callable[[CommandContext], Awaitable[int]]:
        """A server as a command of a shell.

        :param control: the servers that are the container's own, for ``nginx -s``.
        """

        async def serve(context: CommandContext) -> int:
            argv = list(context.argv)
            try:
                if program == "nginx" and argv[:1] in (["-t"], ["-s"], ["-v"]):
                    return await self._nginx(context, argv, control())
                lines: asyncio.Queue[str] = asyncio.Queue()
                aside = program == "nginx" and "daemon off;" not in " ".join(argv)
                log = self._printed if aside else lines.put_nowait
                self.start(program, server, argv, dict(context.env), context.cwd, log)
            except ServerFailed as failed:
                await context.stderr.write(failed.text.encode())
                return failed.code
            while not aside:
                await context.stdout.write(f"{await lines.get()}\n".encode())
            return 0

        async def run(context: CommandContext) -> int:
            try:
                return await serve(context)
            except BrokenPipeError:
                return PIPE_CLOSED

        return run

    async def _nginx(self, context: CommandContext, argv: list[str], own: Serving | None) -> int:
        if argv[0] == "-v":
            await context.stderr.write(b"nginx version: nginx/1.27 (pocket lab)\n")
            return 0
        if argv[0] == "-t":
            setting = Setting([], {}, self._pod, "/", self._printed, self._view, self._net.dial)
            await context.stderr.write(checked(setting).encode())
            return 0
        word = argv[1] if len(argv) > 1 else ""
        if word not in ("reload", "quit", "stop", "reopen"):
            raise ServerFailed(f'nginx: invalid option: "-s {word}"\n')
        if own is None or not own.running:
            raise ServerFailed('nginx: [error] open() "/run/nginx.pid" failed (2: No such file)\n')
        if word == "reload":
            for started in own.running:
                started.reload()
        elif word != "reopen":
            own.on_over()
        return 0


def server_of(
    words: list[str], servers: Mapping[str, Server], names: tuple[str, ...]
) -> tuple[str, Server, list[str]] | None:
    """The server that a container's words start directly, without a shell around it."""
    rest = list(words)
    while rest and posixpath.basename(rest[0]) in ("docker-entrypoint.sh", "tini", "exec"):
        rest.pop(0)
    if not rest:
        return None
    program = posixpath.basename(rest[0])
    if program not in names or program not in servers:
        return None
    argv = rest[1:]
    if program == "nginx" and (
        argv[:1] in (["-t"], ["-s"], ["-v"]) or "daemon off;" not in " ".join(argv)
    ):
        return None
    return program, servers[program], argv
