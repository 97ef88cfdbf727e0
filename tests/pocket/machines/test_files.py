"""The file system beneath the machines: paths, links, rights, mounts."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest
from bashkit import Bash

from owlab.pocket.machines import filesystem_abi
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.filesystem_abi import mountable
from owlab.pocket.machines.inode import EXECUTE, READ, ROOT, WRITE, Credentials
from owlab.pocket.machines.tree import Mounted, Tree, find

ANN, BOB = Credentials(1000, 1000, frozenset({27})), Credentials(1001, 1001)


@pytest.fixture
def tree() -> Tree:
    made = Tree()
    root = Files(made)
    root.mkdir("/home/ann", recursive=True)
    root.chown("/home/ann", 1000, 1000)
    root.mkdir("/etc")
    root.write_file("/etc/conf", b"x")
    return made


def refused(act: object, *words: object) -> int:
    with pytest.raises(OSError) as caught:
        act(*words)  # type: ignore[operator]
    assert caught.value.errno is not None
    return caught.value.errno


def test_links_are_followed_and_loops_end(tree: Tree) -> None:
    files = Files(tree)
    files.symlink("/etc", "/e")
    files.symlink("conf", "/etc/also")
    assert files.read_file("/e/also") == b"x"
    assert files.resolve("/e/also") == "/etc/conf"
    files.write_file("/e/also", b"y")
    assert files.read_file("/etc/conf") == b"y"
    files.symlink("/b", "/a")
    files.symlink("/a", "/b")
    assert refused(files.read_file, "/a") == errno.ELOOP
    files.symlink("nowhere", "/broken")
    assert not files.exists("/broken")
    assert files.stat("/broken")["file_type"] == "symlink"
    assert files.read_file("/e/../etc/./conf") == b"y"


@pytest.mark.parametrize(
    ("mode", "who", "bits", "allowed"),
    [
        (0o640, ANN, 6, True),
        (0o640, BOB, 4, False),
        (0o604, BOB, 4, True),
        (0o040, ANN, 4, False),  # the owner's bits count, though the group's would do
        (0o000, ROOT, 6, True),
        (0o600, ROOT, 1, False),
        (0o100, ROOT, 1, True),
    ],
)
def test_modes(tree: Tree, mode: int, who: Credentials, bits: int, allowed: bool) -> None:
    Files(tree, ANN).write_file("/home/ann/f", b"")
    Files(tree).chmod("/home/ann/f", mode)
    assert Files(tree, who).allows("/home/ann/f", bits) is allowed


def test_a_closed_directory_hides_what_is_in_it(tree: Tree) -> None:
    Files(tree).chmod("/home/ann", 0o700)
    assert refused(Files(tree, BOB).stat, "/home/ann/x") == errno.EACCES
    assert refused(Files(tree, BOB).write_file, "/home/ann/x", b"") == errno.EACCES
    assert refused(Files(tree, ANN).stat, "/home/ann/x") == errno.ENOENT


def test_a_second_name_is_the_same_file(tree: Tree) -> None:
    files = Files(tree)
    files.link("/etc/conf", "/etc/twin")
    files.write_file("/etc/twin", b"both")
    assert files.read_file("/etc/conf") == b"both"
    assert files.stat("/etc/conf")["links"] == 2
    files.remove("/etc/conf")
    assert files.stat("/etc/twin")["links"] == 1


def test_renaming(tree: Tree) -> None:
    files = Files(tree)
    files.mkdir("/d/e", recursive=True)
    assert refused(files.rename, "/d", "/d/e/f") == errno.EINVAL
    assert refused(files.rename, "/etc/conf", "/d") == errno.EISDIR
    assert refused(files.rename, "/d", "/etc/conf") == errno.ENOTDIR
    files.rename("/etc/conf", "/d/e/conf")
    assert files.read_file("/d/e/conf") == b"x"
    assert refused(files.remove, "/d") == errno.ENOTEMPTY
    files.remove("/d", recursive=True)
    assert not files.exists("/d")
    assert refused(files.remove, "/") == errno.EBUSY


def test_groups_of_a_directory_are_inherited(tree: Tree) -> None:
    files = Files(tree)
    files.mkdir("/shared")
    files.chown("/shared", 0, 27)
    files.chmod("/shared", 0o2775)
    Files(tree, ANN).mkdir("/shared/d")
    inode = files.look("/shared/d")
    assert (inode.uid, inode.gid, inode.mode & 0o2000) == (1000, 27, 0o2000)


def test_an_owner_or_a_group_stays(tree: Tree) -> None:
    files = Files(tree)

    def owner() -> tuple[int, int]:
        inode = files.look("/home/ann")
        return inode.uid, inode.gid

    files.chown("/home/ann")
    assert owner() == (1000, 1000)
    files.chown("/home/ann", uid=0)
    assert owner() == (0, 1000)
    files.chown("/home/ann", gid=0)
    assert owner() == (0, 0)
    files.chown("/home/ann", -1, 27)
    assert owner() == (0, 27)
    files.chown("/home/ann", 5, -1)
    assert owner() == (5, 27)


def test_a_mount_is_another_tree(tree: Tree) -> None:
    other = Tree()
    Files(other).mkdir("/srv")
    Files(other).chmod("/srv", 0o777)
    files = Files(tree)
    files.mkdir("/mnt")
    files.write_file("/mnt/before", b"")
    point, exported = find(tree, "/mnt", ROOT).inode, find(other, "/srv", ROOT).inode
    assert point is not None and exported is not None
    nobody = Credentials(65534, 65534)
    tree.mounts[point] = Mounted(other, exported, False, lambda who: nobody if who.is_root else who)
    files.write_file("/mnt/f", b"1")
    assert Files(other).look("/srv/f").uid == 65534
    assert not files.exists("/mnt/before")
    files.rename("/etc/conf", "/mnt/conf")
    assert Files(other).read_file("/srv/conf") == b"x"
    assert not files.exists("/etc/conf")
    assert refused(files.remove, "/mnt") == errno.EBUSY
    assert files.read_file("/mnt/../mnt/f") == b"1"
    tree.mounts[point] = Mounted(other, exported, True, lambda who: who)
    assert refused(files.write_file, "/mnt/f", b"2") == errno.EROFS
    del tree.mounts[point]
    assert files.exists("/mnt/before")


async def test_bashkit_sees_it_and_lets_go_of_it(tree: Tree) -> None:
    held = len(filesystem_abi._files)
    bash = Bash(cwd="/home/ann")
    bash.mount("/", mountable(Files(tree, ANN)))
    done = await bash.execute("echo hi > f; cat f; echo no > /etc/conf; ls /home/ann; cat /none")
    assert done.stdout == "hi\nf\n"
    assert "/etc/conf: Permission denied" in done.stderr
    assert "cat: /none: No such file or directory" in done.stderr
    assert Files(tree).look("/home/ann/f").uid == 1000
    del bash, done
    assert len(filesystem_abi._files) == held
    assert filesystem_abi._lent == {}


def test_a_shell_may_outlive_the_module_at_the_end_of_python() -> None:
    """Whose functions bashkit calls when it lets go of the files; freed memory is overwritten."""
    script = """
