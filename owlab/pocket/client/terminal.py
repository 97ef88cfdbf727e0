"""A terminal in the lab: prompt, history, pasted blocks, Ctrl-C; or a script on standard input."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession, search
from prompt_toolkit.filters import is_searching
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle

from owlab.pocket.bash.lines import complete
from owlab.pocket.client import container_shell, multipass, recall
from owlab.pocket.client.completion import MachineCompleter
from owlab.pocket.client.frames import ASK, EDIT, ERR, EXIT, OUT, RUN, SWITCH, frames
from owlab.pocket.client.keyboard import AnsweringKeyboard
from owlab.pocket.client.shell_history import ShellHistory
from owlab.pocket.client.typed_ahead import TypedAhead
from owlab.pocket.client.wire import Gone

INTERRUPTED = 130
SCREEN, SCREEN_LEFT = b"\x1b[?1049h", b"\x1b[?1049l"
TITLE = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


class RemoteConsole:
    """The service's side of a terminal: shells that keep their state."""

    def __init__(self, directory: Path, machine: str) -> None:
        self.about = multipass.service(str(directory))
        asked = {"machine": machine, "interactive": sys.stdin.isatty()}
        body = json.dumps(asked).encode()
        response = multipass.request(self.about, "POST", "/v1/consoles", body)
        answer = response.read().decode(errors="replace")
        if response.status != 200:
            raise NotOpened(answer)
        self.where: dict[str, Any] = json.loads(answer)
        self.whole_screen = False
        """A program has the terminal's other screen."""
        self._path = f"/v1/consoles/{self.where['id']}"

    @property
    def left(self) -> bool:
        """The last shell was left."""
        return bool(self.where["left"])

    def type(self, text: str, source: Input | None = None) -> int:
        """Run commands; Ctrl-C ends them, and with them the connection.

        :param source: the terminal, at which can be typed what they ask for.
        """
        status: int | None = None
        answering: AnsweringKeyboard | None = None
        columns, lines = shutil.get_terminal_size()
        asked = f"{self._path}?columns={columns}&lines={lines}&asks={int(source is not None)}"
        response = multipass.request(self.about, "POST", asked, text.encode())
        with contextlib.closing(response), contextlib.ExitStack() as meanwhile:
            if response.status != 200:
                raise NotOpened(response.read().decode(errors="replace"))
            for kind, data in frames(response):
                if kind == RUN and source is not None:
                    ahead = TypedAhead(source)
                    run = data.decode()
                    answering = AnsweringKeyboard(run, self._feeder(run), ahead)
                    meanwhile.callback(answering.close)
                elif kind == EDIT and answering is not None:
                    answering.suspended()
                    self._edit(answering.run, json.loads(data))
                elif kind == ASK and answering is not None:
                    answering.asked(data.decode())
                elif kind in (OUT, ERR):
                    stream = sys.stdout if kind == OUT else sys.stderr
                    stream.buffer.write(data)
                    stream.flush()
                    if SCREEN in data or SCREEN_LEFT in data:
                        self.whole_screen = data.rfind(SCREEN) > data.rfind(SCREEN_LEFT)
                elif kind == SWITCH:
                    self.where = json.loads(data)
                elif kind == EXIT:
                    status = int(data)
        if status is None:
            sys.stderr.write(multipass.NO_STATUS)
            return multipass.LOST
        return status

    def _feeder(self, run: str) -> Callable[[bytes], None]:
        def send(data: bytes) -> None:
            with contextlib.suppress(Gone, OSError):
                multipass.request(self.about, "POST", f"/v1/runs/{run}/stdin", data)

        return send

    def _edit(self, run: str, draft: dict[str, Any]) -> None:
        """An editor, until it is left; the run is told how."""
        from owlab.pocket.client.editor import Editor

        def write(name: str, text: str, force: bool) -> str:
            body = json.dumps({"name": name, "text": text, "force": force}).encode()
            try:
                answer = multipass.request(self.about, "POST", f"/v1/runs/{run}/save", body)
                return answer.read().decode(errors="replace")
            except (Gone, OSError) as error:
                return str(error) or "the lab does not answer"

        status = Editor.of(draft, write).run()
        self._feeder(run)(str(status).encode())

    def suspend(self) -> None:
        """Stop what runs, so that the prompt comes back."""
        with contextlib.suppress(Gone, OSError):
            multipass.request(self.about, "POST", f"{self._path}/suspend", b"").read()

    def capture(self, text: str) -> str:
        """What a command prints in a shell like this one."""
        printed = b""
        response = multipass.request(self.about, "POST", self._path, text.encode())
        with contextlib.closing(response):
            if response.status != 200:
                raise NotOpened(response.read().decode(errors="replace"))
            for kind, data in frames(response):
                printed += data if kind == OUT else b""
        return printed.decode(errors="replace")

    def close(self) -> None:
        """Leave; what still runs in it ends."""
        with contextlib.suppress(Gone, OSError):
            multipass.request(self.about, "DELETE", self._path, None).read()


