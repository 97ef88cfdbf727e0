"""`crictl` and `ctr`: the images of a node. Nothing is downloaded: a pulled image is a name."""

from __future__ import annotations

import hashlib
import json

from owlab.pocket.machines import units
from owlab.pocket.machines.k3s_installation import installed
from owlab.pocket.programs.base import Call, program

SOCKET = "unix:///run/k3s/containerd/containerd.sock"


def full_name(image: str) -> str:
    """An image's name in full: ``nginx`` -> ``docker.io/library/nginx:latest``."""
    first, slash, _ = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif "." not in first and ":" not in first and first != "localhost":
        image = f"docker.io/{image}"
    tail = image.rsplit("/", 1)[-1]
    return image if ":" in tail or "@" in image else f"{image}:latest"


@program("crictl", "ctr", installed=installed, own_help=True)
async def crictl(call: Call) -> int:
    """``pull IMAGE``, ``images [-o json|-q]``, ``rmi IMAGE``, ``version``, ``info``."""
    words = [word for word in call.argv if not word.startswith("-")]
    flags = [word for word in call.argv if word.startswith("-")]
    if call.name == "ctr":
        # ctr -n k8s.io images pull|ls ...
        words = [word for word in words if word not in ("k8s.io", "images", "image", "i")]
    verb, names = (words[0] if words else "help"), words[1:]
    if not call.root:
        await call.err(
            f'level=fatal msg="validate service connection: validate CRI v1 runtime API for '
            f'endpoint \\"{SOCKET}\\": connect: permission denied"\n'
        )
        return 1
    if not (units.active(call.machine, "k3s") or units.active(call.machine, "k3s-agent")):
        await call.err(
            f'level=fatal msg="validate service connection: validate CRI v1 runtime API for '
            f'endpoint \\"{SOCKET}\\": connect: no such file or directory"\n'
        )
        return 1
    match verb:
        case "pull":
            return await _pull(call, names)
        case "images" | "img" | "ls":
            return await _images(call, flags, names)
        case "rmi" | "rm":
            return await _remove(call, names)
        case "version" | "info":
            await call.out("RuntimeName:  containerd (simulated by the owlab pocket lab)\n")
            return 0
    await call.err(
        f"{call.name} {verb}: not part of the pocket lab; "
        "containers can be seen with kubectl get pods -A\n"
    )
    return 1


async def _pull(call: Call, names: list[str]) -> int:
    if not names:
        await call.err('level=fatal msg="image name cannot be empty"\n')
        return 1
    name = full_name(names[0])
    if not call.cluster.has_image(name):
        await call.err(
            f"E pulling image: rpc error: code = NotFound desc = failed to pull and unpack image "
            f'"{name}": failed to resolve reference "{name}": {name}: not found\n'
            f'level=fatal msg="pulling image: failed to pull and unpack image \\"{name}\\": '
            f'failed to resolve reference \\"{name}\\": {name}: not found"\n'
        )
        return 1
    if name not in call.machine.images():
        await call.clock.pause(15)
        call.machine.add_image(name)
        call.fleet.changed(call.machine)
    await call.out(f"Image is up to date for sha256:{_digest(name)}\n")
    return 0


async def _images(call: Call, flags: list[str], names: list[str]) -> int:
    present = sorted(call.machine.images())
    if "json" in names or "-o=json" in flags or "--output=json" in flags:
        listed = [
            {"id": f"sha256:{_digest(i)}", "repoTags": [i], "repoDigests": []} for i in present
        ]
        await call.out(json.dumps({"images": listed}, indent=2) + "\n")
        return 0
    if "-q" in flags or "--quiet" in flags:
        await call.out("".join(f"sha256:{_digest(image)}\n" for image in present))
        return 0
    rows: list[tuple[str, ...]] = [("IMAGE", "TAG", "IMAGE ID", "SIZE")]
    rows += [(*image.rsplit(":", 1), _digest(image)[:13], "simulated") for image in present]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        await call.out("   ".join(cells).rstrip() + "\n")
    return 0


async def _remove(call: Call, names: list[str]) -> int:
    for name in map(full_name, names):
        if not call.machine.remove_image(name):
            await call.err(f'level=error msg="no such image {name}"\n')
            return 1
        await call.out(f"Deleted: {name}\n")
    return 0


def _digest(image: str) -> str:
    return hashlib.sha256(image.encode()).hexdigest()
