"""`timedatectl`: the clock and its zone."""

from __future__ import annotations

import contextlib
from zoneinfo import available_timezones

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.date import zone_of


@program("timedatectl")
async def timedatectl(call: Call) -> int:
    """The clock, which is the computer's; ``set-timezone``, ``list-timezones``."""
    verb, *rest = [word for word in call.argv if not word.startswith("-")] or ["status"]
    if verb == "list-timezones":
        await call.out("".join(f"{name}\n" for name in sorted(available_timezones())))
        return 0
    if verb == "set-timezone" and len(rest) == 1:
        return await _set_timezone(call, rest[0])
    if verb == "show":
        await call.out(f"Timezone={zone_of(call) if str(zone_of(call)) != 'UTC' else 'Etc/UTC'}\n")
        return 0
    if verb != "status":
        await call.err(f"timedatectl: {verb}: the clock of the pocket lab is the computer's\n")
        return 1
    now = call.clock.now()
    zone = zone_of(call)
    local = now.astimezone(zone)
    name = str(zone) if str(zone) != "UTC" else "Etc/UTC"
    await call.out(
        f"               Local time: {local:%a %Y-%m-%d %H:%M:%S %Z}\n"
        f"           Universal time: {now:%a %Y-%m-%d %H:%M:%S} UTC\n"
        f"                 RTC time: {now:%a %Y-%m-%d %H:%M:%S}\n"
        f"                Time zone: {name} ({local:%Z, %z})\n"
        "System clock synchronized: yes\n"
        "              NTP service: n/a\n"
        "          RTC in local TZ: no\n"
    )
    return 0


async def _set_timezone(call: Call, name: str) -> int:
    if name not in available_timezones():
        await call.err(f"Failed to set time zone: Invalid or not installed time zone '{name}'\n")
        return 1
    if not call.root:
        await call.err("Failed to set time zone: Access denied\n")
        return 1
    with contextlib.suppress(FileNotFoundError):
        call.fs.remove("/etc/localtime")
    call.fs.symlink(f"/usr/share/zoneinfo/{name}", "/etc/localtime")
    call.fs.write_file("/etc/timezone", f"{name}\n".encode())
    return 0
