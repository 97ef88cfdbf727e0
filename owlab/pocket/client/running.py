"""The lab's process as the system sees it: found, looked at and ended without a word from it."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from owlab.pocket.client import multipass
from owlab.pocket.client.wire import Gone

MODULE = "owlab.pocket.service.daemon"
LOCK = "daemon.lock"
"""Held by the service as long as it lives, however it ends; in it stands its process' number."""


def process(directory: Path) -> psutil.Process | None:
    """The service's process, if it runs.

    Not judged by when it was born: that changes with the computer's clock.
    """
    directory = Path(directory)
    if not is_held(directory / LOCK):
        return None
    for number in _numbers(directory):
        with contextlib.suppress(psutil.Error, ValueError, OverflowError):
            found = psutil.Process(number)
            if _serves(found) and found.status() != psutil.STATUS_ZOMBIE:
                return found
    return _searched(directory)


def is_held(path: Path) -> bool:
    """Some process holds the lock that this file is."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def _numbers(directory: Path) -> Iterator[int]:
    """Where the service may have written its number; either file may be damaged."""
    with contextlib.suppress(OSError, ValueError):
        yield int((directory / LOCK).read_text("ascii") or "0") or -1
    with contextlib.suppress(Gone, KeyError, TypeError, ValueError, OverflowError):
        yield int(multipass.announced(str(directory))["pid"])


def _serves(found: psutil.Process) -> bool:
    return MODULE in found.cmdline()


def _searched(directory: Path) -> psutil.Process | None:
    """The last resort, when both files are damaged."""
    for found in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = found.cmdline()
            if MODULE in words and str(directory) in words:
                return found
    return None


def end(directory: Path, patience: float) -> None:
    """End the service: politely, and after ``patience`` seconds by force, with what it started."""
    found = process(directory)
    if found is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        children = found.children(recursive=True)
        found.terminate()
        found.resume()  # one that was stopped hears nothing until it goes on
        if _has_ended(found, patience):
            return
        children += [one for one in found.children(recursive=True) if one not in children]
        for one in (found, *children):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        _has_ended(found, patience)


def _has_ended(found: psutil.Process, patience: float) -> bool:
    """Wait for its end, which whoever started it, a notebook's kernel say, may not have noted."""
    limit = time.monotonic() + patience
    while time.monotonic() < limit:
        try:
            found.wait(0.05)
            return True
        except psutil.TimeoutExpired:
            with contextlib.suppress(psutil.NoSuchProcess):
                if found.status() == psutil.STATUS_ZOMBIE:
                    with contextlib.suppress(psutil.TimeoutExpired):
                        found.wait(0.05)  # if it is ours, it is gone now
                    return True
    return False


def why_silent(directory: Path, number: int) -> str:
    """What can be seen from outside of a service that does not answer."""
    with contextlib.suppress(psutil.Error):
        if psutil.Process(number).status() == psutil.STATUS_STOPPED:
            return f"It was stopped by a signal; `kill -CONT {number}` lets it go on."
    with contextlib.suppress(OSError):
        place = _where((directory / "daemon.err").read_text("utf-8", "replace"))
        if place:
            return f"It stands still here: {place} (more is in {directory / 'daemon.err'})."
    return f"Its log: {directory / 'daemon.log'}."


def _where(dump: str) -> str:
    """The innermost place of the event loop, of what the watchdog wrote."""
    for stack in reversed(dump.split("Stack (most recent call first):")):
        places = [line.strip() for line in stack.splitlines() if line.startswith("  File ")]
        if any("run_forever" in place for place in places):
            return places[0]
    return ""


def remove(directory: Path) -> None:
    """Remove a lab's folder, also one with folders in it that may not be written.

    Once more when something was made meanwhile: processes that are ending write a last word.
    """
    for _ in range(3):
        with contextlib.suppress(FileNotFoundError):
            if sys.version_info >= (3, 12):
                shutil.rmtree(directory, onexc=_opened)
            else:
                shutil.rmtree(directory, onerror=_opened)
        if not directory.exists():
            return
        time.sleep(0.2)


def _opened(remove: Callable[[str], object], path: str, error: object) -> None:
    with contextlib.suppress(OSError):
        parent = Path(path).parent
        parent.chmod(parent.stat().st_mode | stat.S_IRWXU)
        remove(path)