import gc
gc.disable()
from bashkit import Bash
from owlab.pocket.machines.filesystem_abi import mountable
class Cycle: pass
for _ in range(50):
    one = Cycle()
    one.me, one.bash = one, Bash()
    one.bash.mount("/", mountable(object()))
del one
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONMALLOC": "debug"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("path", "there", "folder", "may"),
    [
        ("/", True, True, "r-x"),
        ("/open", True, True, "r-x"),
        ("/open/own", True, False, "rw-"),
        ("/open/other", True, False, "r--"),
        ("/open/secret", True, False, "---"),
        ("/open/tool", True, False, "r-x"),
        ("/open/none", False, False, "---"),
        ("/open/own/below", False, False, "---"),
        ("/closed", True, True, "---"),
        ("/closed/in", False, False, "---"),
        ("/none/in", False, False, "---"),
        ("/to-own", True, False, "rw-"),
        ("/to-open", True, True, "r-x"),
        ("/to-none", False, False, "---"),
        ("/to-itself", False, False, "---"),
        ("/to-itself/in", False, False, "---"),
    ],
)
def test_questions_have_an_answer_where_nothing_is(
    path: str, there: bool, folder: bool, may: str
) -> None:
    made = Tree()
    root = Files(made)
    for name, mode in (("/open", 0o755), ("/closed", 0o700)):
        root.mkdir(name)
        root.chmod(name, mode)
    for name, mode in (("own", 0o600), ("other", 0o644), ("secret", 0o600), ("tool", 0o755)):
        root.write_file(f"/open/{name}", b"x")
        root.chmod(f"/open/{name}", mode)
    root.chown("/open/own", ANN.uid, ANN.gid)
    root.write_file("/closed/in", b"x")
    for name, target in (("own", "/open/own"), ("open", "open"), ("none", "none")):
        root.symlink(target, f"/to-{name}")
    root.symlink("to-itself", "/to-itself")
    files = Files(made, ANN)
    assert (files.exists(path), files.is_directory(path)) == (there, folder)
    bits = zip("rwx", (READ, WRITE, EXECUTE), strict=True)
    assert "".join(letter if files.allows(path, bit) else "-" for letter, bit in bits) == may
