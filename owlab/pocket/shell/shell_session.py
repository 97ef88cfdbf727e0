"""A shell on a machine: one bash interpreter over the machine's shared files."""

from __future__ import annotations

import asyncio
import shlex
import time
import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bashkit import Bash, CommandContext

from owlab.pocket.bash import sentences
from owlab.pocket.bash.contexts import start_script
from owlab.pocket.bash.exec_redirections import ShellStreams
from owlab.pocket.bash.expansions import closed
from owlab.pocket.bash.gnu_errors import gnu
from owlab.pocket.bash.interpreter import ScriptInput, execute, new_bash
from owlab.pocket.bash.killable_jobs import kept
from owlab.pocket.bash.menus import shown
from owlab.pocket.bash.parameters import told
from owlab.pocket.bash.rewriting import EXTENDED, for_session
from owlab.pocket.bash.terminal_reads import HERE
from owlab.pocket.bash.traps import leaving
from owlab.pocket.ground.clock import unix_time
from owlab.pocket.ground.failures import ReaderGone
from owlab.pocket.ground.keyboards import Keyboard, KeyboardReader
from owlab.pocket.ground.streams import Bytes, Reader, Sink, nowhere
from owlab.pocket.machines.files import UMASK
from owlab.pocket.machines.filesystem_abi import mountable
from owlab.pocket.machines.typed_history import TypedHistory
from owlab.pocket.machines.visits import pid_of
from owlab.pocket.programs.base import RegisteredProgram, command_not_found, load_programs
from owlab.pocket.programs.catalog import OPTIONAL, RUN, STRANGE, present
from owlab.pocket.programs.shells import at_terminal
from owlab.pocket.shell import job_control
from owlab.pocket.shell.callbacks import CommandCallback, ExtraStream, call_of, missing, weakly
from owlab.pocket.shell.jobs import SUSPENDED, Flow, Job, JobTable, segments
from owlab.pocket.shell.outlet import Outlet
from owlab.pocket.shell.prelude import NO_JOB_CONTROL, PATTERNS, SHELL_PATHS, SHELLS, greeting
from owlab.pocket.shell.reading import (
    apart_from_input,
    brings,
    closed_doors,
    environment,
    facts_of,
    problem_of,
    sized,
    unreadable,
)
from owlab.pocket.shell.running_programs import RunningPrograms

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine
    from owlab.pocket.machines.views import ShellView, ShellWanted

KEPT_OPTIONS = "eufC"
HUNG_UP, INIT = 255, 1


