"""Runs what containers run: the command of shell images, and commands of ``kubectl exec``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from bashkit import Bash, CommandContext, FileSystem

from owlab.pocket.ground.views import FleetView, MachineView, Object
from owlab.pocket.kube import images
from owlab.pocket.kube.containers.environment import MissingReference, environment
from owlab.pocket.kube.containers.foreground import carry_out, is_shell, script_of
from owlab.pocket.kube.containers.sleep import sleep
from owlab.pocket.kube.containers.tar import tar
from owlab.pocket.kube.containers.touch import touch
from owlab.pocket.kube.containers.volumes import Kept, empty, mount_volumes
from owlab.pocket.kube.errors import BadRequest
from owlab.pocket.kube.kubelet.protocol import Streams
from owlab.pocket.kube.store import Store

_SHELL_IMAGES = re.compile(r"docker\.io/library/(busybox|alpine|ubuntu|debian|bash):")
_UNLIMITED = 10**12
_LOOK_SECONDS = 0.2
_LOG_LIMIT = 256 * 1024
"""Characters that are kept of what a container has printed."""

ContainerCommand = Callable[[CommandContext], Awaitable[int]]
Owner = tuple[str, str]
"""A pod's uid and a container's name."""


@dataclass
class ContainerProcess:
    """A container's command, running or ended; a shell with ``stdin`` waits for who attaches."""

    waits: bool = False
    task: asyncio.Task[None] | None = None
    code: int | None = None
    printed: str = ""
    shell: Bash | None = field(default=None, repr=False)

    def keep(self, data: bytes) -> None:
        """Add to what it has printed."""
        self.printed = (self.printed + data.decode(errors="replace"))[-_LOG_LIMIT:]


class Runtime:
    """The container engine of all nodes.

    :param ended: told the uid of a pod when one of its commands has ended.
    """

    def __init__(self, store: Store, fleet: FleetView, ended: Callable[[str], None]) -> None:
        self._store = store
        self._fleet = fleet
        self._ended = ended
        self.commands: dict[str, dict[str, ContainerCommand]] = {}
        """Programs of images, by a part of the image's name: others give them."""
        self._roots: dict[Owner, FileSystem] = {}
        self._kept: dict[str, Kept] = {}
        self._processes: dict[tuple[Owner, int], ContainerProcess] = {}

    def process(self, pod: Object, container: Object, starts: int) -> ContainerProcess | None:
        """The command of a shell image, started when it is first asked for.

        :param starts: how often the container was restarted: each start runs the command anew.
        :returns: None for images whose programs are not here.
        """
        if not _SHELL_IMAGES.match(images.full_name(container.get("image", ""))):
            return None
        key = ((pod["metadata"]["uid"], container["name"]), starts)
        if key not in self._processes:
            self._processes[key] = self._start(pod, container)
        return self._processes[key]

    def _start(self, pod: Object, container: Object) -> ContainerProcess:
        # The image's own command is a shell.
        words = _words(container) or ["sh"]
        process = ContainerProcess()
        if is_shell(words):
            # Without input it ends at once.
            process.waits = bool(container.get("stdin"))
            process.code = None if process.waits else 0
            return process
        words = [_expanded(word, container) for word in words]
        try:
            process.shell, holders = self._shell(pod, container)
        except MissingReference as error:
            process.code, process.printed = 128, f"Error: {error}\n"
            return process
        process.task = asyncio.ensure_future(
            self._carry_out(pod["metadata"]["uid"], process, words, holders)
        )
        return process

    async def _carry_out(
        self, uid: str, process: ContainerProcess, words: list[str], holders: list[MachineView]
    ) -> None:
        async def keep(data: bytes) -> None:
            process.keep(data)

        assert process.shell is not None
        saving = asyncio.ensure_future(_save_often(holders))
        try:
            done = await process.shell.execute(script_of(words), stdout=keep, stderr=keep)
            process.code = int(done.exit_code)
        finally:
            saving.cancel()
            _save(holders)
            process.shell = None
            self._ended(uid)

    def _shell(self, pod: Object, container: Object) -> tuple[Bash, list[MachineView]]:
        """A shell in a container: its files are those of its other shells."""
        uid = pod["metadata"]["uid"]
        variables = environment(pod, container, self._store)
        bash = Bash(
            username="root",
            hostname=pod["metadata"]["name"],
            cwd=container.get("workingDir") or "/",
            env={"HOME": "/root", **variables},
            max_commands=_UNLIMITED,
            max_loop_iterations=_UNLIMITED,
            timeout_seconds=_UNLIMITED,
        )
        bash.add_command("tar", tar)
        bash.add_command("sleep", sleep)
        bash.add_command("touch", touch)
        for part, commands in self.commands.items():
            if part in container.get("image", ""):
                for name, command in commands.items():
                    bash.add_command(name, command)
        bash.mount("/", self._roots.setdefault((uid, container["name"]), _root(pod)))
        kept = self._kept.setdefault(uid, {})
        holders = mount_volumes(bash, pod, container, self._store, self._fleet, kept)
        return bash, holders

    async def exec(self, pod: Object, container: Object, argv: list[str], streams: Streams) -> int:
        """A command in a container; returns its exit status."""
        try:
            bash, holders = self._shell(pod, container)
        except MissingReference as error:
            await streams.err(f"{error}\n".encode())
            return 126
        try:
            return await carry_out(bash, argv, streams, _prompt(pod, container))
        finally:
            _save(holders)

    async def attach(self, pod: Object, container: Object, streams: Streams) -> None:
        """Give a waiting shell its input, else show what is printed until the command ends.

        :raises BadRequest: the container is simulated, and prints nothing by and by.
        """
        process = self._latest((pod["metadata"]["uid"], container["name"]))
        if process is None:
            name = container["name"]
            raise BadRequest(
                f"container {name} is simulated: nothing runs in it to attach to; "
                f"'kubectl logs {pod['metadata']['name']} -c {name}' shows what it says"
            )
        if process is not None and process.waits:
            await self._converse(process, pod, container, streams)
            return
        shown = len(process.printed)
        while process.code is None:
            await asyncio.sleep(_LOOK_SECONDS)
            if len(process.printed) > shown:
                await streams.out(process.printed[shown:].encode())
                shown = len(process.printed)

    async def _converse(
        self, process: ContainerProcess, pod: Object, container: Object, streams: Streams
    ) -> None:
        async def out(data: bytes) -> None:
            process.keep(data)
            await streams.out(data)

        process.waits = False
        code, left = 0, False
        try:
            told = replace(streams, out=out, err=out)
            code = await self.exec(pod, container, _words(container) or ["sh"], told)
            left = streams.tty  # by a word or a key, not because the client's input is over
        finally:
            # A shell whose input is closed ends, unless it lets others attach later.
            process.waits = not left and not container.get("stdinOnce")
            process.code = None if process.waits else code
            self._ended(pod["metadata"]["uid"])

    def _latest(self, owner: Owner) -> ContainerProcess | None:
        starts = [start for known, start in self._processes if known == owner]
        return self._processes[owner, max(starts)] if starts else None

    def printed(self, owner: Owner, *, previous: bool = False) -> str | None:
        """What a container's command has printed; None where there is no command of it."""
        starts = sorted(start for known, start in self._processes if known == owner)
        if not starts or (previous and len(starts) < 2):
            return None
        return self._processes[owner, starts[-2 if previous else -1]].printed

    def runs(self, owner: Owner) -> bool:
        """A command of the container really runs."""
        return any(
            known == owner and process.code is None
            for (known, _), process in self._processes.items()
        )

    def kill(self, uid: str, name: str) -> None:
        """End a container's command; its next start is another one."""
        for (owner, _), process in self._processes.items():
            if owner == (uid, name):
                _end(process)

    def forget(self, uid: str) -> None:
        """A pod is gone: its processes end, its own files are no more."""
        for key, process in list(self._processes.items()):
            if key[0][0] == uid:
                _end(process)
                del self._processes[key]
        self._roots = {owner: fs for owner, fs in self._roots.items() if owner[0] != uid}
        self._kept.pop(uid, None)

    def stop(self) -> None:
        """End every process."""
        for process in self._processes.values():
            _end(process)
        self._processes.clear()


