"""Where a machine's programs are: each has its file, in the directory where Ubuntu has it.

What was installed by hand (``/usr/local/bin``) is a file like any other. What the image, a package
or a snap brings is shown here; it comes and goes with them. A program's file is a line of shell
that runs it, so that every way to call a path finds it: ``/bin/cat``, ``env``, ``find -exec``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from owlab.pocket.machines import snaps
from owlab.pocket.machines.devices import Device, Devices, read_only
from owlab.pocket.machines.images import add_startup
from owlab.pocket.machines.inode import Inode
from owlab.pocket.machines.proc import Proc
from owlab.pocket.machines.process_table import known
from owlab.pocket.programs.base import RegisteredProgram, load_programs

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What bash has built in and Ubuntu has no file of.
BUILTINS = _names(
    """
    . : alias bg bind break builtin caller cd command compgen complete compopt continue
    declare dirs disown enable eval exec exit export fc fg getopts hash help history jobs
    let local logout mapfile popd pushd read readarray readonly return set shift shopt
    source suspend times trap type typeset ulimit umask unalias unset wait
    """
)
# Of these, what Ubuntu has in files as well.
BOTH = _names(
    """
    [ echo false kill printf pwd test true
    """
)
# What the interpreter brings along and Ubuntu does not, by itself or at all.
STRANGE = _names(
    """
    assert csv dotenv expand-template glob http json log retry semver template tomlq verify
    yq rg parallel gawk make strings
    """
)
READERS = _names(
    """
    cat tee tail tar zip unzip gzip gunzip zcat bzip2 bunzip2 bzcat xz unxz xzcat less more pager
    kubectl k3s helm wsk curl wget openssl sudo su ssh scp python3 python3.12 watch apt apt-get
    __owlab_wc bc cut diff zgrep zegrep zfgrep zless zmore grep egrep fgrep xargs split
    __owlab_hidden __owlab_kept __owlab_apart flock hexdump hd ssh-keygen
    vim vi view nano pico editor emacs sudoedit visudo
    tty multipass git crontab nc crictl ctr k3s-pocket-installer dd head timeout date logger
    """
)
"""Programs of ours that may read standard input; all others leave it to who comes next."""
OPTIONAL = ("unzip", "zip")
"""What the interpreter brings along and a package of Ubuntu does: ours, once that is installed."""
PLAIN = _names(
    """
    arch awk b2sum base32 base64 basename basenc bash bc cat
    chgrp chmod chown cksum clear cmp column comm cp cut date dd df diff dirname egrep
    env envsubst expand expr factor fgrep find flock fmt fold free getconf grep groups
    head hexdump hostid hostname iconv id install join jq link ln locale
    logname ls mawk md5sum mkdir mktemp mv nano nice nl nohup nproc numfmt
    od paste patch pr printenv readlink realpath rev rm rmdir sed seq sh
    sha1sum sha224sum sha256sum sha384sum sha512sum shasum shuf sleep sort split stat sudo
    sum sync tac tail tar tee timeout touch tr tree truncate tsort tty uname unexpand uniq
    unlink uptime users uuidgen watch wc wget which who whoami xargs xxd yes dash rbash
    """
)
"""What the interpreter itself runs, and the image has."""

SYSTEM = _names(
    """
    exportfs mount.nfs mount.nfs4 umount.nfs showmount reboot shutdown poweroff halt ufw ip
    update-ca-certificates adduser addgroup deluser useradd userdel usermod groupadd
    groupdel visudo chpasswd sshd locale-gen update-locale dpkg-reconfigure dmidecode
    sysctl modprobe lsmod insmod rmmod depmod modinfo swapon swapoff mkswap
    blkid fdisk sfdisk cfdisk parted mkfs mkfs.ext4 mkfs.xfs fsck losetup iptables
    ip6tables iptables-save nft tc bridge ethtool ifconfig route arp chroot cron rpcinfo
    lvs vgs pvs lvcreate vgcreate pvcreate resize2fs tune2fs
    """
)
"""What is in ``/usr/sbin``."""


class Programs:
    """One directory of programs, as the machine has them now. Implements ``Source``."""

    def __init__(self, machine: Machine, directory: str, here: Callable[[str], bool]) -> None:
        self._machine, self._directory, self._here = machine, directory, here
        self._made: dict[str, Inode] = {}

    def names(self) -> Iterable[str]:
        """The programs that are here now."""
        known = {*PLAIN, *BOTH, *load_programs()}
        return [name for name in known if name[:2] != "__" and self.get(name) is not None]

    def get(self, name: str) -> Inode | None:
        """The file of one program."""
        if not self._here(name) or not present(self._machine, name):
            return None
        if name not in self._made:
            runs = SAME.get(name, name)
            text = f'{"" if name in PLAIN or name in BOTH else RUN + " "}{runs} "$@"\n'
            self._made[name] = Inode("file", 0o755, content=text.encode(), source=_line(text))
            self._made[name].modified = MADE
        return self._made[name]

    def read(self) -> bytes:
        """A directory has no content."""
        return b""

    def write(self, content: bytes) -> None:
        """Nor can it be written."""
        read_only(content)


def _line(text: str) -> Device:
    return Device(text.encode, read_only)


BY_HAND = _names(
    """
    wsk k3s kubectl crictl ctr
    """
)
"""What is downloaded: its file is where it was put."""
SAME = {"dash": "sh", "rbash": "bash"}
RUN = "__owlab_run"
"""The command that runs a program of ours by its name."""
MADE = 1754006400.0
"""When the image was made."""


def present(machine: Machine, name: str, entry: RegisteredProgram | None = None) -> bool:
    """The machine has this program: of the image, a package or a snap."""
    entry = entry or load_programs().get(name)
    if entry is not None:
        return entry.on(machine) and (entry.installed is None or entry.installed(machine))
    return name in PLAIN or name in BOTH


def furnish(machine: Machine) -> None:
    """Show the programs in the machine's directories."""

    def user(name: str) -> bool:
        return not (name in SYSTEM or name in BY_HAND or snaps.has(machine, name))

    for directory, here in (
        ("/usr/bin", user),
        ("/usr/sbin", lambda name: name in SYSTEM),
        ("/snap/bin", lambda name: snaps.has(machine, name)),
    ):
        machine.files.mkdir(directory, recursive=True)
        machine.files.look(directory).source = Programs(machine, directory, here)
    for name in ("bin", "sbin"):
        inode = machine.tree.root.entries.get(name)
        if inode is not None and inode.is_directory and not inode.entries:
            # An earlier version had an empty directory there.
            machine.files.remove(f"/{name}")
            machine.files.symlink(f"usr/{name}", f"/{name}")
    machine.files.mkdir("/dev", recursive=True)
    machine.files.look("/dev").source = Devices()
    add_startup(machine)
    machine.files.mkdir("/proc", recursive=True)
    machine.files.look("/proc").source = Proc(machine, lambda: known(machine))
    if machine.tree.root.entries["proc"].entries.pop("version", None):
        machine.tree.note(machine.tree.root)  # an earlier version stored one
