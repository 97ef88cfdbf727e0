"""`--version` of what the interpreter itself runs: whose work it stands for, and what it is."""

from __future__ import annotations

from owlab.pocket.bash.own_programs import SIGNALS, VERSION
from owlab.pocket.machines.signals import listing
from owlab.pocket.programs.base import Call, program

VERSIONS = {
    "bash": "GNU bash, version 5.2.21(1)-release (x86_64-pc-linux-gnu)",
    "sed": "sed (GNU sed) 4.9",
    "grep": "grep (GNU grep) 3.11",
    "awk": "mawk 1.3.4 20240123",
    "find": "find (GNU findutils) 4.9.0",
    "xargs": "xargs (GNU findutils) 4.9.0",
    "jq": "jq-1.7",
    "diff": "diff (GNU diffutils) 3.10",
    "bc": "bc 1.07.1",
    "patch": "GNU patch 2.7.6",
    "tar": "tar (GNU tar) 1.35",
    "cmp": "cmp (GNU diffutils) 3.10",
    "gzip": "gzip 1.12",
    "xz": "xz (XZ Utils) 5.4.5",
    "rsync": "rsync  version 3.2.7  protocol version 31",
    "less": "less 590 (GNU regular expressions)",
    "htop": "htop 3.3.0",
    "man": "man 2.12.0",
    "file": "file-5.45",
    "tree": "tree v2.1.1 (c) 1996 - 2023",
    "xxd": "xxd 2023-10-25",
    "envsubst": "envsubst (GNU gettext-runtime) 0.21",
    "openssl": "OpenSSL 3.0.13 30 Jan 2024 (Library: OpenSSL 3.0.13 30 Jan 2024)",
    "journalctl": "systemd 255 (255.4-1ubuntu8)",
    "apt": "apt 2.7.14 (amd64)",
    "dpkg": "Debian 'dpkg' package management program version 1.22.6 (amd64).",
}


def _of(names: str, form: str) -> dict[str, str]:
    return {name: form.format(name) for name in names.split()}


VERSIONS |= _of(
    "lsblk findmnt flock hexdump column rev uuidgen su mount umount getopt kill more dmesg logger "
    "lscpu blkid fallocate script hd last",
    "{} from util-linux 2.39.3",
)
VERSIONS |= _of(
    "ps top free uptime vmstat w watch pgrep pkill pidof sysctl", "{} from procps-ng 4.0.4"
)
VERSIONS |= _of("zgrep zless zdiff zcmp zcat gunzip", "{} (gzip) 1.12")
VERSIONS |= _of("egrep fgrep", "{} (GNU grep) 3.11")
VERSIONS |= _of(
    "cat head tail tee cut ls dir vdir cp mv rm mkdir rmdir touch chmod chown chgrp stat df du "
    "date mktemp realpath readlink split timeout dd who id install ln",
    "{} (GNU coreutils) 9.4",
)

NOTE = "(what runs is the pocket lab's own)"


@program(SIGNALS, machines="all")
async def signals(call: Call) -> int:
    """What ``trap -l`` prints."""
    await call.out(listing())
    return 0


@program(VERSION, machines="all")
async def version(call: Call) -> int:
    """The version that Ubuntu 24.04 has, and that this is another program."""
    await call.out(version_of(call.argv[0]))
    return 0


def version_of(name: str) -> str:
    """What ``--version`` prints."""
    return f"{VERSIONS.get(name) or f'{name} (GNU coreutils) 9.4'}\n{NOTE}\n"
