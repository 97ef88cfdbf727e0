"""``owlab lab`` becomes JupyterLab, which ends with its terminal, and its kernels with it."""

from __future__ import annotations

import json
import os
import pty
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.waiting import until


@dataclass
class Terminal:
    """A terminal in which ``owlab lab`` was typed, with a kernel that somebody opened."""

    process: psutil.Process
    kernel: psutil.Process
    master: int


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    folders = {
        name: str(tmp_path / name.lower())
        for name in ("OWLAB_HOME", "OWLAB_NOTEBOOKS", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")
    }
    environment = {**os.environ, **folders, "IPYTHONDIR": str(tmp_path / "ipython")}
    words = [sys.executable, "-m", "owlab", "lab", "--no-browser", "--allow-root"]
    words += ["--ip=127.0.0.1", "--port=0", "--IdentityProvider.token=t"]
    number, master = pty.fork()
    if number == 0:
        os.execve(sys.executable, words, environment)
    os.set_blocking(master, False)
    process = psutil.Process(number)
    children: list[psutil.Process] = []
    try:
        runtime = Path(folders["JUPYTER_RUNTIME_DIR"])
        until(lambda: _drained(master) and _address(runtime))
        url = _address(runtime)
        until(lambda: _answers(url))
        httpx.post(f"{url}api/kernels", params={"token": "t"}, timeout=60).raise_for_status()
        until(lambda: _drained(master) and _kernels(process))
        children = process.children(recursive=True)
        yield Terminal(process, _kernels(process)[0], master)
    finally:
        for one in (process, *children):
            with suppress(psutil.NoSuchProcess):
                one.kill()
        with suppress(OSError):
            os.close(master)
        with suppress(ChildProcessError):
            os.waitpid(number, 0)


def _drained(master: int) -> bool:
    """Somebody reads what the terminal shows."""
    with suppress(OSError):
        os.read(master, 1 << 20)
    return True


def _address(runtime: Path) -> str:
    """Where it listens; empty until that is written down, whole."""
    for path in runtime.glob("jpserver-*.json"):
        with suppress(ValueError):
            return str(json.loads(path.read_text("utf-8"))["url"])
    return ""


def _answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}api/status", params={"token": "t"}).is_success
    return False


def _kernels(process: psutil.Process) -> list[psutil.Process]:
    found = []
    for child in process.children(recursive=True):
        with suppress(psutil.Error):
            if any("ipykernel_launcher" in word for word in words_of(child)):
                found.append(child)
    return found


def words_of(process: psutil.Process) -> list[str]:
    """What it was started with; of one that has just ended, nothing."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # a zombie is one, too
        return []


def test_it_is_jupyterlab_itself_that_runs(terminal: Terminal) -> None:
    words = terminal.process.cmdline()
    assert "jupyterlab" in words
    assert "owlab" not in words
    assert any("ipykernel_launcher" in word for word in terminal.kernel.cmdline())
    assert "owlab.light_start" in terminal.kernel.cmdline(), "ours: without a debugger"
    ours = [one for one in terminal.process.children(recursive=True) if "owlab" in words_of(one)]
    assert ours == [], "nothing of owlab's stays in memory beside it"


def _hang_up(terminal: Terminal) -> None:
    os.close(terminal.master)


def _terminate(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("end", [_hang_up, _terminate], ids=["terminal-closed", "SIGTERM"])
def test_it_ends_with_its_kernels(terminal: Terminal, end: Callable[[Terminal], None]) -> None:
    end(terminal)
    until(lambda: _has_ended(terminal.process))
    until(lambda: _has_ended(terminal.kernel))


def _has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
