"""Whether one machine can mount a directory of another, told as mount.nfs would."""

from __future__ import annotations

import posixpath

from owlab.pocket.machines.exports import matching
from owlab.pocket.machines.machine import Machine


def error(client: Machine, server: Machine | None, address: str, path: str) -> str | None:
    """Why ``mount -t nfs address:path`` fails on ``client``, or None."""
    if not client.package_installed("nfs-common"):
        return (
            "mount: bad option; for several filesystems (e.g. nfs, cifs) you might need a "
            "/sbin/mount.<type> helper program."
        )
    if server is None or not server.running:
        return "mount.nfs: No route to host"
    if not server.service_active("nfs-server"):
        return "mount.nfs: Connection refused"
    path = posixpath.normpath(path)
    if matching(server.state.exports, path, client.address, client.name) is None:
        return f"mount.nfs: access denied by server while mounting {address}:{path}"
    if server.listdir(path) is None:
        return (
            f"mount.nfs: mounting {address}:{path} failed, reason given by server: "
            "No such file or directory"
        )
    return None
