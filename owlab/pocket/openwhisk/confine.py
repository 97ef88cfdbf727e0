"""What the processes of an action may touch of this computer's files, by Linux's Landlock.

Read: the system's programs and libraries, the runtime's own. Write: the action's directory and the
temporary one. Not: anybody's home, the lab's keys. Where the kernel has no Landlock, nothing is
confined. No library is needed for three system calls, and none may be imported here: the supervisor
runs without site-packages.
"""

import contextlib
import ctypes
import os
import platform
import stat
import struct
import sys

CREATE, ADD, RESTRICT = 444, 445, 446
NO_NEW_PRIVILEGES = 38
PATH_BENEATH = 1
EXECUTE, WRITE, READ, LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE = 1 << 14
# Rights by the version of Landlock that knows them: all, and those that files can have.
EVERYTHING = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
FILES = EXECUTE | WRITE | READ | TRUNCATE
SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/proc", "/sys", "/dev",
    "/run/systemd/resolve", "/run/resolvconf", "/nix/store", "/snap",
)  # fmt: skip
SHARED = ("/tmp", "/var/tmp", "/dev/shm")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/urandom", "/dev/random")


def version() -> int:
    """The version of Landlock that the kernel has; 0 for none."""
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"):
        return 0
    found = ctypes.CDLL(None, use_errno=True).syscall(CREATE, None, 0, 1)
    return max(0, int(found))


def confine(read: list[str], write: list[str]) -> bool:
    """Keep this process, and all that it starts, to these directories and the system's."""
    known = version()
    if not known:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    everything = EVERYTHING[min(known, 3)]
    attributes = struct.pack("=Q", everything)
    rules = libc.syscall(CREATE, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in (*SYSTEM, *read):
            _allow(libc, rules, path, everything & (EXECUTE | READ | LIST))
        for path in (*SHARED, *write):
            _allow(libc, rules, path, everything)
        for path in DEVICES:
            _allow(libc, rules, path, everything & (READ | WRITE | TRUNCATE))
        libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return bool(libc.syscall(RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    with contextlib.suppress(OSError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(place).st_mode):
                rights &= FILES
            libc.syscall(ADD, rules, PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
        finally:
            os.close(place)
