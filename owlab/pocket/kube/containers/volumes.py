"""A container's volumes: what a pod writes to an export is a file of the NFS server."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.account_tokens import AccountTokens
from owlab.pocket.kube.containers.disk import Disk, directory_of, same
from owlab.pocket.kube.containers.environment import (
    MissingReference,
    contents_of,
    environment,
    expanded,
    field_of,
    resource_of,
)
from owlab.pocket.kube.store import Store
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import ROOT, SETGID, Inode
from owlab.pocket.machines.tree import Mounted, Tree, find
from owlab.pocket.machines.views import DiskFleet, DiskMachine

_FILE_MODE, _OPEN = 0o644, 0o777
_GROUP_READS, _GROUP_ENTERS = 0o440, 0o110

PastLab = dict[str, Tree]
"""A pod's volumes that live as long as it does, by name."""


@dataclass(frozen=True)
class _File:
    """One file of a volume that is made of the cluster's objects."""

    name: str
    content: bytes
    mode: int


def mount_volumes(
    disk: Disk, pod: Object, container: Object, store: Store, fleet: DiskFleet, kept: PastLab
) -> list[DiskMachine]:
    """Put the container's volumes where it wants them; returns the machines that hold some."""
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
    holders: list[DiskMachine] = []
    wanted = container.get("volumeMounts") or []
    # One below another comes after it.
    for mount in sorted(wanted, key=lambda one: posixpath.normpath(one["mountPath"]).count("/")):
        volume = volumes.get(mount["name"])
        if volume is None:
            continue
        path = posixpath.normpath(mount["mountPath"])
        if mount.get("subPathExpr"):
            variables = environment(pod, container, store)
            mount = {**mount, "subPath": expanded(mount["subPathExpr"], variables)}
        mounted, holder = _mounted(pod, volume, mount, store, fleet, kept)
        if mounted is not None:
            disk.mount(path, mounted)
        if holder is not None:
            holders.append(holder)
    return holders


def _mounted(
    pod: Object, volume: Object, mount: Object, store: Store, fleet: DiskFleet, kept: PastLab
) -> tuple[Mounted | None, DiskMachine | None]:
    source, read_only = _source(pod, volume, store)
    read_only = read_only or bool(mount.get("readOnly"))
    sub = str(mount.get("subPath") or "")
    if "nfs" in source:
        nfs, node_name = source["nfs"], str(pod["spec"].get("nodeName"))
        path = posixpath.join(nfs["path"], sub)
        read_only = read_only or bool(nfs.get("readOnly"))
        found = fleet.nfs_mounted(node_name, nfs["server"], nfs["path"], path, read_only)
        return found, fleet.nfs_server(nfs["server"])
    if local := source.get("hostPath") or source.get("local"):
        node = fleet.get(str(pod["spec"].get("nodeName")))
        if node is None:
            return None, None
        inode = _entry(node.tree, posixpath.join(local["path"], sub))
        return Mounted(node.tree, inode, read_only, same), node
    if _lives_with_the_pod(volume):
        if mount["name"] not in kept:
            kept[mount["name"]] = _shared(_fs_group(pod))
        tree = kept[mount["name"]]
        return Mounted(tree, _entry(tree, f"/{sub}"), read_only, same), None
    tree = _tree_of(list(_files(pod, volume, store)), _fs_group(pod))
    chosen = find(tree, f"/{sub}", ROOT).inode if sub else tree.root
    return Mounted(tree, chosen or Inode("file", _FILE_MODE), True, same), None


def _entry(tree: Tree, path: str) -> Inode:
    """What is at a path of a machine or of a volume; a missing directory is made."""
    there = find(tree, path, ROOT).inode if Files(tree).exists(path) else None
    return there or directory_of(tree, path)


def _lives_with_the_pod(volume: Object) -> bool:
    return "emptyDir" in volume or "ephemeral" in volume


def _fs_group(pod: Object) -> int | None:
    found = (pod["spec"].get("securityContext") or {}).get("fsGroup")
    return None if found is None else int(found)


def _shared(group: int | None) -> Tree:
    """An empty directory that every container of a pod may write to."""
    tree = Tree()
    tree.root.mode = _OPEN
    if group is not None:
        tree.root.gid, tree.root.mode = group, _OPEN | SETGID
    return tree


def _source(pod: Object, volume: Object, store: Store) -> tuple[Object, bool]:
    """The volume, or the one that its claim is bound to; and whether it is for reading only."""
    if "persistentVolumeClaim" not in volume:
        return volume, False
    wanted = volume["persistentVolumeClaim"]
    claim = store.find("PersistentVolumeClaim", wanted["claimName"], pod["metadata"]["namespace"])
    bound = store.find("PersistentVolume", (claim or {"spec": {}})["spec"].get("volumeName"))
    source: Object = (bound or {"spec": {}})["spec"]
    return source, bool(wanted.get("readOnly"))


def _tree_of(files: list[_File], group: int | None) -> Tree:
    """Files as the kubelet writes them: root's, and readable for the pod's group."""
    tree = Tree()
    root = Files(tree, umask=0)
    for file in files:
        path = f"/{file.name}"
        root.mkdir(posixpath.dirname(path), recursive=True)
        root.write_file(path, file.content)
        root.chmod(path, file.mode if group is None else file.mode | _GROUP_READS)
        if group is not None:
            root.chown(path, gid=group)
    tree.root.mode = _OPEN
    if group is not None:
        tree.root.gid, tree.root.mode = group, tree.root.mode | _GROUP_ENTERS | SETGID
    return tree


def _files(pod: Object, volume: Object, store: Store, mode: int | None = None) -> Iterator[_File]:
    """The files of volumes that are made of the cluster's objects."""
    namespace = pod["metadata"]["namespace"]
    for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
        if field in volume:
            usual = _mode(volume[field], mode)
            data = contents_of(store, kind, volume[field], namespace)
            chosen = volume[field].get("items")
            if chosen is None:
                yield from (_File(name, content, usual) for name, content in data.items())
            for item in chosen or []:
                if item["key"] in data:
                    yield _File(item["path"], data[item["key"]], _own_mode(item, usual))
    downward = volume.get("downwardAPI") or {}
    for item in downward.get("items") or []:
        if "resourceFieldRef" in item:
            text = resource_of(item["resourceFieldRef"], pod, {}, store)
        else:
            text = field_of(pod, item.get("fieldRef", {}).get("fieldPath", ""))
        yield _File(item["path"], text.encode(), _own_mode(item, _mode(downward, mode)))
    if "serviceAccountToken" in volume:
        wanted = volume["serviceAccountToken"]
        token = AccountTokens(store).for_pod(pod, wanted)
        yield _File(wanted["path"], token.encode(), _FILE_MODE if mode is None else mode)
    projected = volume.get("projected") or {}
    for source in projected.get("sources") or []:
        try:
            yield from _files(pod, source, store, _mode(projected, mode))
        except MissingReference:
            continue


def _own_mode(item: Object, otherwise: int) -> int:
    found = item.get("mode")
    return otherwise if found is None else int(found)  # 0 is a mode too


def _mode(source: Object, otherwise: int | None) -> int:
    found = source.get("defaultMode")
    return int(found) if found is not None else _FILE_MODE if otherwise is None else otherwise
