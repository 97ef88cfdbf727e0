"""Runs what containers run: the command of shell images, and commands of ``kubectl exec``."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from bashkit import Bash, FileSystem

from owlab.pocket.kube import images
from owlab.pocket.kube.containers.environment import MissingReference, environment
from owlab.pocket.kube.containers.volumes import Kept, empty, mount_volumes
from owlab.pocket.kube.store import Store
from owlab.pocket.world import FleetView, MachineView, Object

_SHELL_IMAGES = re.compile(r"docker\.io/library/(busybox|alpine|ubuntu|debian|bash):")
_SHELL = re.compile(r"(/bin/|/usr/bin/)?(ba|a)?sh")
_UNLIMITED = 10**12
_LOG_LIMIT = 256 * 1024
"""Characters that are kept of what a container has printed."""

Owner = tuple[str, str]
"""A pod's uid and a container's name."""


@dataclass
class Process:
    """A container's command, running or ended."""

    task: asyncio.Task[None] | None = None
    code: int | None = None
    printed: str = ""
    shell: Bash | None = field(default=None, repr=False)


class Runtime:
    """The container engine of all nodes."""

    def __init__(self, store: Store, fleet: FleetView, poke: Callable[[], None]) -> None:
        self._store = store
        self._fleet = fleet
        self._poke = poke
        self._roots: dict[Owner, FileSystem] = {}
        self._kept: dict[str, Kept] = {}
        self._processes: dict[tuple[Owner, int], Process] = {}

    def process(self, pod: Object, container: Object, starts: int) -> Process | None:
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

    def _start(self, pod: Object, container: Object) -> Process:
        words = [*(container.get("command") or []), *(container.get("args") or [])]
        process = Process()
        if not words:
            # The image's own command is a shell: without input it ends at once.
            process.code = None if container.get("stdin") else 0
            return process
        words = [_expanded(word, container) for word in words]
        try:
            process.shell, holders = self._shell(pod, container)
        except MissingReference as error:
            process.code, process.printed = 128, f"Error: {error}\n"
            return process
        process.task = asyncio.ensure_future(self._carry_out(process, words, holders))
        return process

    async def _carry_out(
        self, process: Process, words: list[str], holders: list[MachineView]
    ) -> None:
        async def keep(data: bytes) -> None:
            process.printed = (process.printed + data.decode(errors="replace"))[-_LOG_LIMIT:]

        assert process.shell is not None
        saving = asyncio.ensure_future(_save_often(holders))
        try:
            done = await process.shell.execute(_script(words), stdout=keep, stderr=keep)
            process.code = int(done.exit_code)
        finally:
            saving.cancel()
            _save(holders)
            process.shell = None
            self._poke()

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
        bash.mount("/", self._roots.setdefault((uid, container["name"]), _root(pod)))
        kept = self._kept.setdefault(uid, {})
        holders = mount_volumes(bash, pod, container, self._store, self._fleet, kept)
        return bash, holders

    async def exec(self, pod: Object, container: Object, argv: list[str]) -> tuple[int, str, str]:
        """A command in a container: exit status, standard output, standard error."""
        try:
            bash, holders = self._shell(pod, container)
        except MissingReference as error:
            return 126, "", f"{error}\n"
        done = await bash.execute(_script(argv))
        _save(holders)
        return int(done.exit_code), str(done.stdout), str(done.stderr)

    def printed(self, owner: Owner, *, previous: bool = False) -> str | None:
        """What a container's command has printed; None where there is no command of it."""
        starts = sorted(start for known, start in self._processes if known == owner)
        if not starts or (previous and len(starts) < 2):
            return None
        return self._processes[owner, starts[-2 if previous else -1]].printed

    def keep_only(self, uids: set[str]) -> None:
        """Forget pods that are not there any more."""
        for uid in {key[0][0] for key in self._processes} | self._kept.keys():
            if uid not in uids:
                self.forget(uid)

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


def _end(process: Process) -> None:
    if process.shell is not None:
        process.shell.cancel()
    if process.task is not None:
        process.task.cancel()


def _script(words: list[str]) -> str:
    """The words as a script; that of ``sh -c`` itself, so that it prints while it runs."""
    if len(words) > 2 and _SHELL.fullmatch(words[0]) and words[1] in ("-c", "-ec", "-exc"):
        options = words[1][1:-1]
        arguments = shlex.join(words[4:])
        before = (f"set -{options}\n" if options else "") + (
            f"set -- {arguments}\n" if arguments else ""
        )
        text = before + words[2]
    else:
        text = shlex.join(words)
    # The one idle command of the field that bashkit does not have.
    return re.sub(r"\btail -[fF] /dev/null\b", "sleep infinity", text)


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
