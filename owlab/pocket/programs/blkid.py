"""`blkid`: the disk's label."""

from __future__ import annotations

from owlab.pocket.programs.base import Call, program


@program("blkid")
async def blkid(call: Call) -> int:
    """The disk's label."""
    await call.out('/dev/vda1: LABEL="cloudimg-rootfs" TYPE="ext4" PARTUUID="pocket-01"\n')
    return 0
