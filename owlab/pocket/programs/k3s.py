"""`k3s` itself: kubectl, crictl, ctr and tokens behind one name."""

from __future__ import annotations

import getopt
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from owlab.pocket.machines import k3s_token, units
from owlab.pocket.machines.k3s_installation import installed
from owlab.pocket.machines.state import K3s
from owlab.pocket.programs.base import PROGRAMS, Call, program

if TYPE_CHECKING:
    pass

USAGE = """\
NAME:
   k3s - Kubernetes, but small and simple (simulated by the owlab pocket lab)

USAGE:
   k3s [global options] command [command options]

COMMANDS:
   kubectl  Run kubectl
   crictl   Run crictl
   ctr      Run ctr
   token    Manage tokens: create, list, delete
"""


@program("k3s", installed=installed, own_help=True)
async def k3s(call: Call) -> int:
    """Hand over to the command that the first word names."""
    words = call.argv
    if not words or words[0] in ("-h", "--help", "help"):
        await call.out(USAGE)
        return 0
    if words[0] in ("-v", "--version"):
        version = call.machine.k3s.version
        await call.out(f"k3s version {version} (owlab pocket lab)\n")
        return 0
    if words[0] in ("kubectl", "crictl", "ctr"):
        call.name, call.argv = words[0], words[1:]
        return await PROGRAMS[words[0]].run(call)
    if words[0] == "token":
        return await _token(call, words[1:])
    if words[0] in ("server", "agent"):
        await call.err(
            "The pocket lab runs K3s as a systemd service only: "
            "use the install script, then systemctl.\n"
        )
        return 1
    await call.err(f"No help topic for '{words[0]}'\n")
    return 3


async def _token(call: Call, words: list[str]) -> int:
    record = call.machine.k3s
    if not call.root:
        await call.err(
            'level=fatal msg="Error: open /var/lib/rancher/k3s/server/cred/admin.kubeconfig: '
            'permission denied"\n'
        )
        return 1
    if record.role != "server" or not units.active(call.machine, "k3s"):
        await call.err(
            'level=fatal msg="Error: Get \\"https://127.0.0.1:6443/version\\": '
            'dial tcp 127.0.0.1:6443: connect: connection refused"\n'
        )
        return 1
    try:
        options, rest = getopt.gnu_getopt(words, "", ["ttl=", "description=", "output="])
        ttl = k3s_token.duration(dict(options).get("--ttl", "24h"))
    except (getopt.GetoptError, ValueError) as error:
        await call.err(f'level=fatal msg="Error: {error}"\n')
        return 1
    if "--output" in dict(options):
        await call.err('level=fatal msg="Error: --output is not part of the pocket lab\'s k3s"\n')
        return 1
    verb, names = (rest[0] if rest else ""), rest[1:]
    k3s_token.sweep(record)
    if verb == "create":
        token = k3s_token.create(record, ttl, dict(options).get("--description", ""))
        call.machine.save()
        await call.out(f"K10{record.ca_hash}::{token}\n")
        return 0
    if verb == "generate":
        await call.out(k3s_token.create(K3s(), timedelta()) + "\n")
        return 0
    if verb == "list":
        header = ("TOKEN", "TTL", "EXPIRES", "USAGES", "DESCRIPTION", "EXTRA GROUPS")
        rows = [header, *_rows(record)]
        widths = [max(10, *(len(row[column]) + 3 for row in rows)) for column in range(5)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)]
            await call.out(f"{''.join(cells)}{row[-1]}\n")
        return 0
    if verb == "delete" and names:
        for name in names:
            if not k3s_token.delete(record, name):
                await call.err(
                    f'level=fatal msg="Error: secrets "bootstrap-token-{name}" not found"\n'
                )
                return 1
            await call.out(f"bootstrap token {name!r} deleted\n".replace("'", '"'))
        call.machine.save()
        return 0
    await call.err(f"No help topic for 'token {verb}'\n")
    return 3


def _rows(state: K3s) -> list[tuple[str, ...]]:
    """Rows of ``k3s token list``."""
    return [
        (
            token.id,
            _short(k3s_token.left(token)) if token.expires else "<forever>",
            _utc(token.expires) if token.expires else "<never>",
            "authentication,signing",
            token.description or "<none>",
            "system:bootstrappers:k3s:default-node-token",
        )
        for token in state.tokens
    ]


def _utc(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _short(left: timedelta) -> str:
    """Kubernetes' way to write a duration: one unit, rounded down."""
    seconds = int(left.total_seconds())
    if seconds < 3600:
        return f"{seconds}s" if seconds < 60 else f"{seconds // 60}m"
    hours = seconds // 3600
    return f"{hours}h" if hours < 24 else f"{hours // 24}d"
