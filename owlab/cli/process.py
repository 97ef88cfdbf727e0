"""The process around a command: its signals, its streams, and what they may do to it."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import click

from owlab.cli import suggestions
from owlab.language import N_, _, pair

INTERRUPTED = 130
NO_THREAD = "can't start new thread"  # CPython's own words; it has no class for it
FAILED, REFUSED = 1, 2
_received: list[int] = []


class Owlab(click.Group):
    """The group of all commands, on whatever streams there are."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command; what the system refuses is a sentence, and no traceback."""
        _open_streams()
        if os.environ.get("NO_COLOR"):
            kwargs.setdefault("color", False)
        try:
            with signals_interrupt():
                return super().main(*args, **kwargs)
        except (OSError, MemoryError, RecursionError) as error:
            _say(_sentence(error))
            sys.exit(FAILED)
        except RuntimeError as error:
            if str(error) != NO_THREAD:
                raise
            _say(_("error: no thread can be started.") + _(_NO_ROOM))
            sys.exit(FAILED)
        finally:
            _flush()

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the options before the command."""
        try:
            return super().make_context(*args, **kwargs)
        except click.NoSuchOption as error:
            raise suggestions.no_such_option(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Read those of the command, and do it."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            raise suggestions.no_such_option(error) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named."""
        name = click.utils.make_str(args[0])
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            raise suggestions.no_such_command(name, self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


def _open_streams() -> None:
    """Closed ones take nothing and say nothing; what one cannot write becomes a question mark."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _flush() -> None:
    """Before Python does it, which would complain in its own words."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except OSError as error:
        silence()
        _say(_sentence(error))
        sys.exit(FAILED)


def silence() -> None:
    """Nobody takes what is printed any more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    with suppress(OSError):
        click.echo(text, err=True)


def _sentence(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _("error: there is not enough memory. Close other programs and repeat.")
    if isinstance(error, RecursionError):
        return _("error: what was given is too deep.")
    assert isinstance(error, OSError)
    if isinstance(error, FileNotFoundError) and not error.filename and _is_nowhere():
        return _("error: the folder that you are in is gone. Change to another one and repeat.")
    said = str(error.strerror or error) or type(error).__name__
    what = pair(said, str(error.filename)) if error.filename else said
    advice = _ADVICE.get(error.errno or 0)
    return _("error: {brief}.").format(brief=what) + (_(advice) if advice else "")


def _is_nowhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return True
    return False


_NO_ROOM = N_(
    " Close other programs, or allow more memory and processes (ulimit -v, -u), and repeat."
)
_ADVICE = {
    errno.ENOMEM: _NO_ROOM,
    errno.ENOSPC: N_(" Free some space and repeat."),
    errno.EDQUOT: N_(" Free some space and repeat."),
    errno.EFBIG: N_(" Files may not grow that large here (ulimit -f)."),
    errno.EMFILE: N_(" Allow more open files (ulimit -n 1024) and repeat."),
    errno.EAGAIN: N_(" Allow more processes (ulimit -u) and repeat."),
}


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """A polite termination and a lost terminal are treated as Ctrl-C is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}
    for one in (signal.SIGTERM, signal.SIGHUP):
        # One that is ignored, as under nohup, stays ignored.
        if signal.getsignal(one) == signal.SIG_DFL:
            before[one] = signal.signal(one, _interrupt)
    _received.clear()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt


def interrupted_status() -> int:
    """The exit status of an interrupted command: 128 and the signal's number."""
    return 128 + _received[0] if _received else INTERRUPTED
