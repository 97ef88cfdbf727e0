"""``multipass transfer``: files between the laptop and machines."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from owlab.pocket.machines.refusals import Refused
from owlab.pocket.multipass.failures import COMMAND_FAIL, Failure, usage
from owlab.pocket.multipass.invocation import Invocation, LocalFiles, VirtualFiles
from owlab.pocket.multipass.options import Option, VerbArguments

OPTIONS = (
    Option(("r", "recursive"), about="Recursively copy entire directories"),
    Option(("p", "parents"), about="Make parent directories as needed"),
)
HOME = "/home/ubuntu"
UPLOADED = 0o664
WINDOWS = re.compile(r"[A-Za-z]:\\.*")


@dataclass(frozen=True, slots=True)
class Place:
    """One side of a transfer: a path, on the laptop or on a machine."""

    path: str
    machine: str = ""


def place(word: str) -> Place:
    """Read ``PATH`` or ``MACHINE:PATH``."""
    if ":" not in word or WINDOWS.fullmatch(word):
        return Place(word)
    machine, _, path = word.partition(":")
    return Place(path or ".", machine)


class _Log:
    """Errors of single files: printed as they happen, counted for the exit status."""

    def __init__(self, call: Invocation) -> None:
        self._call = call
        self.failed = False

    async def error(self, text: str) -> None:
        self.failed = True
        stamp = self._call.lab.clock.now().astimezone().isoformat(timespec="milliseconds")
        await self._call.err(f"[{stamp}] [error] [sftp] {text}\n")


async def transfer(call: Invocation, words: VerbArguments) -> int:
    """transfer"""
    if len(words.rest) < 2:
        raise usage("Not enough arguments given")
    *sources, target = map(place, words.rest)
    if "-" in words.rest:
        return await _stream(call, words)
    if target.machine:
        if any(source.machine for source in sources):
            raise usage("Cannot specify an instance name for both source and destination")
    elif not any(source.machine for source in sources):
        raise usage("An instance name is needed for either source or destination")
    elif not all(source.machine for source in sources):
        raise usage("All sources must be from inside an instance")
    sides = {
        name: _files(call, name) for name in {target.machine, *(s.machine for s in sources)} if name
    }
    sides[""] = call.files
    log = _Log(call)
    into = sides[target.machine]
    destination = into.absolute(target.path)
    if "parents" in words:
        many = len(sources) > 1 or target.path.endswith("/")
        into.mkdir(destination if many else posixpath.dirname(destination))
    if len(sources) > 1 and _real_kind(into, destination) != "directory":
        await log.error("target is not a directory" if into.kind(destination) else _missing(target))
        return COMMAND_FAIL
    for source in sources:
        files = sides[source.machine]
        path = files.absolute(source.path)
        copy = _Copy(
            files, into, log, "recursive" in words, "remote" if target.machine else "local"
        )
        where = destination
        if _real_kind(into, destination) == "directory":
            where = posixpath.join(destination, posixpath.basename(path))
        await copy.item(path, where)
    _keep(call, target.machine)
    return COMMAND_FAIL if log.failed else 0


def _missing(target: Place) -> str:
    return f"{'remote' if target.machine else 'local'} target does not exist"


def _files(call: Invocation, name: str) -> LocalFiles:
    machine = call.lab.fleet.named([name])[0]
    if not machine.running:
        raise Refused(f'instance "{name}" is not running')
    return VirtualFiles(machine.files_of("ubuntu"), HOME)


def _real_kind(files: LocalFiles, path: str) -> str | None:
    """The kind of what a path leads to."""
    for _ in range(8):
        kind = files.kind(path)
        if kind != "symlink":
            return kind
        path = posixpath.join(posixpath.dirname(path), files.readlink(path))
    return None


@dataclass
class _Copy:
    """Copies one item, and directories with what is in them."""

    source: LocalFiles
    target: LocalFiles
    log: _Log
    recursive: bool
    side: str

    async def item(self, path: str, where: str) -> None:
        kind = self.source.kind(path)
        other = "local" if self.side == "remote" else "remote"
        try:
            if kind == "symlink" and self.recursive:
                self.target.symlink(self.source.readlink(path), where)
            elif _real_kind(self.source, path) == "directory":
                if not self.recursive:
                    await self.log.error(
                        f'omitting {other} directory "{path}": recursive mode not specified'
                    )
                    return
                self.target.mkdir(where)
                for name in self.source.listdir(path):
                    await self.item(posixpath.join(path, name), posixpath.join(where, name))
            else:
                await self._file(path, where, other)
        except OSError as error:
            await self.log.error(f'cannot open {self.side} file "{where}": {_why(error)}')

    async def _file(self, path: str, where: str, other: str) -> None:
        try:
            content = self.source.read(path)
        except OSError as error:
            await self.log.error(f'cannot open {other} file "{path}": {_why(error)}')
            return
        if self.target.kind(posixpath.dirname(where)) is None:
            await self.log.error(f"{self.side} target does not exist")
            return
        self.target.write(where, content, self.source.mode(path))


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def _keep(call: Invocation, name: str) -> None:
    if name and (machine := call.lab.fleet.get(name)):
        machine.save()


async def _stream(call: Invocation, words: VerbArguments) -> int:
    """One side is ``-``: standard input or output."""
    if words.rest.count("-") > 1:
        raise usage("Only one '-' allowed")
    if len(words.rest) != 2:
        raise usage("Only two arguments allowed when using '-'")
    source, target = map(place, words.rest)
    log = _Log(call)
    if target.path == "-" and not target.machine:
        if not source.machine:
            raise usage("Source must be from inside an instance")
        files = _files(call, source.machine)
        path = files.absolute(source.path)
        try:
            await call.out_sink(files.read(path))
        except OSError as error:
            await log.error(f'cannot open remote file "{path}": {_why(error)}')
            return COMMAND_FAIL
        return 0
    if not target.machine:
        raise usage("Target must be inside an instance")
    files = _files(call, target.machine)
    path = files.absolute(target.path)
    content = await call.read_stdin()
    if _real_kind(files, path) == "directory":
        path = posixpath.join(path, "stream_output.dat")
    try:
        if "parents" in words:
            files.mkdir(posixpath.dirname(path))
        elif files.kind(posixpath.dirname(path)) is None:
            raise Failure("[error] [sftp] remote target does not exist", COMMAND_FAIL)
        files.write(path, content, UPLOADED)
    except OSError as error:
        await log.error(f'cannot open remote file "{path}": {_why(error)}')
        return COMMAND_FAIL
    _keep(call, target.machine)
    return 0
