"""`reboot`, `shutdown`, `poweroff` and `halt`, from inside the machine."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


@program("reboot", "shutdown", "poweroff", "halt")
async def power(call: Call) -> int:
    """``shutdown`` is one minute away unless ``now`` (or ``+0``) is said; ``-r`` boots again."""
    if not call.root:
        await call.err(
            "Call to PowerOff failed: Interactive authentication required.\n"
            if call.name != "reboot"
            else "Call to Reboot failed: Interactive authentication required.\n"
        )
        return 1
    fleet, machine = call.fleet, call.machine
    words = [word for word in call.argv if not word.startswith("-")]
    again = call.name == "reboot" or bool({"-r", "--reboot"} & set(call.argv))
    if {"-k"} & set(call.argv):
        await call.err(f"{call.name} -k: the pocket lab writes to no terminals; nothing was done\n")
        return 1
    if {"-c"} & set(call.argv):
        await fleet.start(machine)
        return 0
    when = words[0] if words else ("+1" if call.name == "shutdown" else "now")
    if when not in ("now", "+0") and not again:
        if not when.lstrip("+").isdigit():
            await call.err(f"Failed to parse time specification: {when}\n")
            return 1
        fleet.stop_later(machine, int(when.lstrip("+")))
        await call.err("Shutdown scheduled, use 'shutdown -c' to cancel.\n")
        return 0
    fleet.go_down(machine, again=again)
    return 0
