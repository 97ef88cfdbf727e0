"""A shell on a machine: one bash interpreter over the machine's shared files."""

from __future__ import annotations

import asyncio
import logging
import re
import shlex
import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from bashkit import Bash, BashError

from owlab.pocket.ground.failures import DiskFull
from owlab.pocket.programs.base import Call, Entry, command_not_found, load_programs
from owlab.pocket.programs.which import FUNCTIONS
from owlab.pocket.shell.interpreter import Bytes, Input, Reader, Sink, apart, execute

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine

log = logging.getLogger(__name__)

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
UNLIMITED = 10**12
FOR_EVER = 1e9
KEPT_OPTIONS = "eufC"
HUNG_UP = 255
FAULT = 70

# bashkit adds advice to "command not found"; bash does not.
GUESS = re.compile(rb"(command not found)\. [^\n]*")

# bashkit's own sh and bash read no script from a live pipe and know no -s, and cannot be replaced
# by a program, but by functions; those are handed on to child shells by hand.
SHELLS = (
    "__owlab_sh() { local __shell=$1 __flags= __script; shift; "
    "while [ $# -gt 0 ]; do case $1 in "
    '-c|-[a-z]*c) [ ${#1} -gt 2 ] && __flags="$__flags ${1%c}"; '
    "shift; __script=$1; shift; [ $# -gt 0 ] || set -- $__shell; "
    'command $__shell $__flags -c "$__OWLAB_SHELLS$__script" "$@"; return;; '
    "-l|--login|-i|--norc|--noprofile|--posix) shift;; "
    "-s|-) shift; case $1 in -|--) shift;; esac; break;; --) shift;; "
    '-o|+o) __flags="$__flags $1 $2"; shift 2;; '
    '-*s) __flags="$__flags ${1%s}"; shift; case $1 in -|--) shift;; esac; break;; '
    '-*|+*) __flags="$__flags $1"; shift;; '
    '*) if [ -r "$1" ]; then __script=$(cat "$1"; printf x); '
    'command $__shell $__flags -c "$__OWLAB_SHELLS${__script%x}" "$@"; return; fi; '
    'command $__shell $__flags "$@"; return;; esac; done; '
    "__script=$(cat; printf x); "
    'command $__shell $__flags -c "$__OWLAB_SHELLS${__script%x}" $__shell "$@"; }; '
    'sh() { __owlab_sh sh "$@"; }; bash() { __owlab_sh bash "$@"; }; '
) + FUNCTIONS


def _weakly(method: Callable[[Any], Awaitable[int]]) -> Callable[[Any], Awaitable[int]]:
    """A callback that does not keep its session alive.

    bashkit's objects hold their callbacks outside the reach of Python's garbage collector: a
    session that they kept alive would stay for ever.
    """
    reference = weakref.WeakMethod(method)

    async def call(context: Any) -> int:
        living = reference()
        return await living(context) if living is not None else 127

    return call


