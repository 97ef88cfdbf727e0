"""``multipass`` for a pocket lab: ``python -m owlab.pocket.client.multipass --dir DIR WORDS...``.

Standard library only and little of it: this starts for every command that anybody types.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from owlab.pocket.client.frames import ERR, EXIT, OUT, RUN, frames
    from owlab.pocket.client.wire import PROTOCOL, Gone, Outdated, ServiceResponse, Silent
    from owlab.pocket.client.wire import request as ask
else:  # started as a file, without the packages around it: that is three times as fast
    from frames import ERR, EXIT, OUT, RUN, frames
    from wire import PROTOCOL, Gone, Outdated, ServiceResponse, Silent
    from wire import request as ask

NOT_RUNNING = (
    "{command} failed: cannot connect to the pocket lab in {directory}\n"
    "Start it with any owlab command, for example: owlab status\n"
)
OUTDATED = (
    "{command} failed: the pocket lab in {directory} was started by another version of owlab\n"
    "Start it again with any owlab command, for example: owlab status\n"
)
LOST, CLOSED = 255, 141
NO_STATUS = "the pocket lab's process ended while this ran: its last words are in daemon.log\n"


def announced(directory: str) -> dict[str, Any]:
    """What a service announced in this directory, whoever it was.

    :raises Gone: nothing that can be read.
    """
    try:
        with open(os.path.join(directory, "daemon.json"), encoding="utf-8") as file:  # noqa: PTH123, PTH118
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        raise Gone(directory) from None
    if not isinstance(found, dict):
        raise Gone(directory)
    return found


def service(directory: str) -> dict[str, Any]:
    """Where the lab's service is, as it announced itself.

    :raises Gone: there is none, or the announcement came with a folder that was copied or moved.
    :raises Outdated: it is one of another version.
    """
    found = announced(directory)
    if isinstance(found.get("protocol"), int) and found["protocol"] != PROTOCOL:
        raise Outdated(directory)
    if os.path.realpath(str(found.get("directory"))) != os.path.realpath(directory):
        raise Gone(directory)
    return found


def request(about: dict[str, Any], method: str, path: str, body: bytes | None) -> ServiceResponse:
    """Ask the service; the answer's body is still to be read."""
    return ask(about, method, path, body)


def feed(about: dict[str, Any], run: str, source: int) -> None:
    """Send standard input to a run as it comes, and its end."""
    path = f"/v1/runs/{run}/stdin"
    try:
        while True:
            data = os.read(source, 65536)
            if request(about, "POST", path, data).status != 204 or not data:
                return
    except (Gone, Silent, OSError):
        return


def follow(about: dict[str, Any], response: ServiceResponse, stdin: int | None) -> int:
    """Pass a run's output on until it ends; returns its exit status."""
    status: int | None = None
    for kind, data in frames(response):
        if kind == OUT:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        elif kind == ERR:
            sys.stderr.buffer.write(data)
            sys.stderr.buffer.flush()
        elif kind == EXIT:
            status = int(data)
        elif kind == RUN:
            run = data.decode()
            if stdin is None:
                request(about, "POST", f"/v1/runs/{run}/stdin", b"")
            else:
                threading.Thread(target=feed, args=(about, run, stdin), daemon=True).start()
    if status is None:
        sys.stderr.write(NO_STATUS)
        return LOST
    return status


def run(directory: str, argv: list[str]) -> int:
    """Run one multipass command line against the lab in ``directory``."""
    about = service(directory)
    words = [os.fsencode(word).decode(errors="replace") for word in argv]
    asked = {"argv": words, "cwd": _here(), "tty": sys.stdout.isatty()}
    response = request(about, "POST", "/v1/multipass", json.dumps(asked).encode())
    if response.status != 200:
        raise Gone(response.read().decode(errors="replace"))
    # A terminal's keys belong to the next command; what is piped in belongs to this one.
    return follow(about, response, None if sys.stdin.isatty() else 0)


def _here() -> str:
    try:
        return os.fsencode(os.getcwd()).decode(errors="replace")  # noqa: PTH109
    except FileNotFoundError:  # it was removed under our feet
        return "/"


def _with_streams() -> None:
    """Closed streams are silent ones: a socket must not get their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115


def terminal_of(words: list[str]) -> str | None:
    """The machine on which ``shell`` opens, empty if none is named.

    None where Multipass has something to say instead.
    """
    names, left = [], list(words)
    while left:
        word = left.pop(0)
        if word == "--timeout" and left and left[0].isdecimal() and left[0].strip("0"):
            left.pop(0)
        elif word.startswith("-"):
            return None
        else:
            names.append(word)
    return None if len(names) > 1 else "".join(names)


def open_terminal(directory: str, machine: str) -> None:
    """Become the terminal, which needs more than the standard library."""
    module = ["-m", "owlab.pocket.client.terminal", "--dir", directory, machine]
    os.execv(sys.executable, [sys.executable, *module])


def main(argv: list[str]) -> int:
    """Parse ``--dir``; everything else is Multipass's."""
    if argv[:1] != ["--dir"] or len(argv) < 2:
        sys.stderr.write(
            "usage: python -m owlab.pocket.client.multipass --dir DIR [multipass words]\n"
        )
        return 1
    directory, words = argv[1], argv[2:]
    command = words[0] if words else "multipass"
    try:
        if words[:1] in (["shell"], ["sh"], ["connect"]) and sys.stdin.isatty():
            machine = terminal_of(words[1:])
            if machine is not None:
                open_terminal(directory, machine)
        return run(directory, words)
    except Gone as error:
        said = OUTDATED if isinstance(error, Outdated) else NOT_RUNNING
        sys.stderr.write(said.format(command=command, directory=directory))
        return 2
    except BrokenPipeError:  # whoever read this has what it wanted
        return CLOSED
    except ConnectionError as error:
        sys.stderr.write(f"{command} failed: {error}\n")
        return LOST
    except OSError as error:  # the disk that takes the output is full, say
        sys.stderr.write(f"{command} failed: {error.strerror or error}\n")
        return 2
    except (MemoryError, RuntimeError) as error:  # no thread can be started
        sys.stderr.write(f"{command} failed: {str(error) or 'there is not enough memory'}\n")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    _with_streams()
    status = main(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = CLOSED
    except OSError:
        status = status or 1
    # Not sys.exit: the thread that waits for standard input would hold the process.
    os._exit(status)
