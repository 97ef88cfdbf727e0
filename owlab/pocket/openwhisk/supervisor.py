"""Starts the processes of actions and ends them, whole: `python -I -S supervisor.py DESCRIPTOR`.

A program of its own, so that nothing of an action outlives the lab's service, however that ends.
Requests come from the service as frames on the descriptor (four bytes of length, then JSON), with
the new process's streams attached; events go back the same way. When the descriptor closes,
everything is killed.

On Linux each container's first process is a *subreaper*: what it starts stays below it even in a
session of its own, so that memory is counted and death comes to all of it. Elsewhere process
groups and the table of processes have to do.
"""

import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PAGE = os.sysconf("SC_PAGE_SIZE")
# Seconds between two looks at the memory of containers that are busy, and of idle ones.
BUSY, IDLE = (0.02, 1.0) if LINUX else (0.25, 2.0)
PROCESSES = 512
LIMITS = {"RLIMIT_CORE": 0, "RLIMIT_NOFILE": 1024, "RLIMIT_FSIZE": 1 << 30}


class Container:
    """One container's first process, and what may be known of those below it."""

    def __init__(self, pid: int, memory: int) -> None:
        self.pid, self.memory = pid, memory
        self.busy = False
        self.reason = ""


def prctl(option: int, value: int) -> None:
    if LINUX:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def told(path: str) -> bytes:
    """What the kernel tells in a small file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 65536)
    finally:
        os.close(descriptor)


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started, or that were left to it."""
    if not LINUX:
        return [child for child, parent, _ in table() if parent == pid]
    found: list[int] = []
    try:
        for thread in os.scandir(f"/proc/{pid}/task"):
            found += map(int, told(f"{thread.path}/children").split())
    except OSError:
        pass
    return found


def table() -> list[tuple[int, int, int]]:
    """Every process: its id, its parent's, its resident bytes."""
    words = ["ps", "-axo", "pid=,ppid=,rss="]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    rows = (line.split() for line in done.stdout.splitlines())
    return [(int(r[0]), int(r[1]), int(r[2]) * 1024) for r in rows if len(r) == 3]


def tree(root: int) -> list[int]:
    """A process and all below it, the parents first."""
    found, at = [root], 0
    while at < len(found):
        found += [child for child in children(found[at]) if child not in found]
        at += 1
    return found


def resident(pids: list[int]) -> int:
    """The bytes of memory that processes have, counted for each."""
    total = 0
    if not LINUX:
        return sum(size for pid, _, size in table() if pid in pids)
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            total += int(told(f"/proc/{pid}/statm").split()[1]) * PAGE
    return total


