"""The machine images of the pocket lab, and what a new machine finds on its disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from owlab.pocket.machines.welcome import EARLIER_PROFILE, MOTD, STARTUP

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


@dataclass(frozen=True, slots=True)
class UbuntuRelease:
    """An Ubuntu release that a machine can be launched with."""

    number: str
    codename: str
    point: str
    aliases: tuple[str, ...] = ()
    version: str = "20260801"

    @property
    def release(self) -> str:
        """As Multipass names it."""
        return f"{self.number} LTS"

    @property
    def full(self) -> str:
        """As the machine's os-release names it."""
        return f"{self.number}.{self.point} LTS"

    @property
    def hash(self) -> str:
        """An identity in place of the digest of an image file: there is no file."""
        return hashlib.sha256(f"owlab pocket image {self.number}".encode()).hexdigest()


# The guide was written on 24.04; `lts` and the default stay there, whatever Ubuntu has since made.
IMAGES = (
    UbuntuRelease("22.04", "jammy", "5"),
    UbuntuRelease("24.04", "noble", "3", ("lts",)),
)
DEFAULT = IMAGES[1]


def find(name: str) -> UbuntuRelease | None:
    """The image of a name: number, code name, its first letter, or an alias."""
    if name in ("", "default", "ubuntu"):
        return DEFAULT
    for image in IMAGES:
        if name in (image.number, image.codename, image.codename[0], *image.aliases):
            return image
    return None


def install(machine: Machine) -> None:
    """Lay out a new disk."""
    image = find(machine.spec.image) or DEFAULT
    fs = machine.files
    for path, mode in DIRECTORIES.items():
        fs.mkdir(path, recursive=True)
        fs.chmod(path, mode)
    for link, target in LINKS.items():
        fs.symlink(target, link)
    for path, text in files(machine, image).items():
        fs.write_file(path, text.encode())
        if path in SECRET:
            fs.chown(path, 0, SHADOW_GROUP)
        fs.chmod(path, _mode(path))
    machine.own("/home/ubuntu", "ubuntu")
    for path in HOME_FILES:
        machine.own(path, "ubuntu")


def add_startup(machine: Machine) -> None:
    """What a machine of an earlier owlab has not: its welcome, and bash's files."""
    fs = machine.files
    if machine.is_host or fs.exists("/etc/bash.bashrc"):
        return
    for path, text in {**MOTD, **STARTUP}.items():
        known = machine.read(path)
        if known is None or known.decode(errors="replace") == EARLIER_PROFILE:
            fs.mkdir(path.rpartition("/")[0], recursive=True)
            fs.write_file(path, text.encode())
            fs.chmod(path, _mode(path))
            if path in HOME_FILES:
                machine.own(path, "ubuntu")


def _mode(path: str) -> int:
    if path in MOTD:
        return 0o755
    return 0o640 if path in SECRET else 0o440 if path in RULES else 0o644


DIRECTORIES = {
    "/boot": 0o755,
    "/etc/apt/keyrings": 0o755,
    "/etc/apt/sources.list.d": 0o755,
    "/etc/default": 0o755,
    "/etc/cron.d": 0o755,
    "/etc/modules-load.d": 0o755,
    "/etc/profile.d": 0o755,
    "/etc/update-motd.d": 0o755,
    "/etc/sudoers.d": 0o750,
    "/etc/sysctl.d": 0o755,
    "/etc/systemd/system": 0o755,
    "/home/ubuntu": 0o750,
    "/mnt": 0o755,
    "/opt": 0o755,
    "/dev": 0o755,
    "/proc": 0o555,
    "/root": 0o700,
    "/run": 0o755,
    "/run/systemd/resolve": 0o755,
    "/snap/bin": 0o755,
    "/srv": 0o755,
    "/sys": 0o555,
    "/tmp": 0o1777,
    "/usr/bin": 0o755,
    "/usr/lib": 0o755,
    "/usr/local/bin": 0o755,
    "/usr/local/share/ca-certificates": 0o755,
    "/usr/lib64": 0o755,
    "/usr/local/sbin": 0o755,
    "/usr/sbin": 0o755,
    "/usr/share": 0o755,
    "/var/cache": 0o755,
    "/var/lib": 0o755,
    "/var/log": 0o755,
    "/var/tmp": 0o1777,
}

LINKS = {
    "/etc/localtime": "/usr/share/zoneinfo/Etc/UTC",
    "/etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf",
    "/etc/mtab": "/proc/mounts",
}
LINKS |= {f"/{name}": f"usr/{name}" for name in ("bin", "lib", "lib64", "sbin")}
SECRET = ("/etc/shadow", "/etc/gshadow")
SHADOW_GROUP = 42
RULES = ("/etc/sudoers", "/etc/sudoers.d/90-cloud-init-users")

