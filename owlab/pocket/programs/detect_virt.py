"""`systemd-detect-virt`: what the machine runs in."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse


@program("systemd-detect-virt")
async def detect_virt(call: Call) -> int:
    """The truth: there is no virtual machine."""
    try:
        given = parse(call, "cvrq", "container vm chroot private-users quiet list cvm")
    except Complaint as error:
        raise Complaint(error.text.partition("\n")[0] + "\n") from None
    if given.words:
        raise Complaint(f"{call.name} takes no arguments.\n")
    if given.has("c", "container", "r", "chroot", "private-users", "list", "cvm"):
        raise Complaint(f"{call.name}: the pocket lab knows -q and -v only\n")
    if not given.has("q", "quiet"):
        await call.out("owlab-pocket\n")
    return 0
