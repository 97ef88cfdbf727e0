"""Virtual machines for the tests: QEMU, with KVM where there is one, and a private network.

Each machine has two cards: one to the internet through QEMU (with a port of this computer's
loopback address forwarded to its ssh, and the tests' own downloads in place of some sites), one to
the private network, which is a multicast group on the loopback interface. Nothing of the host's
own network changes.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.vm.image import DOWNLOADS_ADDRESS, Image

BOOT_SECONDS = 600
"""Of emulation on a busy computer. What goes wrong is seen on the console long before."""
KVM_SECONDS = 15
SILENT_SECONDS = 120
"""A machine that boots and says nothing for so long says nothing any more."""
_LOST = (
    "Kernel panic",
    "end trace",
    "Unable to mount root",
    "emergency mode",
    "Give root password",
)
SELVES = {
    "master": ("ip-172-31-5-10.ec2.internal", "owl"),
    "worker1": ("localhost", "owl"),
    "worker2": ("localhost", "plain"),
    "storage": ("NAS-1", "owl"),
}
"""What each machine calls itself, as no lab would, and who logs in there."""


@dataclass
class Machine:
    """One virtual machine."""

    name: str
    number: int
    port: int
    process: subprocess.Popen[bytes]
    console: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def address(self) -> str:
        """On the private network."""
        return f"192.168.177.{10 + self.number}"


class Machines:
    """Some machines, and the ssh configuration with which they are reached by name.

    :param relay: the command that connects a machine with what stands at ``DOWNLOADS_ADDRESS``.
    """

    def __init__(self, image: Image, folder: Path, relay: str) -> None:
        self._image = image
        self._folder = folder
        self._relay = f"guestfwd=tcp:{DOWNLOADS_ADDRESS}:443-cmd:{relay.replace(',', ',,')}"
        self.group = free_port()
        self.all: dict[str, Machine] = {}
        self._accelerator = ("-accel", "tcg")

    @property
    def ssh_config(self) -> Path:
        """For ``ssh -F``: nothing of the user's own is read."""
        return self._folder / "ssh_config"

    def boot(self, names: Sequence[str], memory: int = 768) -> None:
        """Start machines, and wait until each answers."""
        self._accelerator = accelerator(self._image, self._folder)
        for name in names:
            self.all[name] = self._start(name, len(self.all) + 1, memory)
        self._write_ssh_files()
        for name in names:
            self.wait_for(name)

    def _start(self, name: str, number: int, memory: int) -> Machine:
        disk = self._folder / f"{name}.qcow2"
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", self._image.disk, disk],
            check=True,
        )
        port, console = free_port(), self._folder / f"{name}.log"
        address, mac = f"192.168.177.{10 + number}", f"52:54:00:77:00:{number:02x}"
        words = [
            *("qemu-system-x86_64", *self._accelerator, "-cpu", "max"),
            *("-m", str(memory), "-display", "none", "-nodefaults"),
            *("-serial", f"file:{console}", "-monitor", "none", "-action", "panic=shutdown"),
            *("-kernel", str(self._image.kernel), "-initrd", str(self._image.initrd)),
            *(
                "-append",
                # Emulated timers come late on a busy computer: the check for them would panic.
                "root=/dev/vda rw console=ttyS0 mitigations=off audit=0 no_timer_check "
                "systemd.default_timeout_start_sec=900 "
                f"panic=-1 lab.name={SELVES[name][0]} lab.address={address} lab.mac={mac}",
            ),
            *("-drive", f"file={disk},if=virtio,cache=unsafe"),
            *("-netdev", f"user,id=internet,hostfwd=tcp:127.0.0.1:{port}-:22,{self._relay}"),
            *("-device", "virtio-net-pci,netdev=internet,addr=3"),
            *("-netdev", f"socket,id=private,mcast=230.77.0.1:{self.group},localaddr=127.0.0.1"),
            *("-device", f"virtio-net-pci,netdev=private,mac={mac},addr=4"),
            *("-device", "virtio-rng-pci"),
        ]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return Machine(name, number, port, process, console)

    def _write_ssh_files(self) -> None:
        known, blocks = [], []
        for machine in self.all.values():
            known.append(f"[127.0.0.1]:{machine.port} {self._image.host_key}\n")
            blocks.append(
                f"Host {machine.name}\n  HostName 127.0.0.1\n  Port {machine.port}\n"
                f"  User {SELVES[machine.name][1]}\n"
                f"  IdentityFile {self._image.key}\n  IdentitiesOnly yes\n"
                f"  UserKnownHostsFile {self._folder / 'known_hosts'}\n"
            )
        (self._folder / "known_hosts").write_text("".join(known))
        self.ssh_config.write_text("".join(blocks))

    def wait_for(self, name: str) -> None:
        """Until ssh works. What the console tells is told at once, with its last lines."""
        limit = time.monotonic() + BOOT_SECONDS
        while self.ssh(name, "true").returncode != 0:
            self.refuse_lost(name)
            if time.monotonic() > limit:
                said = self.last_lines(name)
                raise RuntimeError(f"{name}: no answer in {BOOT_SECONDS} s:\n{said}")
            time.sleep(2)

    def ssh(self, name: str, text: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command on a machine, past owlab."""
        return subprocess.run(
            [*self._ssh_words(name), "--", text],
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )

    def put(self, name: str, source: Path, target: str) -> None:
        """Copy a program to a machine."""
        words = [*self._ssh_words(name), "--", f"sudo install -m 755 /dev/stdin {target}"]
        subprocess.run(words, input=source.read_bytes(), check=True, timeout=120)

    def refuse_lost(self, name: str) -> None:
        """Raise RuntimeError if the machine has ended, or its kernel has given up."""
        machine = self.all[name]
        said = self.last_lines(name)
        if machine.process.poll() is not None:
            error = machine.process.stderr.read().decode() if machine.process.stderr else ""
            raise RuntimeError(f"{name} has ended: {error}\n{said}")
        if any(word in said for word in _LOST):
            raise RuntimeError(f"{name} is lost:\n{said}")
        silent = not said and time.monotonic() - machine.started > SILENT_SECONDS
        if silent:
            raise RuntimeError(f"{name} says nothing on its console.")

    def last_lines(self, name: str, lines: int = 25) -> str:
        """The end of what its console shows."""
        console = self.all[name].console
        said = console.read_text(errors="replace") if console.exists() else ""
        return "\n".join(said.splitlines()[-lines:])

    def _ssh_words(self, name: str) -> list[str]:
        """One connection to a machine is kept: to make one takes an emulated machine seconds."""
        options = ["BatchMode=yes", "ConnectTimeout=10", "ControlMaster=auto"]
        options += [f"ControlPath={self._folder}/{name}.ssh", "ControlPersist=600"]
        options += ["ServerAliveInterval=10"]
        given = [word for option in options for word in ("-o", option)]
        return ["ssh", "-F", str(self.ssh_config), *given, name]

    def _hang_up(self, name: str) -> None:
        words = [*self._ssh_words(name), "-O", "exit"]
        subprocess.run(words, capture_output=True, timeout=30)

    @contextlib.contextmanager
    def rebooting(self, name: str) -> Iterator[None]:
        """Restart a machine from the inside, and at the end wait until it is another boot."""
        ask = "cat /proc/sys/kernel/random/boot_id"
        before = self.ssh(name, ask).stdout
        self.ssh(name, "sudo systemctl reboot")
        self._hang_up(name)
        yield
        limit = time.monotonic() + BOOT_SECONDS
        while True:
            now = self.ssh(name, ask)
            if now.returncode == 0 and now.stdout != before:
                return
            self._hang_up(name)
            self.refuse_lost(name)
            if time.monotonic() > limit:
                raise RuntimeError(f"{name} did not come back:\n{self.last_lines(name)}")
            time.sleep(2)

    def stop(self) -> None:
        """End the machines that were started here."""
        for name in self.all:
            self._hang_up(name)
        for machine in self.all.values():
            machine.process.terminate()
        for machine in self.all.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                machine.process.wait(10)
                continue
            machine.process.kill()


def accelerator(image: Image, folder: Path) -> tuple[str, str]:
    """KVM where this user may use it and it works; else emulation, some ten times slower."""
    if os.access("/dev/kvm", os.R_OK | os.W_OK) and _kvm_works(image, folder / "kvm.log"):
        return "-accel", "kvm"
    return "-accel", "tcg,thread=single,tb-size=512"


def _kvm_works(image: Image, console: Path) -> bool:
    """Whether a kernel says anything: inside some virtual machines the device is there, and mute.

    It has no disk, so that it ends by itself.
    """
    words = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "max", "-m", "256"]
    words += ["-display", "none", "-nodefaults", "-monitor", "none", "-no-reboot"]
    words += ["-serial", f"file:{console}", "-kernel", str(image.kernel)]
    words += ["-append", "console=ttyS0 panic=-1"]
    null = subprocess.DEVNULL
    with subprocess.Popen(words, stdin=null, stdout=null, stderr=null) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(KVM_SECONDS)
        process.kill()
    return console.exists() and "Linux version" in console.read_text(errors="replace")


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def booted(image: Image, folder: Path, relay: str, names: Sequence[str]) -> Iterator[Machines]:
    """Machines for the length of a ``with``."""
    machines = Machines(image, folder, relay)
    try:
        machines.boot(names)
        yield machines
    finally:
        machines.stop()
