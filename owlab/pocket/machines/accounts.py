"""Users and groups: what ``/etc/passwd`` and ``/etc/group`` say, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from owlab.pocket.machines.files import Files
from owlab.pocket.machines.inode import Credentials
from owlab.pocket.machines.tree import Tree

PASSWD, GROUP, SHADOW = "/etc/passwd", "/etc/group", "/etc/shadow"
LOST = {
    PASSWD: "root:x:0:0::/root:/bin/bash\nubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n",
    GROUP: "root:x:0:\nsudo:x:27:ubuntu\nubuntu:x:1000:\n",
}
"""Where somebody removed the files: those two can always log in, or nothing could be mended."""


@dataclass(frozen=True, slots=True)
class PasswdEntry:
    """A line of ``/etc/passwd``."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    about: str


@dataclass(frozen=True, slots=True)
class Group:
    """A line of ``/etc/group``."""

    name: str
    gid: int
    members: tuple[str, ...] = ()


class Accounts:
    """The machine's users and groups, read anew each time: the files are the database."""

    def __init__(self, tree: Tree) -> None:
        self._files = Files(tree)

    def users(self) -> Iterator[PasswdEntry]:
        """All users, in the file's order."""
        for row in self._rows(PASSWD, 7):
            if row[2].isdigit() and row[3].isdigit():
                yield PasswdEntry(row[0], int(row[2]), int(row[3]), row[5], row[6], row[4])

    def groups(self) -> Iterator[Group]:
        """All groups, in the file's order."""
        for row in self._rows(GROUP, 4):
            if row[2].isdigit():
                yield Group(row[0], int(row[2]), tuple(m for m in row[3].split(",") if m))

    def user(self, name: str | int) -> PasswdEntry | None:
        """The user of a name or number."""
        return next((u for u in self.users() if name in (u.name, u.uid)), None)

    def group(self, name: str | int) -> Group | None:
        """The group of a name or number."""
        return next((g for g in self.groups() if name in (g.name, g.gid)), None)

    def groups_of(self, user: PasswdEntry) -> list[Group]:
        """The user's own group first, then those that name them."""
        own = self.group(user.gid) or Group(str(user.gid), user.gid)
        return [own, *(g for g in self.groups() if user.name in g.members and g.gid != user.gid)]

    def credentials(self, name: str) -> Credentials:
        """As whom a user's processes run; KeyError for nobody known."""
        user = self.user(name)
        if user is None:
            rows = (line.split(":") for line in LOST[PASSWD].splitlines())
            numbers = {row[0]: int(row[2]) for row in rows}
            return Credentials(numbers[name], numbers[name])
        return Credentials(user.uid, user.gid, frozenset(g.gid for g in self.groups_of(user)))

    def user_name(self, uid: int) -> str:
        """The name of a number, or the number."""
        user = self.user(uid)
        return user.name if user is not None else str(uid)

    def group_name(self, gid: int) -> str:
        """The name of a number, or the number."""
        group = self.group(gid)
        return group.name if group is not None else str(gid)

    def numbers(self, owner: str) -> tuple[int, int]:
        """``user``, ``user:group`` or ``:group``, by name or number; -1 for what is not said.

        ``user:`` means the user's own group. KeyError, with the word, for an unknown one.
        """
        name, colon, group = owner.partition(":")
        uid = gid = -1
        if name:
            user = self.user(name)
            if user is None and not name.isdigit():
                raise KeyError(owner if not colon or not group else name)
            uid = user.uid if user is not None else int(name)
            if colon and not group:
                if user is None:
                    raise KeyError(owner)
                gid = user.gid
        if group:
            known = self.group(group)
            if known is None and not group.isdigit():
                raise KeyError(owner)
            gid = known.gid if known is not None else int(group)
        return uid, gid

    def _rows(self, path: str, fields: int) -> Iterator[list[str]]:
        try:
            text = self._files.read_file(path).decode(errors="replace")
        except OSError:
            text = LOST[path]
        for line in text.splitlines():
            row = line.split(":")
            if len(row) == fields:
                yield row