class NotOpened(Exception):
    """The service did not open or run it; the message says why."""


def run_terminal(directory: str | Path, machine: str) -> int:
    """A terminal on a machine of the lab in ``directory``; returns the last exit status."""
    try:
        console = RemoteConsole(Path(directory), machine)
    except NotOpened as refused:
        sys.stderr.write(str(refused))
        return 2
    try:
        if sys.stdin.isatty():
            return _interactive(console)
        return _script(console)
    except NotOpened as refused:
        sys.stderr.write(str(refused))
        return 255
    finally:
        console.close()


def _script(console: RemoteConsole) -> int:
    """What is on standard input, as if it had been typed."""
    with _interrupts():
        return console.type(sys.stdin.buffer.read().decode(errors="replace"))


@contextlib.contextmanager
def _interrupts() -> Iterator[None]:
    """Ctrl-C raises, also where the parent had it ignored (a job in the background of a script)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _suspends(console: RemoteConsole) -> Iterator[None]:
    """Ctrl-Z stops what runs in the lab, and not this program."""
    before = signal.signal(signal.SIGTSTP, lambda *_: console.suspend())
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)


def _interactive(console: RemoteConsole) -> int:
    history = ShellHistory()
    session: PromptSession[str] = PromptSession(
        history=history,
        prompt_continuation=lambda width, line, wrapped: (
            "" if wrapped else prompt(console.where["continuation"])
        ),
        key_bindings=_keys(),
        completer=MachineCompleter(console.capture),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
    )
    print(console.where["welcome"], end="", flush=True)
    status = 0
    while not console.left:
        history.learn(console.where)
        console.where.pop("history", None)
        console.where.pop("typed", None)
        try:
            text = session.prompt(prompt(console.where["prompt"]))
        except KeyboardInterrupt:
            status = INTERRUPTED  # what was typed is dropped, as a shell does
            continue
        except EOFError:
            text = "exit"
        try:  # Ctrl-C may come at any moment, not only while a command answers
            if text.strip():
                status = _recall_and_carry_out(console, text, session)
        except KeyboardInterrupt:
            # Behind the ^C that the terminal itself shows; a program may have had all of it.
            print(SCREEN_LEFT.decode() if console.whole_screen else "")
            console.whole_screen = False
            status = INTERRUPTED
    return status


def _recall_and_carry_out(console: RemoteConsole, text: str, session: PromptSession[str]) -> int:
    """With what ``!!`` and its like mean, which is shown first."""
    try:
        whole, only_shown = recall.recalled(text, session.history.get_strings())
    except recall.NoEvent as missing:
        sys.stderr.write(f"bash: {missing}\n")
        return 1
    if whole != text:
        print(whole)
    return 0 if only_shown else _carry_out(console, whole, session.input)


def _carry_out(console: RemoteConsole, text: str, source: Input) -> int:
    """What was typed at the prompt."""
    words = container_shell.kubectl_words(text, console.where)
    if words is not None:
        return container_shell.run(console.about, words)
    with _suspends(console):
        return console.type(text, source)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=is_searching, eager=True)
    def found(event: KeyPressEvent) -> None:
        """Run what Ctrl-R has found."""
        search.accept_search()
        accept(event)

    @keys.add("enter", filter=~is_searching)
    @keys.add("c-j", filter=~is_searching)
    def accept(event: KeyPressEvent) -> None:
        """Run what is complete; otherwise go on in the next line, as bash does."""
        buffer = event.current_buffer
        if complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    @keys.add("c-c", filter=~is_searching, eager=True)
    def drop(event: KeyPressEvent) -> None:
        """What was typed stays to be seen, and is not run."""
        event.current_buffer.cursor_position = len(event.current_buffer.text)
        event.current_buffer.insert_text("^C")
        event.app.exit(exception=KeyboardInterrupt())

    @keys.add("c-z")
    def nothing(_event: KeyPressEvent) -> None:
        """There is nothing to stop at a prompt."""

    return keys


def prompt(shown: str) -> ANSI:
    """A prompt of the shell's; what sets the window's title is passed on and takes no room."""
    return ANSI(TITLE.sub(lambda found: f"\001{found[0]}\002", shown))


def main(argv: list[str] | None = None) -> int:
    """``python -m owlab.pocket.client.terminal --dir DIR [MACHINE]``."""
    parser = argparse.ArgumentParser(
        prog="python -m owlab.pocket.client.terminal", description=__doc__
    )
    parser.add_argument("--dir", type=Path, required=True, help="the lab's directory")
    parser.add_argument("machine", nargs="?", default="host")
    options = parser.parse_args(argv)
    try:
        return run_terminal(options.dir, options.machine)
    except Gone:
        sys.stderr.write(f"the pocket lab in {options.dir} does not run\n")
        return 2
    except ConnectionError as error:
        sys.stderr.write(f"{error}\n")
        return 255


if __name__ == "__main__":
    sys.exit(main())
