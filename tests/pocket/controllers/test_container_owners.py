"""`ls`, `stat`, `chown` and `ps` in a container: owners, numbers, and the words of both kinds."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from owlab.pocket.kube.containers import owners
from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import Credentials
from owlab.pocket.machines.tree import Tree

WHEN = 1_700_000_000.25
OLD = "Nov 14  2023"


@pytest.fixture
def tree() -> Tree:
    made = Tree()
    files = Files(made)
    for path in ("/etc", "/work/sub/deep"):
        files.mkdir(path, recursive=True)
    files.write_file("/etc/passwd", b"root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\n")
    files.write_file("/etc/group", b"root:x:0:\nann:x:1000:\nwork:x:50:\n")
    for name, size in (("b.txt", 5), ("a.txt", 5000), (".hidden", 0), ("sub/in", 1)):
        files.write_file(f"/work/{name}", b"x" * size)
    files.symlink("a.txt", "/work/link")
    files.chown("/work/a.txt", 1000, 50)
    files.chown("/work/b.txt", 7, 8)
    files.chmod("/work/b.txt", 0o600)
    pending = [made.root]
    while pending:
        inode = pending.pop()
        inode.modified = WHEN
        pending += inode.entries.values()
    return made


def did(
    tree: Tree, line: str, busybox: bool = False, who: Credentials | None = None
) -> tuple[str, str, int]:
    """What a line does: printed, said, and its status."""
    files = Files(tree, who) if who is not None else Files(tree)
    seen: Any = [
        SimpleNamespace(number=1, user="root", command="nginx: master"),
        SimpleNamespace(number=30, user="a-long-name", command="sh"),
    ]
    made = owners.OwnerCommands(files, busybox=busybox, processes=seen).commands()
    out, err = bytearray(), bytearray()

    def into(target: bytearray) -> Any:
        async def write(data: bytes) -> None:
            target.extend(data)

        return SimpleNamespace(write=write)

    name, *argv = line.split()
    context: Any = SimpleNamespace(
        name=name, argv=argv, cwd="/work", env={}, stdout=into(out), stderr=into(err)
    )
    running: Any = made[name](context)
    status: int = asyncio.run(running)
    return out.decode(), err.decode(), status


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("ls", "a.txt\nb.txt\nlink\nsub\n"),
        ("ls -r", "sub\nlink\nb.txt\na.txt\n"),
        ("ls -A", ".hidden\na.txt\nb.txt\nlink\nsub\n"),
        ("ls -a", ".\n..\n.hidden\na.txt\nb.txt\nlink\nsub\n"),
        ("ls -S", "a.txt\nsub\nb.txt\nlink\n"),
        ("ls -F", "a.txt\nb.txt\nlink\nsub/\n"),
        ("ls -d sub", "sub\n"),
        ("ls sub", "deep\nin\n"),
        ("ls b.txt sub", "b.txt\n\nsub:\ndeep\nin\n"),
        ("ls sub a.txt", "a.txt\n\nsub:\ndeep\nin\n"),
        ("ls -R sub", "sub:\ndeep\nin\n\nsub/deep:\n"),
        ("ls --color=auto -- sub", "deep\nin\n"),
        ("ls -l b.txt", f"-rw------- 1 7 8 5 {OLD} b.txt\n"),
        ("ls -l a.txt b.txt",
         f"-rw-r--r-- 1 ann work 5000 {OLD} a.txt\n-rw------- 1 7   8       5 {OLD} b.txt\n"),
        ("ls -n a.txt", f"-rw-r--r-- 1 1000 50 5000 {OLD} a.txt\n"),
        ("ls -lh a.txt", f"-rw-r--r-- 1 ann work 4.9K {OLD} a.txt\n"),
        ("ls -g a.txt", f"-rw-r--r-- 1 work 5000 {OLD} a.txt\n"),
        ("ls -o a.txt", f"-rw-r--r-- 1 ann 5000 {OLD} a.txt\n"),
        ("ls -l link", f"lrwxrwxrwx 1 root root 5 {OLD} link -> a.txt\n"),
        ("ls -ld sub", f"drwxr-xr-x 3 root root 4096 {OLD} sub\n"),
        ("ls -l sub", f"total 8\ndrwxr-xr-x 2 root root 4096 {OLD} deep\n"
                      f"-rw-r--r-- 1 root root    1 {OLD} in\n"),
    ],
)  # fmt: skip
def test_ls(tree: Tree, line: str, out: str) -> None:
    assert did(tree, line) == (out, "", 0)


def test_what_was_written_lately_shows_its_hour(tree: Tree) -> None:
    files = Files(tree)
    now = time.time()
    for name, ago in (("b.txt", 60.0), ("a.txt", 200 * 86400.0)):
        files.look(f"/work/{name}").modified = now - ago
    lately = time.strftime("%b %e %H:%M", time.gmtime(now - 60))
    old = time.strftime("%b %e  %Y", time.gmtime(now - 200 * 86400))
    assert f" {lately} b.txt\n" in did(tree, "ls -l b.txt")[0]
    assert f" {old} a.txt\n" in did(tree, "ls -l a.txt")[0]
    assert did(tree, "ls -t")[0].startswith("b.txt\na.txt\n")
    assert did(tree, "ls -tr")[0].endswith("a.txt\nb.txt\n")


def test_busyboxs_columns(tree: Tree) -> None:
    out = did(tree, "ls -l b.txt", busybox=True)[0]
    assert out == f"-rw-------    1 7        8                5 {OLD} b.txt\n"


@pytest.mark.parametrize(
    ("line", "coreutils", "busybox"),
    [
        ("ls none", "ls: cannot access 'none': No such file or directory\n",
         "ls: none: No such file or directory\n"),
        ("ls -Z", "ls: unrecognized option: Z\n", "ls: unrecognized option: Z\n"),
        ("stat", "stat: missing operand\n", "stat: missing operand\n"),
        ("stat -Q a.txt", "stat: unrecognized option: Q\n", "stat: unrecognized option: Q\n"),
        ("stat none", "stat: cannot statx 'none': No such file or directory\n",
         "stat: can't stat 'none': No such file or directory\n"),
        ("chown ann", "chown: missing operand\n", "chown: missing operand\n"),
        ("chown nobody9 a.txt", "chown: invalid user: 'nobody9'\n",
         "chown: unknown user nobody9\n"),
        ("chgrp nobody9 a.txt", "chgrp: invalid group: 'nobody9'\n",
         "chgrp: unknown group nobody9\n"),
    ],
)  # fmt: skip
def test_refusals(tree: Tree, line: str, coreutils: str, busybox: str) -> None:
    assert did(tree, line)[1:] == (coreutils, 1)
    assert did(tree, line, busybox=True)[1:] == (busybox, 1)


def test_what_may_not_be_seen_or_changed(tree: Tree) -> None:
    ann = Credentials(1000, 1000)
    Files(tree).mkdir("/work/secret")
    Files(tree).chmod("/work/secret", 0o700)
    out, err, status = did(tree, "ls secret sub", who=ann)
    assert (err, status) == ("ls: cannot open directory 'secret': Permission denied\n", 1)
    assert "in\n" in out
    assert did(tree, "ls secret", busybox=True, who=ann)[1] == (
        "ls: can't open 'secret': Permission denied\n"
    )
    assert did(tree, "chown ann b.txt", who=ann)[1:] == (
        *("chown: changing ownership of 'b.txt': Operation not permitted\n", 1),
    )
    assert did(tree, "chown ann b.txt", busybox=True, who=ann)[1] == (
        "chown: b.txt: Operation not permitted\n"
    )


def owner(tree: Tree, path: str) -> tuple[int, int]:
    inode = Files(tree).look(path, follow=False)
    return inode.uid, inode.gid


@pytest.mark.parametrize(
    ("line", "file", "folder", "inner"),
    [
        ("chown ann b.txt", (1000, 8), (0, 0), (0, 0)),
        ("chown ann:work b.txt", (1000, 50), (0, 0), (0, 0)),
        ("chown :work b.txt", (7, 50), (0, 0), (0, 0)),
        ("chown 5:6 b.txt", (5, 6), (0, 0), (0, 0)),
        ("chgrp work b.txt", (7, 50), (0, 0), (0, 0)),
        ("chown ann sub", (7, 8), (1000, 0), (0, 0)),
        ("chown -R ann:work sub", (7, 8), (1000, 50), (1000, 50)),
        ("chown -R ann b.txt sub", (1000, 8), (1000, 0), (1000, 0)),
    ],
)
def test_chown(tree: Tree, line: str, file: Any, folder: Any, inner: Any) -> None:
    assert did(tree, line) == ("", "", 0)
    assert [owner(tree, f"/work/{name}") for name in ("b.txt", "sub", "sub/in")] == (
        [file, folder, inner]
    )


STAMP = "2023-11-14 22:13:20.250000000 +0000"


@pytest.mark.parametrize(
    ("form", "out"),
    [
        ("%a|%A|%F|%s", "644|-rw-r--r--|regular file|5000"),
        ("%u|%U|%g|%G", "1000|ann|50|work"),
        ("%h|%n|%N|%%", "1|a.txt|'a.txt'|%"),
        ("%b|%B|%o", "16|512|4096"),
        ("%Y|%X|%Z", "1700000000|1700000000|1700000000"),
        ("%?|x%", "?|x?"),
        (r"a\nb", "a\nb"),
    ],
)
def test_forms_of_stat(tree: Tree, form: str, out: str) -> None:
    for words in (f"-c {form}", f"-c{form}", f"--format={form}", f"--format {form}"):
        assert did(tree, f"stat {words} a.txt") == (f"{out}\n", "", 0)


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("stat -c %y a.txt", STAMP),
        ("stat -c %U:%G b.txt", "UNKNOWN:UNKNOWN"),
        ("stat -c %F .hidden", "regular empty file"),
        ("stat -c %F sub", "directory"),
        ("stat -c %F link", "symbolic link"),
        ("stat -L -c %F link", "regular file"),
        ("stat -c %h sub", "3"),
        ("stat -c %s a.txt b.txt", "5000\n5"),
    ],
)
def test_stat(tree: Tree, line: str, out: str) -> None:
    assert did(tree, line) == (f"{out}\n", "", 0)


def test_stat_in_full(tree: Tree) -> None:
    lines = did(tree, "stat b.txt")[0].splitlines()
    assert lines[0] == "  File: b.txt"
    assert lines[1].split() == [
        "Size:",
        "5",
        "Blocks:",
        "8",
        "IO",
        "Block:",
        "4096",
        "regular",
        "file",
    ]
    assert lines[2].split()[0::2][:2] == ["Device:", "Inode:"] and lines[2].endswith("Links: 1")
    assert lines[3].split() == (
        [
            "Access:",
            "(0600/-rw-------)",
            "Uid:",
            "(",
            "7/",
            "UNKNOWN)",
            "Gid:",
            "(",
            "8/",
            "UNKNOWN)",
        ]
    )
    assert lines[4:] == [f"{what}: {STAMP}" for what in ("Access", "Modify", "Change")]


def test_ps_of_busybox_alone(tree: Tree) -> None:
    assert did(tree, "ps -ef", busybox=True)[0] == (
        "PID   USER     TIME  COMMAND\n"
        "    1 root      0:00 nginx: master\n"
        "   30 a-long-n  0:00 sh\n"
        "   36 a-long-n  0:00 ps -ef\n"
    )
    with pytest.raises(KeyError):
        did(tree, "ps")


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0"), (1023, "1023"), (1024, "1.0K"), (1536, "1.5K"), (1 << 20, "1.0M"),
     (1 << 30, "1.0G"), (1 << 40, "1.0T")],
)  # fmt: skip
def test_sizes_for_people(size: int, shown: str) -> None:
    assert owners._human(size) == shown
