"""Runs what containers run: the command of shell images, and commands of ``kubectl exec``."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from bashkit import Bash, CommandContext, ExecutionProfile

from owlab.pocket.bash.contexts import start_script
from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers import known, start, userland
from owlab.pocket.kube.containers.console import command
from owlab.pocket.kube.containers.container_process import ContainerProcess
from owlab.pocket.kube.containers.disk import Disk
from owlab.pocket.kube.containers.environment import MissingReference, environment, expanded
from owlab.pocket.kube.containers.foreground import carry_out, is_shell, script_of
from owlab.pocket.kube.containers.identity import identity
from owlab.pocket.kube.containers.image_disk import new_disk
from owlab.pocket.kube.containers.owners import OwnerCommands
from owlab.pocket.kube.containers.printed_lines import PrintedLine
from owlab.pocket.kube.containers.process_namespace import seen
from owlab.pocket.kube.containers.serving import FilesView, Serving, server_of
from owlab.pocket.kube.containers.sleep import sleep
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.containers.tar import tar
from owlab.pocket.kube.containers.termination import TerminationMessage
from owlab.pocket.kube.containers.tools import TOOLS
from owlab.pocket.kube.containers.touch import touch
from owlab.pocket.kube.containers.volumes import PastLab, mount_volumes
from owlab.pocket.kube.errors import BadRequest
from owlab.pocket.kube.images import Registries
from owlab.pocket.kube.network.names import Names
from owlab.pocket.kube.network.pod_net import PodNet
from owlab.pocket.kube.network.resolver import kernel_host_name
from owlab.pocket.kube.servers.setting import ImageFiles, Server, ServerFailed
from owlab.pocket.kube.store import Store
from owlab.pocket.machines.filesystem_abi import mountable
from owlab.pocket.machines.views import DiskFleet, DiskMachine
from owlab.pocket.network.routes import Routes

_UNLIMITED = 10**12
_LOOK_SECONDS = 0.2
ContainerCommand = Callable[[CommandContext], Awaitable[int]]
Owner = tuple[str, str]
"""A pod's uid and a container's name."""


class Runtime:
    """The container engine of all nodes.

    :param ended: told the uid of a pod when one of its commands has ended.
    """

    def __init__(
        self,
        store: Store,
        fleet: DiskFleet,
        clock: Clock,
        routes: Routes,
        names: Names,
        ended: Callable[[str], None],
    ) -> None:
        self._store = store
        self._fleet = fleet
        self._clock = clock
        self._routes = routes
        self._names = names
        self._ended = ended
        self.authorities: Callable[[], bytes] = lambda: b""
        """What containers trust, PEM."""
        self.registries = Registries()
        """Where images come from."""
        self.stand_in: Callable[[Object, Object], Server | None] = lambda pod, container: None
        """What listens in place of a container whose work is the lab's own."""
        self.commands: dict[str, dict[str, ContainerCommand]] = {}
        """Programs of images, by a part of the image's name: others give them."""
        self._disks: dict[Owner, Disk] = {}
        self._kept: dict[str, PastLab] = {}
        self._variables: dict[str, dict[str, dict[str, str]]] = {}
        """By the pod's uid and the container's name."""
        self._processes: dict[tuple[Owner, int], ContainerProcess] = {}
        self._beside: dict[tuple[Owner, int], PodNet] = {}
        """What answers in place of simulated programs."""

    def process(self, pod: Object, container: Object, starts: int) -> ContainerProcess | None:
        """The command of a known image, started when it is first asked for.

        :param starts: how often the container was restarted: each start runs the command anew.
        :returns: None for images whose programs are not here.
        """
        key = ((pod["metadata"]["uid"], container["name"]), starts)
        if key in self._processes:
            return self._processes[key]
        pod = self._shared(pod)
        image, stand_in = known.known(container), self.stand_in(pod, container)
        if image is None or stand_in is not None:
            self._answer_beside(key, pod, container, stand_in or known.beside(container))
            return None
        # Each start has a disk of its own: what one wrote beside its volumes is gone.
        if any(owner == key[0] for owner, _ in self._processes):
            self._disks.pop(key[0], None)
        uid, name = key[0]
        mine = self._variables.setdefault(uid, {})
        mine.pop(name, None)
        with suppress(MissingReference):  # which the start itself meets again
            mine[name] = environment(pod, container, self._store)
        self._processes[key] = self._start(pod, container, image)
        return self._processes[key]

    def require_start(self, pod: Object, container: Object) -> None:
        """Raise CannotStart where a container's first word is no program of its image."""
        image = known.known(container)
        if image is not None and self.stand_in(pod, container) is None:
            words = image.words(container)
            if words and server_of(words, known.SERVERS, image.programs) is None:
                self._require(pod, container, words[0])

    def _require(self, pod: Object, container: Object, word: str) -> None:
        land = userland.userland(container)
        if land is not None:
            files = self._disk(pod, container)[0].files(identity(pod, container).who)
            start.require(word, land.names | self._own(container), files)

    def _own(self, container: Object) -> frozenset[str]:
        """The programs that the lab gives an image beside the interpreter's."""
        image, name = known.known(container), container.get("image", "")
        given = [names for part, names in self.commands.items() if part in name]
        return frozenset(image.programs if image is not None else ()).union(*given)

    def _shared(self, pod: Object) -> Object:
        """The store's own object with this address: what runs long must not hold a copy."""
        kept = self._store.by_uid(pod["metadata"]["uid"])
        if kept is None:
            return pod
        status = {**(kept.get("status") or {}), "podIP": (pod.get("status") or {}).get("podIP")}
        return {**kept, "status": status}

    def _answer_beside(
        self, key: tuple[Owner, int], pod: Object, container: Object, server: Server | None
    ) -> None:
        if server is None or key in self._beside:
            return
        self._beside[key] = net = self._net(pod)
        process = ContainerProcess()
        serving = Serving(pod, net, lambda: self._view(pod, container), process.say)
        with suppress(ServerFailed, MissingReference):
            # Of a pod with the host's network another one may have the port: it answers there.
            env = environment(pod, container, self._store)
            serving.start(container["name"], server, [], env, "/")

    def _net(self, pod: Object) -> PodNet:
        return PodNet(pod, self._routes, self._names, self._fleet, lambda: self.authorities())

    def _view(self, pod: Object, container: Object) -> FilesView:
        """A container's files as they are now, those of its volumes too."""
        disk, _ = self._disk(pod, container)
        return FilesView(disk.files(identity(pod, container).who))

    def _environment(self, pod: Object, container: Object) -> dict[str, str]:
        """As it was when the container started: what is changed later reaches the next start."""
        mine = self._variables.get(pod["metadata"]["uid"], {}).get(container["name"])
        return mine if mine is not None else environment(pod, container, self._store)

    def _disk(self, pod: Object, container: Object) -> tuple[Disk, list[DiskMachine]]:
        """A container's disk with its volumes, and the machines that hold some of them."""
        uid = pod["metadata"]["uid"]
        owner = (uid, container["name"])
        if owner not in self._disks:
            self._disks[owner] = new_disk(pod, container, self._own(container))
        disk = self._disks[owner]
        kept = self._kept.setdefault(uid, {})
        return disk, mount_volumes(disk, pod, container, self._store, self._fleet, kept)

    def _start(self, pod: Object, container: Object, image: known.KnownImage) -> ContainerProcess:
        # What a reference lacks is told further down.
        known_here = self._variables[pod["metadata"]["uid"]].get(container["name"], {})
        words = [expanded(word, known_here) for word in image.words(container)]
        process = ContainerProcess()
        if is_shell(words):
            # Without input it ends at once.
            process.waits = bool(container.get("stdin"))
            process.code = None if process.waits else 0
            return process
        process.net = net = self._net(pod)
        process.serving = Serving(pod, net, lambda: self._view(pod, container), process.say)
        try:
            server = server_of(words, known.SERVERS, image.programs)
            if server is not None:
                program, start, argv = server
                variables = self._environment(pod, container)
                cwd = container.get("workingDir") or "/"
                files = None if image.is_covered(container) else ImageFiles(image.files)
                if (pod["metadata"]["uid"], container["name"]) in self._disks:
                    files = None  # somebody was in it, and may have changed them
                process.serving.start(program, start, argv, variables, cwd, image=files)
                process.serving.on_over = functools.partial(self._over, pod, process)
                return process
            left = TerminationMessage(self._disk(pod, container)[0], container)
            process.shell, holders = self._shell(pod, container, net, process.serving, words)
        except MissingReference as error:
            process.code = 128
            process.say(f"Error: {error}")
            return process
        except ServerFailed as failed:
            process.code = failed.code
            process.say(failed.text.rstrip("\n"))
            return process
        said = functools.partial(_in_the_words_of, userland.userland(container), words)
        process.task = asyncio.ensure_future(
            self._carry_out(pod["metadata"]["uid"], process, words, holders, left, said)
        )
        return process

    def _over(self, pod: Object, process: ContainerProcess) -> None:
        """A server was told to end: until then it goes on."""
        assert process.net is not None
        process.net.close_all()
        process.code = 0
        self._ended(pod["metadata"]["uid"])

    async def _carry_out(
        self,
        uid: str,
        process: ContainerProcess,
        words: list[str],
        holders: list[DiskMachine],
        left: TerminationMessage,
        said: Callable[[bytes], bytes],
    ) -> None:
        async def keep(data: bytes) -> None:
            process.keep(data)

        async def keep_said(data: bytes) -> None:
            process.keep(said(data))

        assert process.shell is not None
        saving = asyncio.ensure_future(_save_often(holders))
        try:
            done = await start_script(
                process.shell, script_of(words), stdout=keep, stderr=keep_said
            )
            process.message = left.read(int(done.exit_code), process.printed)
            process.code = int(done.exit_code)
        finally:
            saving.cancel()
            _save(holders)
            process.shell = None
            if process.net is not None:
                process.net.close_all()
            self._ended(uid)

    def _shell(
        self, pod: Object, container: Object, net: PodNet, serving: Serving, words: list[str]
    ) -> tuple[Bash, list[DiskMachine]]:
        """A shell in a container: its files are those of its other shells.

        :param serving: where its servers print.
        """
        variables = self._environment(pod, container)
        user = identity(pod, container)
        disk, holders = self._disk(pod, container)
        bash = Bash(
            username=user.user,
            hostname=kernel_host_name(pod),
            cwd=container.get("workingDir") or "/",
            env={"PATH": start.PATH, "HOME": user.home, **variables},
            # The others cut output off after a megabyte, and say nothing.
            profile=ExecutionProfile.Interactive,
            max_commands=_UNLIMITED,
            max_loop_iterations=_UNLIMITED,
            timeout_seconds=_UNLIMITED,
        )
        land = userland.userland(container)
        if land is not None:
            shell = userland.shell_of(words)
            for name, instead in userland.commands(land, self._own(container), shell):
                bash.add_command(name, instead)
        bash.add_command("tar", tar)
        bash.add_command("sleep", sleep)
        bash.add_command("touch", touch)
        bash.add_command("id", user.id)
        bash.add_command("whoami", user.whoami)
        files = disk.files(user.who)
        processes = seen(pod, container)
        owners = OwnerCommands(files, busybox=_is_small(container), processes=processes)
        for name, command_of_files in owners.commands().items():
            for path in (name, f"/bin/{name}", f"/usr/bin/{name}"):
                bash.add_command(path, command_of_files)
        for part, commands in self.commands.items():
            if part in container.get("image", ""):
                for name, command in commands.items():
                    bash.add_command(name, command)
        self._bring(bash, known.known(container), pod, container, net, serving)
        bash.mount("/", mountable(files))
        for process in processes:
            if process.container is not None and len(processes) > 1:
                other, more = self._disk(pod, process.container)
                bash.mount(f"/proc/{process.number}/root", mountable(other.files(user.who)))
                holders += more
        return bash, holders

    def _bring(
        self,
        bash: Bash,
        image: known.KnownImage | None,
        pod: Object,
        container: Object,
        net: PodNet,
        serving: Serving,
    ) -> None:
        """What an image has of servers, and of programs that look at the network."""

        def own() -> Serving | None:
            process = self._latest((pod["metadata"]["uid"], container["name"]))
            return process.serving if process is not None else None

        for name in image.programs if image is not None else ():
            if name in known.SERVERS:
                run = serving.command(name, known.SERVERS[name], own)
            else:
                run = command(TOOLS[name], net, self._clock)
            for path in (name, f"/{name}", f"/bin/{name}", f"/usr/bin/{name}", f"/usr/sbin/{name}"):
                bash.add_command(path, run)
        if userland.userland(container) is None:
            for name in sorted(set(TOOLS) - set(image.programs if image is not None else ())):
                bash.add_command(name, _missing)

    async def exec(self, pod: Object, container: Object, argv: list[str], streams: Streams) -> int:
        """A command in a container; returns its exit status.

        :raises CannotStart: its first word is no program of the image.
        """
        self._require(pod, container, argv[0])
        net, printed = self._net(pod), self._latest((pod["metadata"]["uid"], container["name"]))
        log = printed.say if printed is not None else ContainerProcess().say
        serving = Serving(pod, net, lambda: self._view(pod, container), log)
        try:
            bash, holders = self._shell(pod, container, net, serving, argv)
        except MissingReference as error:
            await streams.err(f"{error}\n".encode())
            return 126
        try:
            said = functools.partial(_in_the_words_of, userland.userland(container), argv)
            return await carry_out(bash, argv, streams, _prompt(pod, container), said)
        finally:
            net.close_all()
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
        # Who waits for its input was there from the start, however fast the command was.
        first, process.attached = not process.attached, True
        shown = 0 if first and container.get("stdin") else len(process.printed)
        while True:
            over = process.code is not None
            if len(process.printed) > shown:
                await streams.out(process.printed[shown:].encode())
                shown = len(process.printed)
            if over:
                return
            await asyncio.sleep(_LOOK_SECONDS)

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
            image = known.known(container)
            words = image.words(container) if image is not None else ["sh"]
            code = await self.exec(pod, container, words, told)
            left = streams.tty  # by a word or a key, not because the client's input is over
        finally:
            # A shell whose input is closed ends, unless it lets others attach later.
            process.waits = not left and not container.get("stdinOnce")
            process.code = None if process.waits else code
            self._ended(pod["metadata"]["uid"])

    def _latest(self, owner: Owner) -> ContainerProcess | None:
        starts = [start for known, start in self._processes if known == owner]
        return self._processes[owner, max(starts)] if starts else None

    def printed(self, owner: Owner, *, previous: bool = False) -> list[PrintedLine] | None:
        """What a container's command has printed; None where there is no command of it."""
        starts = sorted(start for known, start in self._processes if known == owner)
        if not starts or (previous and len(starts) < 2):
            return None
        return self._processes[owner, starts[-2 if previous else -1]].log.lines()

    def runs(self, owner: Owner) -> bool:
        """A command of the container really runs."""
        return any(
            known == owner and process.code is None
            for (known, _), process in self._processes.items()
        )

    def ignores_signals(self, owner: Owner) -> bool:
        """It goes on until it is killed: a shell or ``sleep``, not a server."""
        return any(
            known == owner and process.code is None and (process.shell or process.waits)
            for (known, _), process in self._processes.items()
        )

    def kill(self, uid: str, name: str) -> None:
        """End a container's command; its next start is another one."""
        for (owner, _), process in self._processes.items():
            if owner == (uid, name):
                process.end()
        for key in [key for key in self._beside if key[0] == (uid, name)]:
            self._beside.pop(key).close_all()

    def forget(self, uid: str) -> None:
        """A pod is gone: its processes end, its own files are no more."""
        for key, process in list(self._processes.items()):
            if key[0][0] == uid:
                process.end()
                del self._processes[key]
        for key in [key for key in self._beside if key[0][0] == uid]:
            self._beside.pop(key).close_all()
        self._disks = {owner: disk for owner, disk in self._disks.items() if owner[0] != uid}
        self._variables.pop(uid, None)
        self._kept.pop(uid, None)

    def stop(self) -> None:
        """End every process."""
        for process in self._processes.values():
            process.end()
        for net in self._beside.values():
            net.close_all()
        self._processes.clear()
        self._beside.clear()


def _in_the_words_of(land: userland.Userland | None, words: list[str], said: bytes) -> bytes:
    return (land or userland.UNKNOWN).in_its_words(userland.shell_of(words), said)


async def _missing(context: CommandContext) -> int:
    """bashkit has a command that the image has not."""
    await context.stderr.write(f"sh: {context.name}: command not found\n".encode())
    return 127


def _is_small(container: Object) -> bool:
    """Its programs are busybox'."""
    return bool(re.search(r"\b(busybox|alpine)\b", container.get("image", "")))


def _prompt(pod: Object, container: Object) -> str:
    """What a shell's prompt says before the directory; ash's says nothing."""
    return (
        ""
        if _is_small(container)
        else f"{identity(pod, container).user}@{pod['metadata']['name']}:"
    )


async def _save_often(holders: list[DiskMachine]) -> None:
    while holders:
        await asyncio.sleep(1)
        _save(holders)


def _save(holders: list[DiskMachine]) -> None:
    for machine in {id(one): one for one in holders}.values():
        machine.save()
