"""What a container leaves for its status as it ends: a file of its own, or the end of its log."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.containers.disk import Disk, same
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import ROOT
from owlab.pocket.machines.tree import Mounted, Tree, find

_PATH = "/dev/termination-log"
_FILE, _EVERYBODY_WRITES = "/message", 0o666
_MOST_BYTES, _MOST_OF_THE_LOG, _MOST_LINES = 4096, 2048, 80


class TerminationMessage:
    """One start of one container. The file is mounted: a read-only root does not keep it away."""

    def __init__(self, disk: Disk, container: Object) -> None:
        tree = Tree()
        self._files = Files(tree)
        self._files.write_file(_FILE, b"")
        self._files.chmod(_FILE, _EVERYBODY_WRITES)
        inode = find(tree, _FILE, ROOT).inode
        assert inode is not None
        path = str(container.get("terminationMessagePath") or _PATH)
        disk.mount(path, Mounted(tree, inode, False, same))
        self._policy = container.get("terminationMessagePolicy")

    def read(self, code: int, printed: str) -> str:
        """The message of a container that ended with this status and had printed this."""
        said = self._files.read_file(_FILE)[:_MOST_BYTES].decode(errors="replace")
        if said or code == 0 or self._policy != "FallbackToLogsOnError":
            return said
        last = "".join(printed.splitlines(keepends=True)[-_MOST_LINES:])
        return last.encode()[-_MOST_OF_THE_LOG:].decode(errors="replace")
