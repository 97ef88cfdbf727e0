"""No program takes an option and never looks at it: it obeys, refuses, or has a reason here."""

from __future__ import annotations

import inspect
from types import ModuleType

from tests.pocket.programs.declarations import ProgramSource, modules

IDLE = {
    ("accounts", "useradd"): "U user-group disabled-password",  # so it is anyhow
    ("apt", "parse"): "f fix-broken no-install-recommends no-install-suggests allow-downgrades "
    "all-versions",  # nothing is broken or recommended, and of each package there is one version
    ("apt_cache", "apt_cache"): "q quiet",  # no progress is shown
    ("apt_cache", "apt_mark"): "q quiet y yes",  # and nothing asked
    ("accounts", "userdel"): "f quiet",  # nothing hinders it, and it says nothing
    ("bc", "bc"): "q quiet",  # no welcome is printed
    ("canonical", "realpath"): "P physical",  # so it is anyhow
    ("canonical", "readlink"): "q s quiet silent",  # so it is anyhow
    ("compression", "compress"): "2 3 4 5 6 7 8",  # read as numbers
    ("copying", "install"): "c",  # GNU's ignores it as well
    ("curl", "parse"): "N no-buffer 4 ipv4 http1.1 http2 tlsv1.2 noproxy data-binary",
    # Nothing is held back, nobody has IPv6, HTTP/2 or a proxy; --data... is read by its start.
    ("cut", "cut"): "n",  # GNU's ignores it as well
    ("dd", "fallocate"): "posix",  # another way to the same end
    ("detect_virt", "detect_virt"): "vm",  # so it is anyhow
    ("df", "df"): "sync no-sync",  # nothing waits to be written
    ("diff", "diff"): "d minimal",  # the shortest script is sought anyhow
    ("directories", "mkdir"): "Z context",  # as GNU's without SELinux
    ("removal", "rm"): "preserve-root",  # so it is anyhow
    ("directories", "touch"): "f",  # GNU's ignores it as well
    ("findmnt", "findmnt"): "kernel nofsroot",  # so it is anyhow
    ("flock", "flock"): "o F close no-fork",  # no descriptor is handed on
    ("free", "vmstat"): "n one-header",  # there is one anyhow
    ("git", "_clone"): "j depth single-branch no-single-branch no-tags filter recursive "
    "recurse-submodules progress",  # one commit, one branch, no submodules
    ("grep", "_options"): "U",  # GNU's does nothing about it on Linux
    ("hostname", "hostname"): "f s fqdn long short",  # the name has no domain
    ("journal", "_read"): "x catalog system full",  # one journal, whole lines, no more to explain
    ("logins", "who"): "s short",  # so it is anyhow
    ("lsblk", "lsblk"): "all",  # there is no empty device
    ("lscpu", "lscpu"): "y physical",  # the numbers are the same
    ("mount", "mount"): "c n w F no-mtab read-write fork",  # so it is anyhow
    ("mount", "umount"): "f l n r force lazy",  # no mount is ever busy
    ("nfs", "exportfs"): "i",  # what is said counts alone anyhow
    ("nc", "nc"): "4",  # nobody has IPv6
    ("open_sockets", "netstat"): "W",  # nothing is cut
    ("pager", "less"): "n r R f RAW-CONTROL-CHARS raw-control-chars",  # so it is anyhow
    ("ping", "_asked"): "4",  # nobody has IPv6
    ("pgrep", "pgrep"): "signal",  # procps' ignores it as well
    ("pgrep", "killall"): "e exact",  # names are compared whole
    ("rsync", "_login"): "4 A C T k x",  # as with ssh
    ("snap", "snap"): "h purge",  # help is what it says anyhow; no snapshots are kept
    ("split", "split"): "u unbuffered",  # nothing is held back
    ("ssh", "ssh"): "4 A C T k q x",  # one network, no agent, nothing to say
    ("ssh", "scp"): "3 4 A C T q",  # ways to the same end
    ("status", "stat"): "cached",  # nothing is cached
    ("systemd", "parse"): "l full no-pager f force",  # whole lines, no pager, nothing hinders it
    ("terminal_lines", "_given"): "a e i r u",  # for bash's own `read`
    ("text", "cat"): "u",  # GNU's ignores it as well
    ("text", "tee"): "p",  # no pipe breaks with a signal
    ("timeout", "timeout"): "foreground",  # the command may read the terminal anyhow
    ("users", "id_"): "a",  # GNU's ignores it as well
    ("wget", "wget"): "t tries https-only",  # nothing is tried twice, or recursively
}


def test_no_option_is_taken_and_not_looked_at() -> None:
    found = {
        (module.__name__.rpartition(".")[2], function): names
        for module in modules()
        for function, names in ProgramSource(module).unread()
        if names
    }
    assert found == {place: set(names.split()) for place, names in IDLE.items()}


PROGRAM = """
from owlab.pocket.programs.options import parse

LONG = "all size= most?"
ABSENT = "x"


async def one(call):
    options = parse(call, "ab:cx", LONG, absent=ABSENT)
    if options.has("a", "all"):
        helper(options)


def helper(options):
    return options.value("most")


def another(options):
    return options.value("c", "size", "b")
"""


def test_it_would_be_noticed(monkeypatch) -> None:
    module = ModuleType("invented")
    exec(PROGRAM, vars(module))
    monkeypatch.setattr(inspect, "getsource", lambda _: PROGRAM)
    assert list(ProgramSource(module).unread()) == [("one", {"b", "c", "size"})]
