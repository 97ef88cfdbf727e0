"""What a machine's own services listen on, while their units are active."""

from __future__ import annotations

from collections.abc import Iterator

from owlab.pocket.network.ends import Ends
from owlab.pocket.network.network_hosts import NetworkHost
from owlab.pocket.network.sockets import Listening, Serve, conversation

API_PORT = 6443
_PORTS = {
    "ssh": [(22, "sshd")],
    "k3s": [(API_PORT, "k3s-server"), (10250, "k3s-server")],
    "k3s-agent": [(10250, "k3s-agent")],
    "nfs-server": [(2049, "nfsd")],
    "rpcbind": [(111, "rpcbind")],
}


def listening(machine: NetworkHost) -> Iterator[Listening]:
    """One entry for each port."""
    for unit, ports in _PORTS.items():
        if machine.service_active(unit):
            for port, program in ports:
                if port == API_PORT:
                    yield Listening(port, program, unit=unit, real=(machine.address, port))
                else:
                    yield Listening(port, program, _SPEAKS.get(unit, _silent), unit=unit)


@conversation
async def _silent(ends: Ends, peer: str) -> None:
    """Hangs up on who says something: nobody here speaks its protocol."""
    await ends.reader.read(1)


@conversation
async def _sshd(ends: Ends, peer: str) -> None:
    """Its greeting is all that goes over these wires: ``ssh`` is a program of the lab's."""
    await ends.send(b"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13\r\n")
    if not (await ends.reader.readline()).startswith(b"SSH-"):
        await ends.send(b"Invalid SSH identification string.\r\n")


_SPEAKS: dict[str, Serve] = {"ssh": _sshd}
