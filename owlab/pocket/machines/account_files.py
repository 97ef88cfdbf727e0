"""Changes of users and groups: lines of ``/etc/passwd``, ``/etc/group`` and ``/etc/shadow``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from owlab.pocket.machines.accounts import GROUP, PASSWD, SHADOW, Accounts, PasswdEntry
from owlab.pocket.machines.files import Files

NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
NUMBERS, SYSTEM_NUMBERS = range(1000, 60001), range(101, 1000)
"""Of users and groups, as ``/etc/login.defs`` has them."""

Cells = list[str]


@dataclass(frozen=True, slots=True)
class AccountFiles:
    """The three files, as somebody may write them."""

    files: Files

    @property
    def _accounts(self) -> Accounts:
        return Accounts(self.files.tree)

    @property
    def _uids(self) -> set[int]:
        return {user.uid for user in self._accounts.users()}

    @property
    def _gids(self) -> set[int]:
        return {group.gid for group in self._accounts.groups()}

    @property
    def first_free(self) -> int:
        """The first number that neither a user nor a group has: ``adduser`` fills gaps."""
        used = self._uids | self._gids
        return next(number for number in NUMBERS if number not in used)

    def add_group(self, name: str, gid: int | None, *, system: bool = False) -> None:
        """Add a group without members; the next free number where none is said."""
        if gid is None:
            gid = _free(self._gids, system)
        self._append(GROUP, f"{name}:x:{gid}:")

    def remove_group(self, name: str) -> None:
        """Remove a group."""
        self._remove(GROUP, name)

    def add_user(
        self,
        name: str,
        *,
        uid: int | None = None,
        gid: int | None = None,
        system: bool = False,
        about: str = "",
        home: str,
        shell: str,
    ) -> PasswdEntry:
        """Add a user without a password, with a group of their own where none is said."""
        if uid is None:
            uid = _free(self._uids, system)
        if gid is None:
            gid = _free(self._gids, system, uid)
            self.add_group(name, gid)
        self._append(PASSWD, f"{name}:x:{uid}:{gid}:{about}:{home}:{shell}")
        if self.files.exists(SHADOW):
            self._append(SHADOW, f"{name}:!:19999:0:99999:7:::")
        return PasswdEntry(name, uid, gid, home, shell, about)

    def make_home(self, user: PasswdEntry) -> None:
        """A directory that the user has, and others cannot read."""
        self.files.mkdir(user.home, recursive=True)
        self.files.chmod(user.home, 0o750)
        self.files.chown(user.home, user.uid, user.gid)

    def change_user(self, name: str, **fields: str | None) -> None:
        """Other fields of a user's line: ``uid``, ``gid``, ``about``, ``home``, ``shell``."""
        places = {"uid": 2, "gid": 3, "about": 4, "home": 5, "shell": 6}

        def change(cells: Cells) -> Cells:
            for field, value in fields.items():
                if value is not None:
                    cells[places[field]] = value
            return cells

        self._change(PASSWD, name, change)

    def remove_user(self, user: PasswdEntry, *, home: bool) -> None:
        """Remove a user and the group of that name; ``home``: what is in ``/home`` too."""
        for path in (PASSWD, SHADOW, GROUP):
            self._remove(path, user.name)
        if home and posixpath.dirname(user.home) == "/home":
            self.files.remove(user.home, recursive=True)

    def join(self, name: str, group: str) -> None:
        """Put a user into a group."""

        def change(cells: Cells) -> Cells:
            members = [member for member in cells[3].split(",") if member]
            if name not in members:
                cells[3] = ",".join([*members, name])
            return cells

        self._change(GROUP, group, change)

    def leave(self, name: str, groups: Iterable[str]) -> None:
        """Take a user out of groups."""

        def change(cells: Cells) -> Cells:
            cells[3] = ",".join(member for member in cells[3].split(",") if member != name)
            return cells

        for group in groups:
            self._change(GROUP, group, change)

    def lock(self, name: str) -> None:
        """Put the mark before what would be a password."""
        self._change(
            SHADOW, name, lambda cells: [cells[0], f"!{cells[1].removeprefix('!')}", *cells[2:]]
        )

    def unlock(self, name: str) -> None:
        """Take it away, unless nothing is behind it."""
        self._change(
            SHADOW,
            name,
            lambda cells: [cells[0], cells[1].removeprefix("!") or cells[1], *cells[2:]],
        )

    def _lines(self, path: str) -> list[str]:
        try:
            return self.files.read_file(path).decode(errors="replace").splitlines()
        except OSError:
            return []

    def _rewrite(self, path: str, lines: Iterable[str]) -> None:
        """Other lines, where there are any: no file comes into being."""
        if self.files.exists(path):
            self._write(path, lines)

    def _write(self, path: str, lines: Iterable[str]) -> None:
        self.files.write_file(path, "".join(f"{line}\n" for line in lines).encode())

    def _append(self, path: str, line: str) -> None:
        self._write(path, [*self._lines(path), line])

    def _remove(self, path: str, name: str) -> None:
        self._rewrite(path, [line for line in self._lines(path) if not line.startswith(f"{name}:")])

    def _change(self, path: str, name: str, change: Callable[[Cells], Cells]) -> None:
        self._rewrite(
            path,
            [
                ":".join(change(line.split(":"))) if line.startswith(f"{name}:") else line
                for line in self._lines(path)
            ],
        )


def _free(taken: Iterable[int], system: bool, preferred: int | None = None) -> int:
    """The preferred number if it may be, or one above the highest; the system's count down.

    As the programs of ``shadow`` choose it, which fill a gap only where their range is at its end.
    """
    numbers = SYSTEM_NUMBERS if system else NUMBERS
    used = {number for number in taken if number in numbers}
    if preferred is not None and preferred in numbers and preferred not in used:
        return preferred
    following = min(used, default=1000) - 1 if system else max(used, default=999) + 1
    if following in numbers:
        return following
    gaps = (number for number in numbers if number not in used)
    return max(gaps) if system else min(gaps)
