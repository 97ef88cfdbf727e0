"""The pocket lab's small Ubuntu archive: which packages there are, and what each brings.

Versions carry ``+pocket``: what is installed is a name in a list with its consequences (units,
files, commands), never a program of Ubuntu's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Package:
    """One package: what `apt` shows of it, and what it brings."""

    version: str
    summary: str
    kilobytes: int = 120
    depends: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    suggests: tuple[str, ...] = ()
    library: bool = False  # shown by dpkg with its architecture: libtirpc3t64:amd64


EXPORTS_TEMPLATE = """\
# /etc/exports: the access control list for filesystems which may be exported
#\t\tto NFS clients.  See exports(5).
#
# Example for NFSv4:
# /srv/nfs4        gss/krb5i(rw,sync,fsid=0,crossmnt,no_subtree_check)
#
"""

ARCHIVE: dict[str, Package] = {
    "nfs-kernel-server": Package(
        "1:2.6.4-3ubuntu5.1+pocket",
        "support for NFS kernel server",
        169,
        depends=("nfs-common",),
        units=("nfs-server",),
        files={"/etc/exports": EXPORTS_TEMPLATE},
        suggests=("watchdog",),
    ),
    "nfs-common": Package(
        "1:2.6.4-3ubuntu5.1+pocket",
        "NFS support files common to client and server",
        248,
        depends=("keyutils", "libnfsidmap1", "rpcbind"),
        suggests=("open-iscsi", "watchdog"),
    ),
    "keyutils": Package("1.6.3-3build1+pocket", "Linux Key Management Utilities", 57),
    "libnfsidmap1": Package("1:2.6.4-3ubuntu5.1+pocket", "NFS idmapping library", 48, library=True),
    "rpcbind": Package(
        "1.2.6-7ubuntu2+pocket", "converts RPC program numbers", 47, units=("rpcbind",)
    ),
    "jq": Package("1.7.1-3build1+pocket", "lightweight command-line JSON processor", 66),
    "tree": Package("2.1.1-2ubuntu3+pocket", "displays an indented directory tree", 47),
    "unzip": Package("6.0-28ubuntu4+pocket", "De-archiver for .zip files", 174),
    "zip": Package("3.0-13ubuntu0.2+pocket", "Archiver for .zip files", 176),
    "net-tools": Package("2.10-0.1ubuntu4+pocket", "NET-3 networking toolkit", 204),
    "nginx": Package("1.24.0-2ubuntu7+pocket", "small, powerful web server", 520, units=("nginx",)),
    "python3-pip": Package("24.0+dfsg-1ubuntu1+pocket", "Python package installer", 1320),
}

PROVIDES = {"exportfs": "nfs-kernel-server", "showmount": "nfs-common", "ifconfig": "net-tools"}
PROVIDES |= {"route": "net-tools", "arp": "net-tools", "cal": "ncal", "strings": "binutils"}
PROVIDES |= {"netstat": "net-tools", "pip": "python3-pip", "pip3": "python3-pip"}
"""Programs that have another name than their package."""

# What an Ubuntu cloud image comes with, as far as the course meets it.
BASE: dict[str, Package] = {
    name: Package(version, summary)
    for name, version, summary in (
        ("apt", "2.7.14build2+pocket", "commandline package manager"),
        ("bash", "5.2.21-2ubuntu4+pocket", "GNU Bourne Again SHell"),
        ("ca-certificates", "20240203+pocket", "Common CA certificates"),
        ("cloud-init", "24.1.3-0ubuntu3+pocket", "initialization system for infrastructure nodes"),
        ("coreutils", "9.4-3ubuntu6+pocket", "GNU core utilities"),
        ("curl", "8.5.0-2ubuntu10+pocket", "command line tool for transferring data"),
        ("git", "1:2.43.0-1ubuntu7+pocket", "fast, scalable, distributed revision control system"),
        ("iproute2", "6.1.0-1ubuntu6+pocket", "networking and traffic control tools"),
        ("nano", "7.2-2build1+pocket", "small, friendly text editor"),
        ("openssh-server", "1:9.6p1-3ubuntu13+pocket", "secure shell (SSH) server"),
        ("snapd", "2.62+24.04build1+pocket", "Daemon and tooling that enable snap packages"),
        ("sudo", "1.9.15p5-3ubuntu5+pocket", "Provide limited super user privileges"),
        ("systemd", "255.4-1ubuntu8+pocket", "system and service manager"),
        ("tar", "1.35+dfsg-3build1+pocket", "GNU version of the tar archiving utility"),
        ("ufw", "0.36.2-6+pocket", "program for managing a Netfilter firewall"),
        ("vim", "2:9.1.0016-1ubuntu7+pocket", "Vi IMproved - enhanced vi editor"),
        ("wget", "1.21.4-1ubuntu4+pocket", "retrieves files from the web"),
    )
}


def known(name: str) -> Package | None:
    """The package of that name in the archive or on the image, or None."""
    return ARCHIVE.get(name) or BASE.get(name)


def everything() -> list[str]:
    """The names of all packages."""
    return sorted({*ARCHIVE, *BASE})