class Session:
    """A shell: its variables and directory last as long as it does, its files outlive it."""

    def __init__(
        self,
        machine: Machine,
        *,
        user: str = "ubuntu",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        tty: bool = False,
        switch: Callable[[str], None] | None = None,
    ) -> None:
        self.machine = machine
        self.tty = tty
        self.switch = switch
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
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[Any] | None = None
        self._killed = False
        self._last: int | None = None
        self._options = ""
        self._bash = Bash(
            username=user,
            hostname=machine.name,
            cwd=cwd or home,
            env=variables,
            max_commands=UNLIMITED,
            max_loop_iterations=UNLIMITED,
            timeout_seconds=FOR_EVER,
        )
        self._bash.mount("/", machine.fs)
        # What `mount -t nfs` links to: a program cannot mount while its own script runs.
        for other in machine.lab.fleet.all():
            if other is not machine and not machine.is_host:
                self._bash.mount(f"/net/{other.name}", other.fs)
        self._input = Input(self._bash)
        self._bash.add_command("__owlab_last", _weakly(self._recall))
        self._bash.add_command("__owlab_status", _weakly(self._note))
        for name, entry in load_programs().items():
            if entry.on(machine):
                self._bash.add_command(name, self._command(entry))
        self._ready = False

    def _command(self, entry: Entry) -> Callable[[Any], Awaitable[int]]:
        """Adapt a program to bashkit's shape of a command."""

        mine = weakref.ref(self)

        async def run(context: Any) -> int:
            session = mine()
            if session is None:
                return 127
            root = session.user == "root"
            if entry.installed is not None and not entry.installed(session.machine):
                await context.stderr.write(command_not_found(context.name).encode())
                return 127
            call = Call(
                name=context.name,
                argv=list(context.argv),
                env=dict(context.env),
                cwd=context.cwd,
                fs=context.fs,
                root=root,
                user=session.user,
                machine=session.machine,
                lab=session.machine.lab,
                reader=context.stdin,
                stdout=context.stdout,
                stderr=context.stderr,
                session=session,
            )
            try:
                return await apart(entry.run(call))
            except BrokenPipeError:
                return 141  # as a process that SIGPIPE ended: the reader has what it wanted
            except DiskFull as error:
                await call.err(f"{call.name}: No space left on device ({error})\n")
                return 1
            except Exception as error:
                log.exception("%s %s failed on %s", call.name, call.argv[:1], session.machine.name)
                await call.err(
                    f"{call.name}: the pocket lab failed: {type(error).__name__}: {error}\n"
                    f"What happened is in {session.machine.lab.directory}/daemon.log\n"
                )
                return FAULT

        return run

    async def run(
        self, script: str, out: Sink, err: Sink, stdin: Reader | bytes | None = None
    ) -> int:
        """Run a script to its end; output flows while it runs. Cancelling stops the command."""
        # One at a time: what is typed after Ctrl-C waits until what it ended has ended.
        async with self._turn:
            self._task = asyncio.current_task()
            self.machine.sessions.add(self)
            try:
                return await self._run(script, out, err, stdin)
            except asyncio.CancelledError:
                if not self._killed:
                    raise
                return HUNG_UP
            finally:
                self._task = None
                self.machine.sessions.discard(self)

    async def _run(self, script: str, out: Sink, err: Sink, stdin: Reader | bytes | None) -> int:
        if not self._ready:
            await self._bash.execute(f"__OWLAB_SHELLS={shlex.quote(SHELLS)}; {SHELLS}")
            self._ready = True
        if stdin is not None and (problem := self.problem(script)) is None:
            reader = Bytes(stdin) if isinstance(stdin, bytes) else stdin
            script = self._input.piped(script, reader)
        elif stdin is not None:
            await err(f"bash: {problem}\n".encode())
            return 2

        async def write_err(data: bytes) -> None:
            await err(GUESS.sub(rb"\1", data))

        try:
            result = await execute(self._bash, script, out, write_err)
        except asyncio.CancelledError:
            self._input.end()
            raise
        finally:
            self.machine.save()
        if result.error:
            await err(f"bash: {result.error}\n".encode())
        return int(result.exit_code)

    async def type(self, text: str, out: Sink, err: Sink, status: int) -> tuple[int, bool]:
        """Run what was typed, after a command that ended with ``status``.

        Returns its status, and whether it left the shell (``exit``, or a failure under ``set -e``).
        """
        if problem := self.problem(text):
            await err(f"bash: {problem}\n".encode())
            return 2, False
        self._last = None
        # bashkit forgets the options of `set` between two executions. Under `set -e` the shell
        # lives only after a command that succeeded, so that there is no `$?` to bring back.
        before = f"set -{self._options}" if self._options else f"__owlab_last {status}"
        # On the same line, so that bash counts the lines as they were typed.
        script = f"{before}; {text}\n__owlab_status $? $-"
        ended = await self.run(script, out, err)
        return (ended, True) if self._last is None else (self._last, False)

    async def _recall(self, context: Any) -> int:
        """Give ``$?`` the value that it had after the previous command."""
        return int(context.argv[0])

    async def _note(self, context: Any) -> int:
        """The typed command has ended, and the shell lives."""
        self._last = int(context.argv[0])
        shown = context.argv[1] if len(context.argv) > 1 else ""
        self._options = "".join(letter for letter in shown if letter in KEPT_OPTIONS)
        return self._last

    @property
    def cwd(self) -> str:
        """The shell's directory."""
        return str(self._bash.shell_state().cwd)

    def problem(self, script: str) -> str | None:
        """What is wrong with a script's grammar, or None."""
        try:
            self._bash.analyze(script)
        except BashError as error:
            return str(error)
        return None

    @property
    def busy(self) -> bool:
        """A command runs in this shell now."""
        return self._task is not None

    def kill(self) -> None:
        """End what runs, as when the machine goes down or its user hangs up."""
        self._killed = True
        if self._task is not None:
            self._task.cancel()
