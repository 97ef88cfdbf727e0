"""A small Debian image for the virtual machines of the tests: built once, kept in a cache.

No boot loader, no loop device: QEMU is given the kernel, and the file system is made from a
folder. Only ``debootstrap`` wants root.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = (
    "linux-image-cloud-amd64,systemd-sysv,systemd-resolved,dbus,openssh-server,sudo,"
    "iproute2,netbase,ca-certificates,curl,wget,git,openssl,python3,"
    # What the NFS packages need, so that the steps install those two and nothing else: each
    # package that an emulated machine unpacks takes it seconds.
    "rpcbind,keyutils,libnfsidmap1,libtirpc3,libevent-core-2.1-7,libwrap0,ucf,libdevmapper1.02.1"
)
LATER = ("nfs-kernel-server", "nfs-common")
"""What the steps install: kept in the image, so that an emulated machine need not download it."""
USERS = {"owl": "/bin/bash", "plain": "/bin/sh"}
"""Who logs in, and the login shell: whatever a command needs of bash, it has to say."""
DISK = "3G"
DOWNLOADS_ADDRESS = "10.0.2.100"
"""Where the machines find what the steps download: the tests' own server, see downloads.py."""
DOWNLOADS_NAMES = ("get.k3s.io", "github.com", "rancher-mirror.rancher.cn", "get.helm.sh")

# One image for all machines: who a machine is stands on its kernel's command line. PATH and sudoers
# are Debian's own, which know nothing of snaps.
_FILES = {
    "etc/systemd/network/10-internet.network": (
        "[Match]\nName=en*3 eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n"
    ),
    "etc/fstab": "/dev/vda / ext4 noatime,commit=60 0 1\n",
    "etc/sudoers.d/owl": "".join(f"{user} ALL=(ALL) NOPASSWD: ALL\n" for user in USERS),
    "etc/apt/apt.conf.d/90quick": (
        'Acquire::Languages "none";\nAPT::Install-Recommends "false";\nAcquire::PDiffs "false";\n'
    ),
    "etc/dpkg/dpkg.cfg.d/90quick": (
        "force-unsafe-io\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/doc/*\n"
        "path-exclude=/usr/share/locale/*\n"
    ),
    "etc/apt/sources.list": "deb [trusted=yes] file:/srv/debian ./\n",
    "etc/systemd/system/identity.service": """\
[Unit]
Description=Name and private address from the kernel's command line
DefaultDependencies=no
After=systemd-remount-fs.service systemd-udev-settle.service
Wants=systemd-udev-settle.service
Before=network-pre.target ssh.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/identity
[Install]
WantedBy=multi-user.target
""",
    "etc/hosts.downloads": f"{DOWNLOADS_ADDRESS} {' '.join(DOWNLOADS_NAMES)}\n",
    "usr/local/sbin/identity": """\
#!/bin/sh
for word in $(cat /proc/cmdline); do
    case $word in
        lab.name=*) name=${word#*=} ;;
        lab.address=*) address=${word#*=} ;;
        lab.mac=*) mac=${word#*=} ;;
    esac
done
echo "$name" > /etc/hostname
hostname "$name"
{ printf '127.0.0.1 localhost %s\\n' "${name%%.*}"; cat /etc/hosts.downloads; } > /etc/hosts
for card in /sys/class/net/*; do
    [ "$(cat "$card/address")" = "$mac" ] || continue
    ip address add "$address/24" dev "${card##*/}"
    ip link set "${card##*/}" up
done
""",
}


@dataclass(frozen=True)
class Image:
    """What a machine boots from, and how to enter it."""

    disk: Path
    kernel: Path
    initrd: Path
    key: Path
    host_key: str
    downloads_certificate: Path
    """With its key, for the server of :mod:`tests.vm.downloads`; the machines trust it."""


def missing() -> str:
    """Why no image can be built or booted here; empty when it can."""
    built = (_cache() / "complete").exists()
    wanted = ["qemu-system-x86_64", "qemu-img", "ssh"]
    if not built:
        wanted += ["debootstrap", "mkfs.ext4", "ssh-keygen", "openssl"]
    absent = [name for name in wanted if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)} (Debian: qemu-system-x86 debootstrap)"
    if os.geteuid() != 0 and not built:
        return "building the image once needs root, for debootstrap"
    return ""


