"""A container's disk as its image brings it."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers import known, userland
from owlab.pocket.kube.containers.disk import Disk, same
from owlab.pocket.kube.network.resolver import config_of, hosts_file, kernel_host_name
from owlab.pocket.machines.tree import Mounted

_ACCOUNTS = {
    "/etc/passwd": b"root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n"
    b"bin:x:2:2:bin:/bin:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\n"
    b"nobody:x:65534:65534:nobody:/home:/bin/false\n",
    "/etc/group": b"root:x:0:\ndaemon:x:1:\nbin:x:2:\nwww-data:x:33:\nnobody:x:65534:\n",
}
"""Who is known in every image."""


def new_disk(pod: Object, container: Object, own: frozenset[str]) -> Disk:
    """Its files, its programs, and what the kubelet writes for each container.

    :param own: the programs that the lab gives the image beside the interpreter's.
    """
    image = known.known(container)
    about = {
        "/etc/hostname": f"{kernel_host_name(pod)}\n".encode(),
        "/etc/hosts": hosts_file(pod).encode(),
        "/etc/resolv.conf": config_of(pod).text().encode(),
    }
    files = {**_ACCOUNTS, **(image.files if image is not None else {})}
    security = container.get("securityContext") or {}
    disk = Disk({**files, **about}, read_only=bool(security.get("readOnlyRootFilesystem")))
    land = userland.userland(container)
    if land is not None:
        programs = userland.folder(land.names | own)
        for path in ("/bin", "/usr/bin"):
            disk.mount(path, Mounted(programs, programs.root, True, same))
    return disk