RESOLVER = """\
# This is /run/systemd/resolve/stub-resolv.conf of a machine in an owlab pocket lab.
nameserver 127.0.0.53
options edns0 trust-ad
search .
"""

SUDOERS = """\
#
# This file MUST be edited with the 'visudo' command as root.
#
Defaults\tenv_reset
Defaults\tmail_badpass
Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
Defaults\tuse_pty

# User privilege specification
root\tALL=(ALL:ALL) ALL

# Members of the admin group may gain root privileges
%admin ALL=(ALL) ALL

# Allow members of group sudo to execute any command
%sudo\tALL=(ALL:ALL) ALL

@includedir /etc/sudoers.d
"""
CLOUD_USERS = """\
# User rules for ubuntu
ubuntu ALL=(ALL) NOPASSWD:ALL
"""

HOME_FILES = [path for path in STARTUP if path.startswith("/home/ubuntu/")]

# The accounts of Ubuntu's image that somebody may meet.
PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
systemd-network:x:998:998::/:/usr/sbin/nologin
messagebus:x:101:101::/nonexistent:/usr/sbin/nologin
syslog:x:102:102::/nonexistent:/usr/sbin/nologin
sshd:x:106:65534::/run/sshd:/usr/sbin/nologin
ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash
"""
GROUP = """\
root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:syslog,ubuntu
tty:x:5:
disk:x:6:
mail:x:8:
dialout:x:20:
cdrom:x:24:ubuntu
sudo:x:27:ubuntu
dip:x:30:ubuntu
www-data:x:33:
shadow:x:42:
users:x:100:
systemd-network:x:998:
messagebus:x:101:
syslog:x:102:
lxd:x:105:ubuntu
nogroup:x:65534:
ubuntu:x:1000:
"""


def files(machine: Machine, image: UbuntuRelease) -> dict[str, str]:
    """The files of a new machine that a user may look at."""
    return {
        "/etc/hostname": f"{machine.name}\n",
        "/etc/hosts": hosts(machine),
        "/run/systemd/resolve/stub-resolv.conf": RESOLVER,
        "/etc/os-release": os_release(image),
        "/etc/issue": f"Ubuntu {image.full} (owlab pocket lab) \\n \\l\n",
        "/etc/machine-id": hashlib.md5(
            f"{machine.lab.directory}/{machine.name}".encode(), usedforsecurity=False
        ).hexdigest()
        + "\n",
        "/etc/passwd": "".join(f"{line}\n" for line in PASSWD.split()),
        "/etc/group": "".join(f"{line}\n" for line in GROUP.split()),
        "/etc/shadow": "".join(
            f"{line.split(':')[0]}:*:19999:0:99999:7:::\n" for line in PASSWD.split()
        ),
        "/etc/gshadow": "".join(f"{line.split(':')[0]}:*::\n" for line in GROUP.split()),
        "/etc/sudoers": SUDOERS,
        "/etc/sudoers.d/90-cloud-init-users": CLOUD_USERS,
        "/etc/lsb-release": lsb_release(image),
        "/etc/apt/sources.list.d/ubuntu.sources": sources(image),
        "/etc/timezone": "Etc/UTC\n",
        "/etc/shells": "/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n",
        "/etc/fstab": "LABEL=cloudimg-rootfs\t/\t ext4\tdiscard,commit=30,errors=remount-ro\t0 1\n",
        **MOTD,
        **STARTUP,
    }


def hosts(machine: Machine) -> str:
    """The machine's /etc/hosts."""
    return f"127.0.1.1 {machine.name} {machine.name}\n127.0.0.1 localhost\n"


def sources(image: UbuntuRelease) -> str:
    """Where apt gets packages from."""
    suites = " ".join(image.codename + end for end in ("", "-updates", "-backports"))
    return (
        "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu\n"
        f"Suites: {suites}\nComponents: main universe\n"
        "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n"
    )


def lsb_release(image: UbuntuRelease) -> str:
    """What older scripts read."""
    return (
        f"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={image.number}\n"
        f'DISTRIB_CODENAME={image.codename}\nDISTRIB_DESCRIPTION="Ubuntu {image.full}"\n'
    )


def os_release(image: UbuntuRelease) -> str:
    """Ubuntu's fields, so that scripts find them, and one that says what this really is."""
    adjective = {"jammy": "Jammy Jellyfish", "noble": "Noble Numbat"}[image.codename]
    return (
        f'PRETTY_NAME="Ubuntu {image.full}"\n'
        'NAME="Ubuntu"\n'
        f'VERSION_ID="{image.number}"\n'
        f'VERSION="{image.full} ({adjective})"\n'
        f"VERSION_CODENAME={image.codename}\n"
        "ID=ubuntu\n"
        "ID_LIKE=debian\n"
        f"UBUNTU_CODENAME={image.codename}\n"
        'VARIANT="owlab pocket lab (simulated)"\n'
        "VARIANT_ID=owlab-pocket\n"
    )
