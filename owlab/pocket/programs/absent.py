"""What every Ubuntu has and a pocket lab cannot: each says so, in one sentence of this table."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program

NO_KERNEL = "a machine of the pocket lab has no kernel of its own"
NO_PACKETS = "no packets travel between the machines of the pocket lab"
NO_DISK = "a machine of the pocket lab has files, and no disk beneath them"
NO_PROCESS = "programs of the pocket lab are no processes of a kernel"
NO_BOOT = "a machine of the pocket lab boots no kernel, so that there is nothing to measure"
NO_HARDWARE = "a machine of the pocket lab has no hardware that could be listed"
NO_NETWORK = "a machine of the pocket lab keeps its one address, and its names come from the lab"
NO_LANGUAGE = "the machines of the pocket lab speak English, in C.UTF-8"
NO_ARCHIVE = "the pocket lab's apt has one archive, and nothing in it gets newer"
NO_SSHD = (
    "the ssh server of the pocket lab has no configuration: keys let in, and nothing else does"
)
NO_LOGIND = "the pocket lab keeps no sessions of logind: `who` and `w` tell who is here"
NO_INDEX = "the pocket lab keeps no index of manuals and files; `man NAME` and `which NAME` answer"
NO_ATTRIBUTES = "files of the pocket lab have owners and modes, and no attributes besides"
NO_CHOICE = "the pocket lab has one of each program, so that there is nothing to choose from"
NO_RECORDER = "the pocket lab records no terminal"
NO_SCREEN = "the pocket lab has one screen for each terminal; open another terminal instead"

REASONS: dict[str, tuple[str, ...]] = {
    NO_KERNEL: ("modprobe", "insmod", "rmmod", "depmod", "kmod", "modinfo", "unshare", "nsenter"),
    NO_PACKETS: (
        *("tcpdump", "iptables", "ip6tables", "iptables-save", "nft", "tc", "bridge", "ethtool"),
        *("traceroute", "tracepath", "mtr", "iftop", "wg"),
    ),
    NO_DISK: (
        *(
            "fdisk",
            "sfdisk",
            "cfdisk",
            "parted",
            "mkfs",
            "mkfs.ext4",
            "mkfs.xfs",
            "fsck",
            "losetup",
        ),
        *("mkswap", "swapon", "swapoff", "lvs", "vgs", "pvs", "lvcreate", "vgcreate", "pvcreate"),
        *("growpart", "resize2fs", "tune2fs", "losetup", "hdparm", "smartctl"),
    ),
    NO_PROCESS: (
        *("ldd", "ionice", "taskset", "fuser", "pstree", "lsns", "ipcs", "prlimit"),
        "strace",
        "ltrace",
        "gdb",
        "perf",
        "mkfifo",
        "chroot",
        "busybox",
        "renice",
        "chrt",
    ),
    NO_BOOT: ("systemd-analyze", "iostat", "mpstat", "sar"),
    NO_HARDWARE: ("lspci", "lsusb", "lshw", "dmidecode", "sensors"),
    NO_NETWORK: ("netplan", "networkctl", "resolvectl", "dhclient"),
    NO_LANGUAGE: ("localectl", "locale-gen", "update-locale", "dpkg-reconfigure"),
    NO_ARCHIVE: ("add-apt-repository", "apt-key", "unattended-upgrade", "do-release-upgrade"),
    NO_SSHD: ("sshd",),
    NO_LOGIND: ("loginctl",),
    NO_INDEX: ("whereis", "whatis", "apropos", "mandb", "locate", "updatedb", "info"),
    NO_ATTRIBUTES: ("lsattr", "chattr", "setcap", "getcap"),
    NO_CHOICE: ("update-alternatives", "select-editor"),
    NO_RECORDER: ("script", "scriptreplay"),
    NO_SCREEN: ("tmux", "screen", "byobu"),
}
WHY = {name: reason for reason, names in REASONS.items() for name in names}


@program(*WHY, own_help=True)
async def absent(call: Call) -> int:
    """Say why there is no such thing."""
    await call.err(f"{call.name}: {WHY[call.name]}\n")
    return 1
