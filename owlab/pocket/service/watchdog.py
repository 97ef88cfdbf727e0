"""Notices an event loop that stands still, writes down where, and ends a service that is stuck.

Everything that users supply is limited before it runs on the loop; this is for what was missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psutil

log = logging.getLogger(__name__)

BEATS = 1.0
TELLS_AFTER = 5
"""Beats without an answer of the loop until the place is written to ``daemon.err``."""
ENDS_AFTER = 120
"""Beats until the service ends itself. What was acknowledged is on disk; the next command starts
it again. Counted, not timed: a process that was stopped, or slept with its laptop, missed none."""


class Watchdog:
    """A thread that waits for the loop's heartbeat."""

    def __init__(self, ends: Callable[[], None] | None = None, beats: float = BEATS) -> None:
        self._ends, self._beats = ends or _end_everything, beats
        self._alive = threading.Event()
        self._over = threading.Event()

    async def run(self) -> None:
        """Beat until cancelled."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        try:
            with _telling() as put_off:
                while True:
                    put_off(TELLS_AFTER * self._beats)
                    self._alive.set()
                    await asyncio.sleep(self._beats)
        finally:
            self._over.set()

    def _watch(self) -> None:
        missed = 0
        while not self._over.wait(self._beats):
            if self._alive.is_set():
                self._alive.clear()
                if missed >= TELLS_AFTER:
                    log.warning("the service goes on, after it stood still for %d beats", missed)
                missed = 0
                continue
            missed += 1
            if missed == TELLS_AFTER:
                log.error("the service stands still; where it does is in daemon.err")
            if missed >= ENDS_AFTER:
                log.error("the service stood still for %d beats: it ends itself", missed)
                self._ends()
                return


def _put_off(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds)


@contextlib.contextmanager
def _telling() -> Iterator[Callable[[float], None]]:
    """While it lasts, write to standard error where the loop is when it is not put off in time.

    By a timer of the system: its signal goes to the main thread, which is the loop's, and is
    handled there without Python, also where something holds Python's lock. A second thread that
    reads frames while they go on, as that of :func:`faulthandler.dump_traceback_later`, crashes.
    """
    try:
        faulthandler.register(signal.SIGALRM, file=sys.stderr, all_threads=False)
    except (ValueError, OSError, RuntimeError):  # no file to write to
        yield lambda _seconds: None
        return
    try:
        yield _put_off
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.unregister(signal.SIGALRM)


def _end_everything() -> None:
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()
    time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)
