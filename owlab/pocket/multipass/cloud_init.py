"""The part of cloud-init that a pocket machine carries out: write_files, packages, runcmd."""

from __future__ import annotations

import base64
import shlex
from typing import Any

from owlab.pocket.machines.machine import Machine

LOG = "/var/log/cloud-init-output.log"
HANDLED = {"write_files", "packages", "package_update", "package_upgrade", "runcmd", "bootcmd"}


async def apply(machine: Machine, document: dict[str, Any]) -> None:
    """Carry a document out as root; what fails is in the log, as in life."""
    log = bytearray()

    async def note(data: bytes) -> None:
        log.extend(data)

    for entry in _list(document, "bootcmd"):
        await machine.session(user="root").run(_command(entry), note, note)
    for entry in _list(document, "write_files"):
        try:
            _write(machine, entry)
        except (KeyError, TypeError, ValueError) as error:
            log.extend(f"write_files: {error!r}\n".encode())
    packages = [name for name in _list(document, "packages") if isinstance(name, str)]
    if document.get("package_update") or packages:
        await machine.session(user="root").run("apt-get update", note, note)
    if packages:
        words = shlex.join(["apt-get", "install", "-y", *packages])
        await machine.session(user="root").run(words, note, note)
    for entry in _list(document, "runcmd"):
        await machine.session(user="root").run(_command(entry), note, note)
    for key in sorted(set(document) - HANDLED):
        log.extend(f"the pocket lab does not carry out: {key}\n".encode())
    machine.write(LOG, bytes(log))
    machine.write("/var/lib/cloud/instance/boot-finished", b"owlab pocket lab\n")


def _list(document: dict[str, Any], key: str) -> list[Any]:
    value = document.get(key)
    return value if isinstance(value, list) else []


def _command(entry: object) -> str:
    return shlex.join(map(str, entry)) if isinstance(entry, list) else str(entry)


def _write(machine: Machine, entry: dict[str, Any]) -> None:
    content = str(entry.get("content", "")).encode()
    if entry.get("encoding") in ("b64", "base64"):
        content = base64.b64decode(content)
    if entry.get("append"):
        content = (machine.read(entry["path"]) or b"") + content
    mode = int(str(entry.get("permissions", "0644")), 8)
    machine.write(entry["path"], content, mode, str(entry.get("owner", "root:root")))
