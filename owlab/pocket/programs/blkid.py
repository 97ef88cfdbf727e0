"""`blkid`: the disk's label."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.options import Complaint, parse

DEVICE = "/dev/vda1"
TAGS = {"LABEL": "cloudimg-rootfs", "TYPE": "ext4", "PARTUUID": "pocket-01"}
FORMATS = ("full", "value", "export", "device")


@program("blkid")
async def blkid(call: Call) -> int:
    """The disk's label: ``blkid [-s TAG]... [-o full|value|export|device] [DEVICE]...``."""
    given = parse(call, "s:o:", "match-tag= output=")
    form = given.value("o", "output") or "full"
    if form not in FORMATS:
        raise Complaint(f"blkid: unsupported output format {form}\n", 4)
    wanted = given.values("s", "match-tag")
    tags = {name: text for name, text in TAGS.items() if not wanted or name in wanted}
    if (given.words and DEVICE not in given.words) or not tags:
        return 2
    if form == "device":
        await call.out(f"{DEVICE}\n")
    elif form == "value":
        await call.out("".join(f"{text}\n" for text in tags.values()))
    elif form == "export":
        rows = {"DEVNAME": DEVICE, **tags}
        await call.out("".join(f"{name}={text}\n" for name, text in rows.items()))
    else:
        shown = " ".join(f'{name}="{text}"' for name, text in tags.items())
        await call.out(f"{DEVICE}: {shown}\n")
    return 0
