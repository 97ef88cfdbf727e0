"""A shell on a machine: one bash interpreter over the machine's shared files."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from bashkit import Bash

from owlab.pocket.programs.base import Call, Entry, Reader, command_not_found, load_programs

if TYPE_CHECKING:
    from owlab.pocket.vm import Machine

Sink = Callable[[bytes], Awaitable[None]]

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
UNLIMITED = 10**12
INTERRUPTED = 130

# bashkit's own sh and bash read no script from a live pipe and know no -s, and cannot be replaced
# by a program, but by functions; those are handed on to child shells by hand.
SHELLS = (
    "__owlab_sh() { local __shell=$1 __flags= __script; shift; "
    "while [ $# -gt 0 ]; do case $1 in "
    "-c|-[a-z]*c) shift; __script=$1; shift; [ $# -gt 0 ] || set -- $__shell; "
    'command $__shell $__flags -c "$__OWLAB_SHELLS$__script" "$@"; return;; '
    "-l|--login|-i|--norc|--noprofile|--posix) shift;; "
    '-s|-) shift; [ "$1" = - ] && shift; break;; --) shift;; '
    '-o|+o) __flags="$__flags $1 $2"; shift 2;; '
    '-*s) __flags="$__flags ${1%s}"; shift; [ "$1" = - ] && shift; break;; '
    '-*|+*) __flags="$__flags $1"; shift;; '
    '*) if [ -r "$1" ]; then __script=$(cat "$1"; printf x); '
    'command $__shell $__flags -c "$__OWLAB_SHELLS${__script%x}" "$@"; return; fi; '
    'command $__shell $__flags "$@"; return;; esac; done; '
    "__script=$(cat; printf x); "
    'command $__shell $__flags -c "$__OWLAB_SHELLS${__script%x}" $__shell "$@"; }; '
    'sh() { __owlab_sh sh "$@"; }; bash() { __owlab_sh bash "$@"; }; '
)


class _Bytes:
    """Standard input that is known from the start."""

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data or None

    async def read_chunk(self) -> bytes | None:
        data, self._data = self._data, None
        return data


class Session:
    """A shell: its variables and directory last as long as it does, its files outlive it."""

    def __init__(
        self,
        machine: Machine,
        *,
        user: str = "ubuntu",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.machine = machine
        self.user = user
        home = "/root" if user == "root" else f"/home/{user}"
        variables = {
            "HOME": home,
            "USER": user,
            "LOGNAME": user,
            "SHELL": "/bin/bash",
            "PATH": PATH,
            "LANG": "C.UTF-8",
            **({"OWLAB_UID": "0"} if user == "root" else {}),
            **(env or {}),
        }
        self._stdin: Reader = _Bytes(b"")
        self._bash = Bash(
            username=user,
            hostname=machine.name,
            cwd=cwd or home,
            env=variables,
            max_commands=UNLIMITED,
            max_loop_iterations=UNLIMITED,
        )
        self._bash.mount("/", machine.fs)
        self._bash.add_command("__owlab_stdin", self._pump)
        for name, entry in load_programs().items():
            if entry.on(machine):
                self._bash.add_command(name, self._command(entry))
        self._ready = False

    def _command(self, entry: Entry) -> Callable[[Any], Awaitable[int]]:
        """Adapt a program to bashkit's shape of a command."""

        async def run(context: Any) -> int:
            root = self.user == "root"
            if entry.installed is not None and not entry.installed(self.machine):
                await context.stderr.write(command_not_found(context.name).encode())
                return 127
            call = Call(
                name=context.name,
                argv=list(context.argv),
                env=dict(context.env),
                cwd=context.cwd,
                fs=context.fs,
                root=root,
                user=self.user,
                machine=self.machine,
                lab=self.machine.lab,
                reader=context.stdin,
                stdout=context.stdout,
                stderr=context.stderr,
            )
            try:
                return await entry.run(call)
            except BrokenPipeError:
                return 141  # as a process that SIGPIPE ended: the reader has what it wanted

        return run

    async def _pump(self, context: Any) -> int:
        """Give this session's standard input to the command behind it."""
        try:
            while (chunk := await self._stdin.read_chunk()) is not None:
                await context.stdout.write(chunk)
        except BrokenPipeError:
            pass
        return 0

    async def run(
        self, script: str, out: Sink, err: Sink, stdin: Reader | bytes | None = None
    ) -> int:
        """Run a script to its end; output flows while it runs. Cancelling stops the command."""
        if not self._ready:
            await self._bash.execute(f"__OWLAB_SHELLS={shlex.quote(SHELLS)}; {SHELLS}")
            self._ready = True
        if stdin is not None:
            self._stdin = _Bytes(stdin) if isinstance(stdin, bytes) else stdin
            script = f"__owlab_stdin | {{ {script}\n}}"

        async def write_out(data: bytes) -> None:
            await out(data)

        async def write_err(data: bytes) -> None:
            await err(data)

        async def execute() -> Any:
            return await self._bash.execute(script, stdout=write_out, stderr=write_err)

        self.machine.sessions.add(self)
        task = asyncio.ensure_future(execute())
        try:
            result = await asyncio.shield(task)
        except asyncio.CancelledError:
            self._bash.cancel()
            await asyncio.wait([task], timeout=5)
            self._bash.clear_cancel()
            raise
        finally:
            self.machine.sessions.discard(self)
            self.machine.save()
        if result.error:
            await err(f"bash: {result.error}\n".encode())
        return int(result.exit_code)

    def cancel(self) -> None:
        """Stop what runs at the next command boundary."""
        self._bash.cancel()
