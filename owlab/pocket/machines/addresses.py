"""Loopback addresses of a lab's machines.

Linux answers on all of 127.0.0.0/8, so that each lab has a /24 of its own and each machine an
address in it. Elsewhere there is only 127.0.0.1, which all machines share.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

SHARED = "127.0.0.1"
CLAIM_PORT = 46443
"""Held open on ``<network>.1`` while a lab runs, so that no other lab takes the network."""
FIRST_HOST, LAST_HOST = 11, 250


class LabNetwork:
    """The /24 that a running lab holds."""

    def __init__(self, prefix: str, claim: socket.socket | None) -> None:
        self.prefix = prefix
        self._claim = claim

    @property
    def shared(self) -> bool:
        """All machines have the same address."""
        return not self.prefix

    def address(self, taken: Iterable[str]) -> str:
        """An address for a new machine; the lowest that is free."""
        if self.shared:
            return SHARED
        used = set(taken)
        for host in range(FIRST_HOST, LAST_HOST + 1):
            if (address := f"{self.prefix}.{host}") not in used:
                return address
        raise RuntimeError(f"all {LAST_HOST - FIRST_HOST + 1} addresses of the lab are in use")

    def move(self, address: str) -> str:
        """The address in this network of a machine that had one in another."""
        return SHARED if self.shared else f"{self.prefix}.{address.rpartition('.')[2]}"

    def release(self) -> None:
        """Let other labs have the network."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None


def claim(directory: Path, stored: str | None, platform: str = sys.platform) -> LabNetwork:
    """Take the lab's network: the stored one, else the one hashed from its directory.

    Where another running lab holds it, the next free one is taken.
    """
    if platform != "linux":
        return LabNetwork("", None)
    start = int.from_bytes(hashlib.sha256(str(directory).encode()).digest()[:4]) % (224 * 256)
    candidates = [stored] if stored else []
    # 127.0 to 127.15 is left to what else lives on this computer (127.0.1.1, 127.0.0.53, ...).
    candidates += [
        f"127.{16 + (start + step) % (224 * 256) // 256}.{(start + step) % 256}"
        for step in range(64)
    ]
    for prefix in candidates:
        held = _hold(prefix)
        if held is not None:
            return LabNetwork(prefix, held)
    return LabNetwork("", None)


def _hold(prefix: str) -> socket.socket | None:
    listener = socket.socket()
    try:
        # No SO_REUSEADDR: the point is to fail where another lab listens already.
        listener.bind((f"{prefix}.1", CLAIM_PORT))
        listener.listen(1)
    except OSError:
        listener.close()
        return None
    return listener


def port_in_use(address: str, port: int) -> bool:
    """Somebody listens there already, perhaps on all addresses."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False