def proportional(pids: list[int]) -> int:
    """The same, with what they share counted once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = told(f"/proc/{pid}/smaps_rollup").splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith(b"Pss:")) * 1024
    return total or resident(pids)


def send_signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill(root: int) -> None:
    """End a process and all below it. They are stopped first: none can start another meanwhile."""
    stopped: set[int] = set()
    while True:
        new = [pid for pid in tree(root) if pid not in stopped]
        if not new:
            break
        for pid in new:
            send_signal(pid, signal.SIGSTOP)
        stopped.update(new)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(root, signal.SIGKILL)
    for pid in stopped:
        send_signal(pid, signal.SIGKILL)


class Supervisor:
    """Obeys the service on one socket."""

    def __init__(self, control: socket.socket, worker: str) -> None:
        self._control, self._worker = control, worker
        self._containers: dict[int, Container] = {}
        self._received, self._descriptors = b"", [0][:0]
        self._looked = 0.0
        self._bell, ring = os.pipe()
        os.set_blocking(self._bell, False)
        os.set_blocking(ring, False)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        self._ring = ring
        signal.signal(signal.SIGCHLD, lambda *_: None)
        prctl(PR_SET_CHILD_SUBREAPER, 1)

    def serve(self) -> None:
        """Until the service is gone."""
        while True:
            channel = self._control.fileno()
            ready, _, _ = select.select([channel, self._bell], [], [], self._pause())
            if self._bell in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._bell, 4096)
            if channel in ready and not self._receive():
                break
            self._reap()
            self._look()
        for container in list(self._containers.values()):
            kill(container.pid)

    def _pause(self) -> float | None:
        if not self._containers:
            return None
        every = BUSY if any(c.busy for c in self._containers.values()) else IDLE
        return max(0.0, self._looked + every - time.monotonic())

    def _receive(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 65536, 16)
        except ConnectionError:
            return False
        if not data:
            return False
        self._received += data
        self._descriptors += descriptors
        while len(self._received) >= 4:
            end = 4 + int.from_bytes(self._received[:4], "big")
            if len(self._received) < end:
                break
            request = json.loads(self._received[4:end])
            self._received = self._received[end:]
            self._obey(request)
        return True

    def _obey(self, request: dict[str, Any]) -> None:
        name = request["id"]
        if request["op"] == "start":
            streams, self._descriptors = self._descriptors[:3], self._descriptors[3:]
            try:
                pid = self._start(request, streams)
            except OSError as error:
                self._tell({"event": "failed", "id": name, "error": str(error)})
            else:
                self._containers[name] = Container(pid, request["memory"])
                self._tell({"event": "started", "id": name, "pid": pid})
            finally:
                for stream in streams:
                    os.close(stream)
        elif name in self._containers:
            container = self._containers[name]
            if request["op"] == "busy":
                container.busy = request["busy"]
                self._looked = 0.0
            elif request["op"] == "kill":
                kill(container.pid)

    def _start(self, request: dict[str, Any], streams: list[int]) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            self._become(request, streams)
        except BaseException as error:
            os.write(2, f"{error}\n".encode())
        os._exit(127)

    def _become(self, request: dict[str, Any], streams: list[int]) -> None:
        """In the new process: set it apart, and run the container's program."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        channel = os.dup(streams[0])
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (streams[1], 1), (streams[2], 2)):
            os.dup2(source, target)
        for descriptor in (self._control.fileno(), self._bell, self._ring, null, *streams):
            if descriptor > 2 and descriptor != channel:
                os.close(descriptor)
        for name, most in LIMITS.items():
            limit = getattr(resource, name)
            hard = resource.getrlimit(limit)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(limit, (most, most))
        os.chdir(request["cwd"])
        os.set_inheritable(channel, True)
        sys.modules["confine"].confine(request["read"], [request["cwd"], *request["write"]])
        if request["argv"]:
            words = [*request["argv"], str(channel)]
            os.execve(words[0], words, request["env"])
        self._run_python(request, channel)

    def _run_python(self, request: dict[str, Any], channel: int) -> None:
        """This interpreter is the runtime's as well: a copy of it starts at once."""
        os.environ.clear()
        os.environ.update(request["env"])
        sys.argv = [self._worker]
        for number, mode in ((0, "r"), (1, "w"), (2, "w")):
            name = ("stdin", "stdout", "stderr")[number]
            stream = os.fdopen(number, mode, 1, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
        main = sys.modules["__main__"] = self._program(request["program"])
        main.__name__ = "__main__"
        main.serve(channel)

    @staticmethod
    def _program(path: str) -> Any:
        """The Python runtime's worker, which is there already, or another program of this sort."""
        if not path:
            return sys.modules["worker"]
        directory, _, file = path.rpartition("/")
        sys.path.insert(0, directory)
        try:
            return __import__(file.removesuffix(".py"))
        finally:
            del sys.path[0]

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if not pid:
                break
            for name, container in list(self._containers.items()):
                if container.pid == pid:
                    del self._containers[name]
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(pid, signal.SIGKILL)
                    self._tell(
                        {
                            "event": "ended",
                            "id": name,
                            "status": os.waitstatus_to_exitcode(status),
                            "reason": container.reason,
                        }
                    )
        if LINUX:
            # Left to us by a first process that has ended: nothing may outlive it.
            known = {container.pid for container in self._containers.values()}
            for orphan in children(os.getpid()):
                if orphan not in known:
                    kill(orphan)

    def _look(self) -> None:
        """End what uses more than its container may."""
        now = time.monotonic()
        busy = any(c.busy for c in self._containers.values())
        if now - self._looked < (BUSY if busy else IDLE):
            return
        self._looked = now
        for container in self._containers.values():
            pids = tree(container.pid)
            if len(pids) > PROCESSES:
                container.reason = "processes"
            elif resident(pids) > container.memory and proportional(pids) > container.memory:
                container.reason = "memory"
            else:
                continue
            kill(container.pid)

    def _tell(self, event: dict[str, Any]) -> None:
        data = json.dumps(event).encode()
        with contextlib.suppress(OSError):
            self._control.sendall(len(data).to_bytes(4, "big") + data)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    for program in (sys.argv[2], __file__):
        sys.path.insert(0, program.rpartition("/")[0])
    __import__("worker")
    __import__("confine")
    del sys.path[:2]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    gc.freeze()
    Supervisor(control, sys.argv[2]).serve()


if __name__ == "__main__":
    main()
