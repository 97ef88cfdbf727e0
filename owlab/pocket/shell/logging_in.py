"""What a login prints: the machine's message of the day, and when the user was there last."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from owlab.pocket.machines.machine import Machine

MESSAGE = """\
for part in /etc/update-motd.d/*; do
    [ ! -f "$part" ] || [ ! -x "$part" ] || "$part" 2>/dev/null
done > /run/motd.dynamic
cat /run/motd.dynamic
[ ! -s /etc/motd ] || cat /etc/motd
"""


async def welcome(machine: Machine, user: str) -> bytes:
    """As sshd shows it; nothing where ``~/.hushlogin`` is."""
    account = machine.accounts.user(user)
    if machine.is_host or account is None or machine.files.exists(f"{account.home}/.hushlogin"):
        return b""
    shown = bytearray()

    async def keep(data: bytes) -> None:
        shown.extend(data)

    async def drop(data: bytes) -> None:
        return None

    await machine.session(user="root").run(MESSAGE, keep, drop, stdin=b"")
    return bytes(shown) + _last(machine, user)


def _last(machine: Machine, user: str) -> bytes:
    """When and from where the user came before."""
    earlier = [visit for visit in machine.visits.all() if visit.user == user]
    if not earlier:
        return b""
    when = datetime.fromtimestamp(earlier[-1].came, UTC).astimezone(zone(machine))
    stamp = f"{when:%a %b} {when.day:>2} {when:%H:%M:%S %Y}"
    return f"Last login: {stamp} from {earlier[-1].origin}\n".encode()


def zone(machine: Machine) -> ZoneInfo:
    """The machine's time zone."""
    try:
        return ZoneInfo(machine.files.read_link("/etc/localtime").partition("zoneinfo/")[2])
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")
