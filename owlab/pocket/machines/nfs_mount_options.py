"""Options of an NFS mount, as `nfs(5)` and `mount(8)` of Ubuntu have them."""

from __future__ import annotations

import re
from dataclasses import dataclass

WRONG = "mount.nfs: an incorrect mount option was specified"
FLAGS = (
    "rw ro soft hard softerr softreval bg fg intr nointr lock nolock ac noac cto nocto acl noacl "
    "sharecache nosharecache resvport noresvport rdirplus nordirplus fsc nofsc tcp udp migration "
    "nomigration noatime atime relatime norelatime strictatime nodiratime diratime exec noexec "
    "suid nosuid dev nodev sync async auto noauto user nouser users nofail _netdev defaults silent "
    "mand nomand remount"
)
NUMBERS = (
    "timeo retrans rsize wsize acregmin acregmax acdirmin acdirmax actimeo port mountport retry "
    "namlen nconnect max_connect minorversion"
)
WORDS = {
    "proto": ("tcp", "tcp6", "udp", "udp6", "rdma"),
    "mountproto": ("tcp", "tcp6", "udp", "udp6"),
    "sec": ("sys", "none", "krb5", "krb5i", "krb5p"),
    "lookupcache": ("all", "none", "pos", "positive"),
    "local_lock": ("all", "flock", "posix", "none"),
    "fsc": None,
    "clientaddr": None,
    "mounthost": None,
    "addr": None,
}
VERSION = ("vers", "nfsvers", "v")
VERSIONS = ("3", "4", "4.0", "4.1", "4.2")
UNSEEN = (
    "rw ro bg fg intr nointr auto noauto user nouser users nofail _netdev defaults tcp udp hard "
    "suid exec dev async atime silent remount"
)
"""The kernel's table shows the opposite of these only, or other words for them."""


@dataclass(frozen=True, slots=True)
class NfsOptions:
    """What ``-o`` asks for.

    :param version: of the protocol, such as ``4.2``.
    :param shown: what the table of mounts repeats.
    """

    read_only: bool
    version: str
    shown: tuple[str, ...]

    def table(self, address: str) -> str:
        """The column of options in ``/proc/mounts``; what is exported read-only may say ``rw``."""
        given = {option.partition("=")[0] for option in self.shown}
        parts = ["ro" if self.read_only else "rw", f"vers={self.version}"]
        parts += [] if {"soft", "softerr"} & given else ["hard"]
        parts += [] if "proto" in given else ["proto=tcp"]
        return ",".join([*parts, *self.shown, f"addr={address}"])


def options_of(text: str) -> NfsOptions:
    """Read a list such as ``ro,soft,timeo=30``; the last word about a thing counts.

    :raises ValueError: what `mount.nfs` says of a wrong one.
    """
    read_only, version, shown = False, "4.2", dict[str, str]()
    for option in filter(None, text.split(",")):
        name, is_valued, value = option.partition("=")
        if name in VERSION or re.fullmatch(r"v[\d.]+", name):
            version = _version(name, value if is_valued else name[1:])
        elif name.startswith("x-") or (name == "comment" and is_valued):
            continue  # for systemd and other readers of /etc/fstab
        elif not _known(name, value, bool(is_valued)):
            raise ValueError(WRONG)
        elif name in ("ro", "rw"):
            read_only = name == "ro"
        elif is_valued or name not in UNSEEN.split():
            shown[name] = option
    return NfsOptions(read_only, version, tuple(shown.values()))


def _known(name: str, value: str, is_valued: bool) -> bool:
    if not is_valued:
        return name in FLAGS.split()
    if name in NUMBERS.split():
        return value.isdecimal()
    allowed = WORDS.get(name, ())
    return bool(value) and (allowed is None or value in allowed)


def _version(name: str, value: str) -> str:
    if value in ("2", "2.0"):
        raise ValueError("mount.nfs: Protocol not supported")
    if value not in VERSIONS:
        raise ValueError(f"mount.nfs: parsing error on '{name}=' option\n{WRONG}")
    return "4.2" if value == "4" else value