def _end(process: ContainerProcess) -> None:
    if process.shell is not None:
        process.shell.cancel()
    if process.task is not None:
        process.task.cancel()


def _words(container: Object) -> list[str]:
    return [*(container.get("command") or []), *(container.get("args") or [])]


def _prompt(pod: Object, container: Object) -> str:
    """What a shell's prompt says before the directory; ash's says nothing."""
    ash = re.search(r"\b(busybox|alpine)\b", container.get("image", ""))
    return "" if ash else f"root@{pod['metadata']['name']}:"


def _expanded(word: str, container: Object) -> str:
    for variable in container.get("env") or []:
        word = word.replace(f"$({variable['name']})", str(variable.get("value", "")))
    return word


def _root(pod: Object) -> FileSystem:
    fs = empty()
    for directory in ("bin", "dev", "etc", "home", "root", "tmp", "usr/bin", "var/log"):
        fs.mkdir(f"/{directory}", recursive=True)
    name, address = pod["metadata"]["name"], pod["status"].get("podIP", "127.0.0.1")
    fs.write_file("/etc/hostname", f"{name}\n".encode())
    fs.write_file("/etc/hosts", f"127.0.0.1\tlocalhost\n{address}\t{name}\n".encode())
    namespace = pod["metadata"]["namespace"]
    resolv = f"search {namespace}.svc.cluster.local svc.cluster.local\nnameserver 10.43.0.10\n"
    fs.write_file("/etc/resolv.conf", resolv.encode())
    return fs


async def _save_often(holders: list[MachineView]) -> None:
    while holders:
        await asyncio.sleep(1)
        _save(holders)


def _save(holders: list[MachineView]) -> None:
    for machine in {id(one): one for one in holders}.values():
        machine.save()
