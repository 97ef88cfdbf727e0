"""A container's volumes: what a pod writes to an export is a file of the NFS server."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bashkit import Bash, FileSystem

from owlab.pocket.ground.views import FleetView, MachineView, Object
from owlab.pocket.kube.account_tokens import AccountTokens
from owlab.pocket.kube.containers.environment import MissingReference, data_of, field_of
from owlab.pocket.kube.store import Store

MACHINES = "/.machines"
"""Where the machines' own file systems are, for volumes to link to."""

Kept = dict[str, FileSystem]
"""A pod's volumes that live as long as it does, by name."""


def empty() -> FileSystem:
    """A file system with nothing in it: a new one brings some directories."""
    fs = FileSystem()
    for entry in fs.read_dir("/"):
        fs.remove(f"/{entry['name']}", recursive=True)
    return fs


def mount_volumes(
    bash: Bash, pod: Object, container: Object, store: Store, fleet: FleetView, kept: Kept
) -> list[MachineView]:
    """Put the container's volumes where it wants them; returns the machines that hold some."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    holders: list[MachineView] = []
    for wanted in container.get("volumeMounts") or []:
        volume = volumes.get(wanted["name"])
        if volume is None:
            continue
        path = posixpath.normpath(wanted["mountPath"])
        place = _place(pod, volume, store, fleet)
        if place is not None:
            machine, directory = place
            _link(bash, path, machine, posixpath.join(directory, wanted.get("subPath", "")))
            holders.append(machine)
        elif (files := dict(_files(pod, volume, store))) or not _lives_with_the_pod(volume):
            _fill(bash, path, files, wanted.get("subPath", ""))
        else:
            _mount(bash, path, kept.setdefault(wanted["name"], empty()), wanted)
    return holders


def _lives_with_the_pod(volume: Object) -> bool:
    return "emptyDir" in volume or "ephemeral" in volume


def _mount(bash: Bash, path: str, fs: FileSystem, wanted: Object) -> None:
    _parents(bash, path)
    bash.mount(path, fs, read_only=bool(wanted.get("readOnly")))


def _place(
    pod: Object, volume: Object, store: Store, fleet: FleetView
) -> tuple[MachineView, str] | None:
    """The machine and the directory that a volume is, where it is one."""
    source = volume
    if "persistentVolumeClaim" in volume:
        name = volume["persistentVolumeClaim"]["claimName"]
        claim = store.find("PersistentVolumeClaim", name, pod["metadata"]["namespace"])
        bound = store.find("PersistentVolume", (claim or {"spec": {}})["spec"].get("volumeName"))
        source = (bound or {"spec": {}})["spec"]
    if "nfs" in source:
        machine = fleet.nfs_server(source["nfs"]["server"])
        return (machine, source["nfs"]["path"]) if machine else None
    local = source.get("hostPath") or source.get("local")
    if local is None:
        return None
    node = fleet.get(str(pod["spec"].get("nodeName")))
    return (node, local["path"]) if node else None


def _link(bash: Bash, path: str, machine: MachineView, directory: str) -> None:
    root = f"{MACHINES}/{machine.name}"
    if not bash.exists(root):
        _parents(bash, root)
        bash.mount(root, machine.fs)
    if machine.listdir(directory) is None and machine.read(directory) is None:
        machine.mkdir(directory)
    _parents(bash, path)
    if _is_link(bash, path):
        return
    if bash.exists(path):
        # What the image has there is hidden by what is mounted.
        bash.fs().remove(path, recursive=True)
    bash.symlink(f"{root}{directory.rstrip('/')}", path)


def _is_link(bash: Bash, path: str) -> bool:
    try:
        bash.fs().read_link(path)
    except (OSError, RuntimeError, ValueError):
        return False
    return True


def _files(pod: Object, volume: Object, store: Store) -> Iterator[tuple[str, str]]:
    """The files of volumes that are made of the cluster's objects."""
    namespace = pod["metadata"]["namespace"]
    for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if field in volume:
            data = data_of(store, kind, volume[field], namespace)
            chosen = volume[field].get("items")
            if chosen is None:
                yield from data.items()
            for item in chosen or []:
                if item["key"] in data:
                    yield item["path"], data[item["key"]]
    for item in (volume.get("downwardAPI") or {}).get("items") or []:
        yield item["path"], field_of(pod, item.get("fieldRef", {}).get("fieldPath", ""))
    if "serviceAccountToken" in volume:
        wanted = volume["serviceAccountToken"]
        yield wanted["path"], AccountTokens(store).for_pod(pod, wanted)
    for source in (volume.get("projected") or {}).get("sources") or []:
        try:
            yield from _files(pod, source, store)
        except MissingReference:
            continue


def _fill(bash: Bash, path: str, files: dict[str, str], sub: str) -> None:
    """Read-only, as the kubelet mounts them; one file of them when ``subPath`` names it."""
    _parents(bash, path)
    if sub:
        bash.write_file(path, files.get(sub, ""))
        return
    fs = empty()
    for name, text in files.items():
        parent = posixpath.dirname(f"/{name}")
        if not fs.exists(parent):
            fs.mkdir(parent, recursive=True)
        fs.write_file(f"/{name}", text.encode())
    bash.mount(path, fs, read_only=True)


def _parents(bash: Bash, path: str) -> None:
    parent = posixpath.dirname(path)
    if not bash.exists(parent):
        bash.mkdir(parent, recursive=True)
