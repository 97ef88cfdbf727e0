"""A command in a container that somebody waits for: ``kubectl exec`` and ``kubectl attach``."""

from __future__ import annotations

import asyncio
import codecs
import re
import shlex
from collections.abc import Callable
from typing import Any

from bashkit import Bash, CommandContext

from owlab.pocket.bash.interpreter import ScriptInput, execute
from owlab.pocket.bash.lines import complete, reads_terminal, with_input
from owlab.pocket.ground.streams import Sink
from owlab.pocket.kube.containers.streams import Streams
from owlab.pocket.kube.containers.terminal import Interrupted, Terminal

INTERRUPTED = 130
_SHELL = re.compile(r"(/bin/|/usr/bin/)?(ba|a)?sh")
Said = Callable[[bytes], bytes]
"""What the interpreter says, in the words of the image's shell."""


def is_shell(words: list[str]) -> bool:
    """A shell that reads its commands from its input."""
    options = {"-", "-i", "-l", "-s", "--login"}
    return bool(words) and bool(_SHELL.fullmatch(words[0])) and set(words[1:]) <= options


def script_of(words: list[str]) -> str:
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


async def carry_out(bash: Bash, words: list[str], streams: Streams, name: str, said: Said) -> int:
    """Run a command with these streams; returns its exit status. Cancelling ends it.

    :param name: what an interactive shell's prompt begins with.
    """
    if streams.tty:
        terminal = Terminal(streams.stdin, streams.out)
        try:
            if is_shell(words):
                return await _Conversation(bash, terminal, name, said).hold()
            script = ScriptInput(bash).piped(script_of(words), terminal)
            return await _until_interrupted(bash, script, terminal, said)
        finally:
            terminal.close()
    if streams.stdin is not None and is_shell(words):
        return await _Dictation(bash, streams, said).take()
    script = script_of(words)
    if streams.stdin is not None:
        script = ScriptInput(bash).piped(script, streams.stdin)
    return await _run(bash, script, streams.out, streams.err, said)


async def _run(bash: Bash, script: str, out: Sink, err: Sink, said: Said) -> int:
    async def tell(data: bytes) -> None:
        await err(said(data))

    done = await execute(bash, script, out, tell)
    if done.error:
        await err(f"sh: {done.error}\n".encode())
    return int(done.exit_code)


async def _until_interrupted(bash: Bash, script: str, terminal: Terminal, said: Said) -> int:
    running = asyncio.ensure_future(_run(bash, script, terminal.write, terminal.write, said))
    with terminal.interrupts(running.cancel):
        try:
            return await running
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if this is not None and this.cancelling():
                running.cancel()
                await asyncio.wait([running])
                raise
            return INTERRUPTED


class _Dictation:
    """A shell without a terminal: what arrives is run as soon as it is complete."""

    def __init__(self, bash: Bash, streams: Streams, said: Said) -> None:
        self._bash, self._streams, self._said = bash, streams, said
        self._status = 0
        self._lives = True
        bash.add_command("__owlab_status", _noting(self._note))

    def _note(self, status: int) -> None:
        self._status, self._lives = status, True

    async def take(self) -> int:
        """Until ``exit`` or the end of the input; returns the shell's exit status."""
        assert self._streams.stdin is not None
        decoder, text = codecs.getincrementaldecoder("utf-8")("replace"), ""
        chunk: bytes | None = b""
        while chunk is not None:
            chunk = await self._streams.stdin.read_chunk()
            text += decoder.decode(chunk or b"", chunk is None)
            if chunk is not None and not (text.endswith("\n") and complete(text)):
                continue
            if text.strip():
                self._lives = False
                script = f"(exit {self._status}); {text}\n__owlab_status $?"
                out, err = self._streams.out, self._streams.err
                status = await _run(self._bash, script, out, err, self._said)
                if not self._lives:
                    return status
            text = ""
        return self._status


class _Conversation:
    """An interactive shell."""

    def __init__(self, bash: Bash, terminal: Terminal, name: str, said: Said) -> None:
        self._bash, self._terminal, self._name, self._said = bash, terminal, name, said
        self._status = 0
        self._lives = False
        bash.add_command("__owlab_status", _noting(self._note))

    def _note(self, status: int) -> None:
        """The typed command has ended, and the shell lives."""
        self._status, self._lives = status, True

    async def hold(self) -> int:
        """Until ``exit`` or ^D; returns the shell's exit status."""
        while True:
            try:
                text = await self._command()
                if text is None:
                    await self._terminal.write(b"\n")
                    return self._status
                if text.strip():
                    text = await self._with_lines(text)
                else:
                    continue
            except Interrupted:
                self._status = INTERRUPTED
                continue
            self._lives = False
            script = f"(exit {self._status}); {text}\n__owlab_status $?"
            status = await _until_interrupted(self._bash, script, self._terminal, self._said)
            if status == INTERRUPTED and not self._lives:
                self._status = INTERRUPTED
            elif not self._lives:
                return status

    async def _command(self) -> str | None:
        """What is typed, up to where it is complete."""
        mark = "# " if self._name else " # "
        await self._terminal.write(f"{self._name}{self._bash.shell_state().cwd}{mark}".encode())
        text = ""
        while True:
            line = await self._terminal.line()
            if line is None:
                return text or None
            text += line
            if complete(text):
                return text.rstrip("\n")
            await self._terminal.write(b"> ")

    async def _with_lines(self, text: str) -> str:
        """``cat > FILE`` and its like get what is typed next."""
        if not reads_terminal(text):
            return text
        lines = ""
        while (line := await self._terminal.line()) is not None:
            lines += line
            if text.split()[0] == "read":
                break
        return with_input(text, lambda _: lines)


def _noting(note: Callable[[int], None]) -> Callable[[CommandContext], Any]:
    async def command(context: CommandContext) -> int:
        note(int(context.argv[0]))
        return int(context.argv[0])

    return command