def build() -> Image:
    """The image, from the cache or built now (about two minutes)."""
    folder = _cache()
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _build(folder)
        (folder / "complete").touch()
    host_key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    return Image(
        folder / "disk.img",
        folder / "vmlinuz",
        folder / "initrd",
        folder / "key",
        host_key,
        folder / "downloads.pem",
    )


def _cache() -> Path:
    """A folder that changes whenever what goes into the image changes."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "owlab-tests" / recipe


def _build(folder: Path) -> None:
    for name in ("key", "host_key"):
        _run(
            "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "owlab-tests", "-f", folder / name
        )
    root = folder / "root"
    _run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, root, MIRROR)
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "usr/local/sbin/identity").chmod(0o755)
    (root / "etc/sudoers.d/owl").chmod(0o440)
    for old in root.glob("etc/ssh/ssh_host_*"):
        old.unlink()
    shutil.copy(folder / "host_key", root / "etc/ssh/ssh_host_ed25519_key")
    shutil.copy(folder / "host_key.pub", root / "etc/ssh/ssh_host_ed25519_key.pub")
    _make_certificate(folder)
    shutil.copy(folder / "downloads.crt", root / "usr/local/share/ca-certificates/")
    _run("chroot", root, "update-ca-certificates")
    for user, shell in USERS.items():
        _run("chroot", root, "useradd", "--create-home", "--shell", shell, user)
        home = root / "home" / user / ".ssh"
        home.mkdir(mode=0o700)
        shutil.copy(folder / "key.pub", home / "authorized_keys")
        _run("chroot", root, "chown", "-R", f"{user}:", f"/home/{user}")
    _run("chroot", root, "systemctl", "enable", "identity", "systemd-networkd", "ssh")
    _run("chroot", root, "systemctl", "disable", "apt-daily.timer", "apt-daily-upgrade.timer")
    _run("chroot", root, "systemctl", "mask", "systemd-networkd-wait-online")
    shutil.copy(next(root.glob("boot/vmlinuz-*")), folder / "vmlinuz")
    shutil.copy(next(root.glob("boot/initrd.img-*")), folder / "initrd")
    _keep_packages(root)
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    (root / "etc/resolv.conf").write_text("nameserver 10.0.2.3\n")
    _run("truncate", "--size", DISK, folder / "disk.img")
    _run("mkfs.ext4", "-q", "-d", root, folder / "disk.img")
    shutil.rmtree(root)


def _keep_packages(root: Path) -> None:
    """What is installed later, as a small archive of Debian's own packages inside the image."""
    sources = root / "etc/apt/sources.list"
    small = sources.read_text()
    sources.write_text(f"deb {MIRROR} {SUITE} main\n")
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    _run("chroot", root, "apt-get", "update")
    _run("chroot", root, "apt-get", "install", "-y", "--download-only", *LATER)
    sources.write_text(small)
    archive = root / "srv/debian"
    archive.mkdir(parents=True)
    entries = []
    for package in sorted((root / "var/cache/apt/archives").glob("*.deb")):
        content = package.read_bytes()
        shutil.copy(package, archive)
        control = _run("dpkg-deb", "--field", package).rstrip()
        entries.append(
            f"{control}\nFilename: ./{package.name}\nSize: {len(content)}\n"
            f"SHA256: {hashlib.sha256(content).hexdigest()}\n"
        )
    (archive / "Packages").write_text("\n".join(entries))
    for old in (root / "var/lib/apt/lists").glob("*_*"):
        old.unlink()


def _make_certificate(folder: Path) -> None:
    """One that stands for itself, for the names of the downloads only."""
    names = ",".join(f"DNS:{name}" for name in DOWNLOADS_NAMES)
    key, certificate = folder / "downloads.key", folder / "downloads.crt"
    _run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"),
        *("-subj", "/CN=owlab-tests", "-addext", f"subjectAltName={names}"),
        *("-keyout", key, "-out", certificate),
    )
    both = folder / "downloads.pem"
    both.touch(0o600)
    both.write_text(key.read_text() + certificate.read_text())


def _run(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"{words[0]} failed:\n{tail}")
    return done.stdout
