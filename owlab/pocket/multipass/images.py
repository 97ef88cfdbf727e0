"""The machine images of the pocket lab, and what a new machine finds on its disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from owlab.pocket.machines.machine import Machine


@dataclass(frozen=True, slots=True)
class Image:
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
    Image("22.04", "jammy", "5"),
    Image("24.04", "noble", "3", ("lts",)),
)
DEFAULT = IMAGES[1]


def find(name: str) -> Image | None:
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
    for path, mode in DIRECTORIES.items():
        machine.fs.mkdir(path, recursive=True)
        machine.fs.chmod(path, mode)
    for path, text in files(machine, image).items():
        machine.fs.write_file(path, text.encode())
        machine.fs.chmod(path, 0o644)
    if machine.is_host:
        return
    machine.fs.chmod("/etc/sudoers.d", 0o750)


DIRECTORIES = {
    "/bin": 0o755,
    "/boot": 0o755,
    "/etc/default": 0o755,
    "/etc/sudoers.d": 0o755,
    "/home/ubuntu": 0o750,
    "/mnt": 0o755,
    "/opt": 0o755,
    "/proc": 0o555,
    "/root": 0o700,
    "/run": 0o755,
    "/snap/bin": 0o755,
    "/srv": 0o755,
    "/sys": 0o555,
    "/tmp": 0o1777,
    "/usr/bin": 0o755,
    "/usr/lib": 0o755,
    "/usr/local/bin": 0o755,
    "/usr/local/share/ca-certificates": 0o755,
    "/usr/sbin": 0o755,
    "/usr/share": 0o755,
    "/var/cache": 0o755,
    "/var/lib": 0o755,
    "/var/log": 0o755,
    "/var/tmp": 0o1777,
}

PROFILE = """\
# ~/.bashrc of a machine in an owlab pocket lab.
alias ll='ls -alF'
"""


def files(machine: Machine, image: Image) -> dict[str, str]:
    """The files of a new machine that a user may look at."""
    return {
        "/etc/hostname": f"{machine.name}\n",
        "/etc/hosts": hosts(machine),
        "/etc/os-release": os_release(image),
        "/etc/issue": f"Ubuntu {image.full} (owlab pocket lab) \\n \\l\n",
        "/etc/machine-id": hashlib.md5(
            f"{machine.lab.directory}/{machine.name}".encode(), usedforsecurity=False
        ).hexdigest()
        + "\n",
        "/etc/passwd": (
            "root:x:0:0:root:/root:/bin/bash\n"
            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
            "ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash\n"
        ),
        "/etc/group": "root:x:0:\nsudo:x:27:ubuntu\nnogroup:x:65534:\nubuntu:x:1000:\n",
        "/etc/fstab": "LABEL=cloudimg-rootfs\t/\t ext4\tdiscard,commit=30,errors=remount-ro\t0 1\n",
        "/home/ubuntu/.bashrc": PROFILE,
        "/proc/version": "Linux version 6.8.0-owlab (a pocket lab: no kernel of its own)\n",
    }


def hosts(machine: Machine) -> str:
    """The machine's /etc/hosts."""
    return f"127.0.1.1 {machine.name} {machine.name}\n127.0.0.1 localhost\n"


def os_release(image: Image) -> str:
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