class ShellSession:
    """A shell: its variables and directory last as long as it does, its files outlive it."""

    def __init__(
        self,
        machine: Machine,
        *,
        user: str = "ubuntu",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        tty: bool = False,
        switch: Callable[[ShellWanted], None] | None = None,
        login: bool = False,
        umask: int = UMASK,
        parent: ShellView | None = None,
    ) -> None:
        self.machine = machine
        self.tty = tty
        self.switch, self.login = switch, login
        self.user = user
        self.files = machine.files_of(user, umask)
        account = machine.accounts.user(user)
        home = account.home if account is not None else "/"
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[Any] | None = None
        self._killed = self._hard = False
        self._parent = parent
        self.pid = machine.visits.next_pid()
        self._last: int | None = None
        self._started_in = cwd or home
        self.started = self.used = unix_time()
        self._text = ""
        self._streams = ShellStreams()
        self.tells_of_jobs = True
        """As an interactive shell does: their numbers, and how they ended."""
        self._print: Sink | None = None
        self.keyboard: Keyboard | None = None
        """Who types at its terminal, while something runs there."""
        self.size: tuple[int, int] | None = None
        """Columns and lines of the terminal's window."""
        self.at_terminal = False
        self.litter: list[str] = []
        self.jobs = JobTable()
        self.options = ""
        self.restored_from: bytes | None = None
        """The state of the shell that this one is a child of."""
        self.parent_pid = INIT
        self.history = TypedHistory()
        self.commands = 0
        """How many were typed here."""
        self._suspend: asyncio.Event | None = None
        self.fronted: Job | None = None
        """The job that `fg` has brought back, while it runs."""
        self._warned = False
        self._known: set[str] = set()
        self._ready = False
        self._variables = {**environment(user, home), **(env or {})}
        self._bash, self._flow = self._interpreter(cwd or home)
        self._input = ScriptInput(self._bash)
        self._learn()

    def _interpreter(self, cwd: str) -> tuple[Bash, list[Flow]]:
        """A new interpreter, and a place for the flow of what it runs."""
        self._flow = flow = [Flow()]
        self._programs = RunningPrograms()
        self._bash = bash = new_bash(self.user, self.machine.name, cwd, self._variables)
        bash.mount("/", mountable(self.files))
        bash.add_command("__owlab_last", weakly(self._recall))
        bash.add_command("__owlab_status", weakly(self._note))
        self._by_name = self._command(None)
        bash.add_command(RUN, self._by_name)
        for path in SHELL_PATHS:
            bash.add_command(path, self._command(load_programs()["__owlab_shell"]))
        for name in STRANGE:
            bash.add_command(name, missing)
        return bash, flow

    def _learn(self) -> None:
        """Make the machine's programs commands of the shell; more may be installed later.

        What is installed while a script runs is found by its file. As a command it also takes
        part in pipes while it runs.
        """
        for name, entry in load_programs().items():
            if name in self._known:
                continue
            if name in OPTIONAL or present(self.machine, name, entry):
                self._bash.add_command(name, self._by_name)
                self._known.add(name)

    def _command(self, entry: RegisteredProgram | None, whole: bool = False) -> CommandCallback:
        """Adapt a program to bashkit's shape of a command; without one, that of the command's name.

        One for all of them: hundreds are made known to each shell.
        """

        mine, flow, programs = weakref.ref(self), self._flow, self._programs

        async def run(context: CommandContext) -> int:
            session = mine()
            if session is None:
                return 127
            await flow[0].going.wait()
            name, argv = context.name, list(context.argv)
            if name == RUN:  # by the program's file, which is there
                name, *argv = argv or [""]
                chosen = load_programs().get(name)
                there = chosen is not None and chosen.on(session.machine)
            else:
                chosen = entry or load_programs().get(name)
                there = chosen is not None and present(session.machine, name, chosen)
            if chosen is None or not there:
                await context.stderr.write(command_not_found(name).encode())
                return 127
            call = call_of(session, context, name if whole else name.rpartition("/")[2], argv)
            return await programs.run(chosen, call)

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
                self.used = unix_time()
                # What Ctrl-Z stopped ends later: then another command may run here.
                if self._task is asyncio.current_task():
                    self._task = None
                if self._task is None:
                    self.machine.sessions.discard(self)

    async def _run(self, script: str, out: Sink, err: Sink, stdin: Reader | bytes | None) -> int:
        await self._prepare(out, err)
        self._learn()
        self._started_in = cwd = self.cwd
        programs, flow = self._programs, self._flow[0]
        if isinstance(stdin, KeyboardReader):
            self.keyboard, shows, stdin = stdin.keyboard, stdin.shown, None
            script = f"{HERE}=1; {at_terminal(script, self, shows=shows)}"
        for name in unreadable(self._bash, self.files, self._started_in, script, self.asks):
            if name not in self._known:
                program = load_programs()["__owlab_script"]
                self._bash.add_command(name, self._command(program, True))
                self._known.add(name)
        if EXTENDED.search(script):  # they have to be known before it is read
            await start_script(self._bash, PATTERNS)
        given = script
        pid = pid_of(self)
        if self.tty:
            script = for_session(script, pid, self._streams, kills=False)
        else:
            script = for_session(kept(script), pid)
        if stdin is not None:
            problem = problem_of(self._bash, shown(closed(given)))
            if problem is None:
                await start_script(self._bash, apart_from_input(script, self._known))
                reader = Bytes(stdin) if isinstance(stdin, bytes) else stdin
                script = self._input.piped(leaving(script), reader)
        else:
            problem = None
        if problem is not None:
            await err(sentences.grammar(problem, given, prompt=False).encode())
            return sentences.SYNTAX

        outlet, busy = Outlet(out), time.process_time()

        async def write_err(data: bytes) -> None:
            text = closed_doors(
                sentences.plain(data), self.machine.files, self.files, self._started_in
            )
            text = gnu(text, given)
            text = sentences.timed(text, time.process_time() - busy)
            await err(sentences.typed(text, brings) if self.tty else text)

        self._print = outlet.write
        printed = ExtraStream({"1": outlet.write, "2": write_err})
        self.files.aside = printed.write
        try:
            result = await execute(self._bash, script, printed.after(outlet.write), write_err)
            if outlet.interrupted:
                raise asyncio.CancelledError
        except asyncio.CancelledError:
            self._input.end()
            await programs.left()
            if flow.going.is_set():
                nested = self._parent is not None
                await programs.say_farewell(given, cwd, self.files, outlet.write, nested)
            raise
        finally:
            self.files.aside = None
            await printed.flush()
            self._clean()
            self.machine.save()
        if result.error and outlet.broken:
            raise ReaderGone  # who reads has what they wanted
        if result.error:
            words = sentences.grammar(str(result.error), given, prompt=self.tty)
            await write_err(words.encode())
            if "parse error" in str(result.error):
                return sentences.SYNTAX
        return int(result.exit_code)

    async def tell(self, data: bytes) -> None:
        """What a job of the script that runs prints."""
        if self._print is not None:
            await self._print(data)

    async def _prepare(self, out: Sink, err: Sink) -> None:
        """What a shell starts with, once."""
        if self._ready:
            return
        if self.restored_from is not None:
            self._bash.restore_snapshot(self.restored_from)
            await start_script(self._bash, NO_JOB_CONTROL)
        await start_script(self._bash, f"__OWLAB_SHELLS={shlex.quote(SHELLS)}; {SHELLS}")
        self._ready = True
        if self.tty:
            await self._greet(out if self.tells_of_jobs else nowhere, err)

    def _clean(self) -> None:
        """Remove what was written only for the interpreter to read."""
        for path in filter(self.machine.files.exists, self.litter):
            self.machine.files.remove(path)
        self.litter.clear()

    async def _greet(self, out: Sink, err: Sink) -> None:
        """What a shell at a terminal does first: aliases work, and its files are read."""
        await execute(self._bash, greeting(self.login), out, err)

    def variable(self, name: str) -> str:
        """What a variable holds, or nothing."""
        state = self._bash.shell_state()
        return str(state.variables.get(name) or state.env.get(name) or "")

    async def aside(self, script: str, out: Sink, err: Sink) -> None:
        """Run something for the prompt, between what is typed."""
        await self._prepare(out, err)
        await execute(self._bash, script, out, err)

    async def type(
        self, text: str, out: Sink, err: Sink, status: int, keyboard: Keyboard | None = None
    ) -> tuple[int, bool]:
        """Run what was typed, after a command that ended with ``status``.

        :param keyboard: who types while it runs.

        Returns its status, and whether it left the shell (``exit``, or a failure under ``set -e``).
        """
        self.keyboard = keyboard if self.tty else None
        if problem := problem_of(self._bash, shown(text)):
            await err(sentences.grammar(problem, text, prompt=self.tty).encode())
            return sentences.SYNTAX, False
        if not self.tty:
            return await self._typed(text, out, err, status)
        printed, ended = self.jobs.printed(), self.jobs.ended().encode()
        await out(printed + (ended if self.tells_of_jobs else b""))
        if text.strip() in ("exit", "logout") and self.jobs.stopped() and not self._warned:
            self._warned = True
            await err(b"There are stopped jobs.\n")
            return 1, False
        self._warned, left = text.strip() in ("exit", "logout"), False
        for command, background in segments(text):
            if background:
                job = self._start(command)
                if self.tells_of_jobs:
                    await out(f"[{job.number}] {job.pid}\n".encode())
                status = 0
            elif not left:
                command = told(command, facts_of(self))
                status, left = await self._typed(command, out, err, status)
        return status, left

    async def _typed(self, text: str, out: Sink, err: Sink, status: int) -> tuple[int, bool]:
        self._last, self._text = None, text
        self.commands += 1
        self.at_terminal = self.tty and self._alone(text)
        # bashkit forgets the options of `set` between two executions. Under `set -e` the shell
        # lives only after a command that succeeded, so that there is no `$?` to bring back.
        before = f"set -{self.options}" if self.options else f"__owlab_last {status}"
        # On the same line, so that bash counts the lines as they were typed.
        here = f"{HERE}={'1' if self.asks else ''}; " if self.tty else ""
        typed = at_terminal(text, self, shows=True)
        script = f"{sized(self.size)}{here}{before}; {typed}\n__owlab_status {self.commands} $? $-"
        try:
            if self.tty:
                ended = await self._in_foreground(text, script, out, err)
            else:
                ended = await self.run(script, out, err)
        finally:
            self.at_terminal = False
        return (ended, True) if self._last is None else (self._last, False)

    async def _in_foreground(self, text: str, script: str, out: Sink, err: Sink) -> int:
        """Run what was typed, to its end or until Ctrl-Z stops it.

        It goes on as a job in the interpreter that it has; the terminal gets another one, as it
        was before the command.
        """
        await self._prepare(out, err)
        before = self._bash.snapshot(exclude_filesystem=True)
        flow, programs = Flow(out, err), self._programs
        self._flow[0] = flow
        self._suspend = suspend = asyncio.Event()
        task = asyncio.ensure_future(self.run(script, flow.out, flow.err))
        stopped = asyncio.ensure_future(suspend.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        finally:
            stopped.cancel()
            self._suspend = None
        if task.done():
            return task.result()
        job = self.jobs.add(text, task, flow, lambda _hard: programs.end(task))
        job.stop()
        self._begin_anew(before)
        await out(f"\n{job.line()}".encode())
        self._last = SUSPENDED
        return SUSPENDED

    def _begin_anew(self, state: bytes) -> None:
        self._turn, self._task = asyncio.Lock(), None
        self._known.clear()
        self._bash, self._flow = self._interpreter(self._started_in)
        self._input = ScriptInput(self._bash)
        self._learn()
        self._bash.restore_snapshot(state)

    def suspend(self) -> None:
        """Ctrl-Z: stop what runs in the foreground."""
        if self.fronted is not None:
            self.fronted.stopping.set()
        elif self._suspend is not None:
            self._suspend.set()

    def _start(self, text: str) -> Job:
        """A command in the background, in a shell like this one."""
        session = self.beside()
        flow = Flow()
        session._flow[0] = flow
        task = asyncio.ensure_future(session.run(text, flow.out, flow.err, stdin=b""))
        job = self.jobs.add(text, task, flow, session.kill)
        self.jobs.last_pid = job.pid
        return job

    def beside(self) -> ShellSession:
        """A shell like this one, for a job in its background."""
        other = ShellSession(self.machine, user=self.user, cwd=self.cwd, umask=self.files.umask)
        other.restored_from = self._bash.snapshot(exclude_filesystem=True)
        return other

    def _alone(self, text: str) -> bool:
        """One command and nothing around it: what it prints goes to the terminal."""
        analysis = self._bash.analyze(text)
        return len(analysis.commands) == 1 and not analysis.redirects and "|" not in text

    async def _recall(self, context: CommandContext) -> int:
        """Give ``$?`` the value that it had after the previous command."""
        return int(context.argv[0])

    async def _note(self, context: CommandContext) -> int:
        """The typed command has ended, and the shell lives."""
        token, status, *shown = context.argv
        if int(token) == self.commands:  # and not one that was stopped meanwhile
            self._last = int(status)
            self.options = "".join(x for x in "".join(shown) if x in KEPT_OPTIONS)
        return int(status)

    @property
    def exported(self) -> dict[str, str]:
        """What a program started here is given."""
        return {str(name): str(value) for name, value in self._bash.shell_state().env.items()}

    @property
    def asks(self) -> bool:
        """What runs in it may ask at a terminal."""
        return self.keyboard is not None

    @property
    def cwd(self) -> str:
        """The shell's directory."""
        return str(self._bash.shell_state().cwd)

    def signal(self, pid: int, name: str) -> bool:
        """Send a signal to one of the jobs; False where none has that number."""
        return job_control.signal(self.jobs, pid, name)

    def background(self) -> list[tuple[int, str, str, float]]:
        """Process number, command, state and start of each job, for `ps`."""
        return [
            (job.pid, job.text, "T" if job.stopped else "S", job.started)
            for job in self.jobs.listed()
            if job.status is None
        ]

    @property
    def parent(self) -> ShellView | None:
        """The shell that it was started from."""
        return self._parent

    @property
    def running(self) -> str:
        """What was typed and runs now, or nothing."""
        return self._text.partition("\n")[0] if self.busy else ""

    @property
    def busy(self) -> bool:
        """A command runs in this shell now."""
        return self._task is not None

    @property
    def killed_hard(self) -> bool:
        """It was ended by SIGKILL, or a shell around it was."""
        return self._hard or (self.parent is not None and self.parent.killed_hard)

    def kill(self, hard: bool = False) -> None:
        """End what runs, as when the machine goes down or its user hangs up."""
        self._killed = self._programs.silenced = True
        self._hard = hard
        self.jobs.end_all()
        if self._task is not None:
            self._task.cancel()
