"""Virtual machines for the tests: QEMU under software emulation, a private network between them.

Each machine has two cards: one to the internet through QEMU (with a port of this computer's
loopback address forwarded to its ssh, and the tests' own downloads in place of some sites), one to
the private network, which is a multicast group on the loopback interface. Nothing of the host's
own network changes.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.vm.image import DOWNLOADS_ADDRESS, USER, Image

BOOT_SECONDS = 300


@dataclass
class Machine:
    """One virtual machine."""

    name: str
    number: int
    port: int
    process: subprocess.Popen[bytes]
    console: Path

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

    @property
    def ssh_config(self) -> Path:
        """For ``ssh -F``: nothing of the user's own is read."""
        return self._folder / "ssh_config"

    def boot(self, names: Sequence[str], memory: int = 768) -> None:
        """Start machines, and wait until each answers."""
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
            *("qemu-system-x86_64", "-accel", "tcg,thread=single,tb-size=512", "-cpu", "max"),
            *("-m", str(memory), "-display", "none", "-nodefaults"),
            *("-serial", f"file:{console}", "-monitor", "none"),
            *("-kernel", str(self._image.kernel), "-initrd", str(self._image.initrd)),
            *(
                "-append",
                "root=/dev/vda rw console=ttyS0 quiet mitigations=off audit=0 "
                f"lab.name={name} lab.address={address} lab.mac={mac}",
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
                f"  User {USER}\n  IdentityFile {self._image.key}\n  IdentitiesOnly yes\n"
                f"  UserKnownHostsFile {self._folder / 'known_hosts'}\n"
            )
        (self._folder / "known_hosts").write_text("".join(known))
        self.ssh_config.write_text("".join(blocks))

    def wait_for(self, name: str) -> None:
        """Until ssh works."""
        limit = time.monotonic() + BOOT_SECONDS
        machine = self.all[name]
        while self.ssh(name, "true").returncode != 0:
            if machine.process.poll() is not None:
                said = machine.process.stderr.read().decode() if machine.process.stderr else ""
                raise RuntimeError(f"{name} did not start: {said}")
            if time.monotonic() > limit:
                tail = machine.console.read_text(errors="replace")[-1500:]
                raise RuntimeError(f"{name} did not answer within {BOOT_SECONDS} s:\n{tail}")
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
            if time.monotonic() > limit:
                raise RuntimeError(f"{name} did not come back")
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
